from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.values import (
    BandwidthManager,
    CiliumValues,
    Egress,
    Encryption,
    Envoy,
    Hubble,
    IngressController,
    Resources,
    Toleration,
    core_dns_problems,
    problems,
)
from cdk_eks_cilium.versions import CiliumVersion

BBR = BandwidthManager(bbr=True)
POD: dict[str, Any] = {"egress": Egress.pod(), "kube_proxy_replacement": True}


def texts(**values: Any) -> list[str]:
    return [str(problem) for problem in problems(CiliumValues(**values), CiliumVersion.DEFAULT)]


def test_ebpf_masquerading_needs_the_replacement_of_kube_proxy() -> None:
    assert texts(masquerade="ebpf") == [
        "cilium.masquerade: 'ebpf' needs kube_proxy_replacement: agents refuse eBPF masquerading without it, "
        "got 'ebpf'; set kube_proxy_replacement to true, or leave it out"
    ]
    assert texts(masquerade="ebpf", kube_proxy_replacement=True) == []


def test_ebpf_masquerading_has_nothing_to_do_where_pods_keep_their_address() -> None:
    assert texts(**POD, masquerade="ebpf") == [
        "cilium.masquerade: must not be 'ebpf' with egress 'pod', which translates no address: agents refuse "
        "it, got 'ebpf'; leave it out, or use egress 'node'"
    ]


@pytest.mark.parametrize(
    "values",
    [{}, {"kube_proxy_replacement": True}, {"egress": Egress.pod()}],
    ids=["neither", "netfilter", "kube-proxy"],
)
def test_ebpf_host_routing_needs_what_it_rests_on(values: dict[str, Any]) -> None:
    assert texts(**values, host_routing="ebpf") == [
        "cilium.host_routing: 'ebpf' needs kube_proxy_replacement and addresses that netfilter does not "
        "translate, got 'ebpf'; set kube_proxy_replacement, and egress 'pod' or masquerade 'ebpf', or leave "
        "it out"
    ]


@pytest.mark.parametrize("values", [POD, {"kube_proxy_replacement": True, "masquerade": "ebpf"}])
def test_ebpf_host_routing_works_without_netfilter(values: dict[str, Any]) -> None:
    assert texts(**values, host_routing="ebpf", bandwidth_manager=BBR) == []


def test_legacy_host_routing_works_everywhere() -> None:
    assert texts(host_routing="legacy") == []


@pytest.mark.parametrize("values", [{}, {**POD, "host_routing": "legacy"}])
def test_bbr_needs_ebpf_host_routing(values: dict[str, Any]) -> None:
    assert texts(**values, bandwidth_manager=BBR) == [
        "cilium.bandwidth_manager.bbr: needs eBPF host routing: agents do not start with BBR on the node's "
        "own stack, got True; set kube_proxy_replacement, and egress 'pod' or masquerade 'ebpf', or leave "
        "bbr out"
    ]


def test_rate_limits_alone_work_everywhere() -> None:
    assert texts(bandwidth_manager=BandwidthManager()) == []


def test_ipsec_goes_with_neither_host_firewall_nor_bandwidth_manager() -> None:
    found = texts(encryption=Encryption.ipsec(), host_firewall=True, bandwidth_manager=BandwidthManager())
    assert found == [
        "cilium.host_firewall: does not go with IPsec: agents refuse the two together, got True; "
        "use Encryption.wireguard(), or leave it out",
        "cilium.bandwidth_manager: does not go with IPsec: agents only log that they turn it off; use "
        "Encryption.wireguard(), or leave it out",
    ]


def test_wireguard_goes_with_both() -> None:
    wireguard = Encryption.wireguard()
    assert texts(encryption=wireguard, host_firewall=True, bandwidth_manager=BandwidthManager()) == []


def test_gateways_and_ingresses_need_the_replacement_of_kube_proxy() -> None:
    assert texts(gateway_api=True, ingress_controller=IngressController()) == [
        "cilium.gateway_api: needs kube_proxy_replacement, which leads the traffic to the proxy, got True; "
        "set kube_proxy_replacement to true, or leave it out",
        "cilium.ingress_controller: needs kube_proxy_replacement, which leads the traffic to the proxy; "
        "set kube_proxy_replacement to true, or leave it out",
    ]


@pytest.mark.parametrize("values", [{"gateway_api": True}, {"ingress_controller": IngressController()}])
def test_gateways_and_ingresses_need_the_proxy(values: dict[str, Any]) -> None:
    assert texts(kube_proxy_replacement=True, l7_proxy=False, **values) == [
        "cilium.l7_proxy: must be true for gateway_api and ingress_controller, whose traffic goes through "
        "the proxy, got False; leave it out, or turn both off"
    ]


def test_core_dns_is_not_isolated_where_its_add_on_waits_for_it() -> None:
    (problem,) = core_dns_problems(CiliumValues(policy_enforcement="always"), "cilium")
    assert str(problem) == (
        "cilium.policy_enforcement: must not be 'always' with aws_node 'never-install': the CoreDNS add-on "
        "waits until its pods are ready, and they cannot reach the API before a policy lets them, got "
        "'always'; deploy with 'default', add the policies, and then choose 'always'; or use aws_node "
        "'remove'"
    )
    assert list(core_dns_problems(CiliumValues(policy_enforcement="never"), "cilium")) == []


def test_envoy_inside_the_agents_has_no_size_or_priority_of_its_own() -> None:
    size = Resources(limits={"memory": "1Gi"})
    assert texts(envoy=Envoy(daemon_set=False, resources=size, priority_class="high")) == [
        f"cilium.envoy.{name}: is for Envoy in pods of its own, which daemon_set false or l7_proxy false "
        "turns off; give it to agent, or leave it out"
        for name in ("resources", "priority_class")
    ]


def test_envoy_has_no_resources_or_priority_without_the_l7_proxy() -> None:
    assert texts(envoy=Envoy(priority_class="high"), l7_proxy=False) == [
        "cilium.envoy.priority_class: is for Envoy in pods of its own, which daemon_set false or l7_proxy "
        "false turns off; leave it out"
    ]


def test_taints_are_tolerated_by_a_relay_that_is_there() -> None:
    tolerations = (Toleration(key="pool"),)
    assert texts(hubble=Hubble(relay=False, ui=False, tolerations=tolerations)) == [
        "cilium.hubble.tolerations: is for the pods of relay and UI, which relay false turns off; "
        "leave it out"
    ]
    assert texts(hubble=Hubble(ui=False, tolerations=tolerations)) == []
