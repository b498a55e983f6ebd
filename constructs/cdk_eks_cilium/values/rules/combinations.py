"""Typed values that do not go together: an agent refuses them at its start, or silently ignores one.

The agent itself has these conditions (``daemon/cmd`` and ``pkg/datapath/linux`` of
https://github.com/cilium/cilium); charts do not check them.
"""

from __future__ import annotations

from collections.abc import Iterator

from cdk_eks_cilium.problems import MISSING, Problem
from cdk_eks_cilium.values.model import CiliumValues

_NEEDS_REPLACEMENT = "set kube_proxy_replacement to true, or leave it out"


def ebpf_host_routing_works(values: CiliumValues) -> bool:
    """Whether agents can route between pods and network in eBPF, past the node's own network stack.

    netfilter must see what it translates, so masquerading by iptables rules it out
    (https://docs.cilium.io/en/stable/operations/performance/tuning/#ebpf-host-routing).
    """
    translated_by_netfilter = values.egress.kind == "node" and values.masquerade == "iptables"
    return values.kube_proxy_replacement and not translated_by_netfilter


def combination_problems(values: CiliumValues, where: str) -> Iterator[Problem]:
    """Which typed values do not go together."""
    yield from _replacement_problems(values, where)
    yield from _routing_problems(values, where)
    yield from _ipsec_problems(values, where)
    yield from _pod_problems(values, where)
    if values.egress.kind == "pod" and values.masquerade == "ebpf":
        yield Problem(
            f"{where}.masquerade",
            "must not be 'ebpf' with egress 'pod', which translates no address: agents refuse it",
            "ebpf",
            "leave it out, or use egress 'node'",
            id="CEK2025",
        )
    if not values.l7_proxy and (values.gateway_api or values.ingress_controller is not None):
        yield Problem(
            f"{where}.l7_proxy",
            "must be true for gateway_api and ingress_controller, whose traffic goes through the proxy",
            False,
            "leave it out, or turn both off",
            id="CEK2026",
        )


def core_dns_problems(values: CiliumValues, where: str) -> Iterator[Problem]:
    """What keeps CoreDNS from becoming active when it is added as an EKS add-on."""
    if values.policy_enforcement == "always":
        yield Problem(
            f"{where}.policy_enforcement",
            "must not be 'always' with aws_node 'never-install': the CoreDNS add-on waits until its pods are "
            "ready, and they cannot reach the API before a policy lets them",
            "always",
            "deploy with 'default', add the policies, and then choose 'always'; or use aws_node 'remove'",
            id="CEK2027",
        )


def _replacement_problems(values: CiliumValues, where: str) -> Iterator[Problem]:
    if values.kube_proxy_replacement:
        return
    if values.masquerade == "ebpf":
        yield Problem(
            f"{where}.masquerade",
            "'ebpf' needs kube_proxy_replacement: agents refuse eBPF masquerading without it",
            "ebpf",
            _NEEDS_REPLACEMENT,
            id="CEK2028",
        )
    for name, used, got in (
        ("gateway_api", values.gateway_api, True),
        ("ingress_controller", values.ingress_controller is not None, MISSING),
    ):
        if used:
            rule = "needs kube_proxy_replacement, which leads the traffic to the proxy"
            yield Problem(f"{where}.{name}", rule, got, _NEEDS_REPLACEMENT, id="CEK2029")


def _routing_problems(values: CiliumValues, where: str) -> Iterator[Problem]:
    works = ebpf_host_routing_works(values)
    way = "set kube_proxy_replacement, and egress 'pod' or masquerade 'ebpf'"
    if values.host_routing == "ebpf" and not works:
        yield Problem(
            f"{where}.host_routing",
            "'ebpf' needs kube_proxy_replacement and addresses that netfilter does not translate",
            "ebpf",
            f"{way}, or leave it out",
            id="CEK2030",
        )
    bbr = values.bandwidth_manager is not None and values.bandwidth_manager.bbr
    if bbr and (not works or values.host_routing == "legacy"):
        yield Problem(
            f"{where}.bandwidth_manager.bbr",
            "needs eBPF host routing: agents do not start with BBR on the node's own stack",
            True,
            f"{way}, or leave bbr out",
            id="CEK2031",
        )


def _ipsec_problems(values: CiliumValues, where: str) -> Iterator[Problem]:
    if values.encryption is None or values.encryption.type != "ipsec":
        return
    other = "use Encryption.wireguard(), or leave it out"
    if values.host_firewall:
        yield Problem(
            f"{where}.host_firewall",
            "does not go with IPsec: agents refuse the two together",
            True,
            other,
            id="CEK2032",
        )
    if values.bandwidth_manager is not None:
        yield Problem(
            f"{where}.bandwidth_manager",
            "does not go with IPsec: agents only log that they turn it off",
            fix=other,
            id="CEK2033",
        )


def _pod_problems(values: CiliumValues, where: str) -> Iterator[Problem]:
    """Settings of pods that do not exist."""
    own_pods = values.envoy.daemon_set and values.l7_proxy
    for name in ("resources", "priority_class"):
        if getattr(values.envoy, name) is not None and not own_pods:
            yield Problem(
                f"{where}.envoy.{name}",
                "is for Envoy in pods of its own, which daemon_set false or l7_proxy false turns off",
                fix="leave it out" if not values.l7_proxy else "give it to agent, or leave it out",
                id="CEK2034",
            )
    if values.hubble.tolerations and not values.hubble.relay:
        yield Problem(
            f"{where}.hubble.tolerations",
            "is for the pods of relay and UI, which relay false turns off",
            fix="leave it out",
            id="CEK2035",
        )
