from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.values import (
    BandwidthManager,
    CiliumValues,
    Egress,
    Encryption,
    Eni,
    Hubble,
    HubbleTls,
    IngressController,
    Issuer,
    endings,
    notes,
    problems,
    warnings,
)
from cdk_eks_cilium.versions import CiliumVersion, minors
from tests.releases import NUMBERS


def with_overrides(**overrides: Any) -> CiliumValues:
    return CiliumValues(overrides=overrides)


def test_the_defaults_give_no_warning() -> None:
    assert warnings(CiliumValues(), CiliumVersion.DEFAULT) == []


@pytest.mark.parametrize("number", NUMBERS)
def test_the_end_of_node_egress_is_told_once_and_as_a_warning_from_the_last_minor_on(number: str) -> None:
    version = CiliumVersion.of(number)
    warned, noted = (
        [text for text in texts if text.startswith("egress: 'node' ends with Cilium 1.21")]
        for texts in (warnings(CiliumValues(), version), notes(CiliumValues(), version))
    )
    assert (len(warned), len(noted)) == ((1, 0) if version.at_least("1.20") else (0, 1))


def test_pod_egress_does_not_end() -> None:
    values = CiliumValues(egress=Egress.pod())
    assert endings(values) == []
    assert not [text for text in notes(values, CiliumVersion.DEFAULT) if text.startswith("egress")]


def test_known_faults_that_need_more_than_a_configuration_are_notes() -> None:
    found = notes(CiliumValues(egress=Egress.pod()), CiliumVersion.DEFAULT)
    assert [text.partition(": ")[0] for text in found] == ["eni.prefix_delegation"] * 2
    assert (
        notes(CiliumValues(egress=Egress.pod(), eni=Eni(prefix_delegation=False)), CiliumVersion.V1_19) == []
    )


def test_a_minor_after_1_20_must_refuse_node_egress() -> None:
    newest = CiliumVersion.newest_of(minors()[-1])
    assert newest.minor == "1.20" or problems(CiliumValues(), newest)


def test_pod_egress_gives_no_warning() -> None:
    assert warnings(CiliumValues(egress=Egress.pod()), CiliumVersion.DEFAULT) == []


def test_ipv6_on_1_20_is_warned_about() -> None:
    found = warnings(with_overrides(ipv6={"enabled": True}), CiliumVersion.of("1.20.2"))
    assert [text for text in found if "ipv6" in text] == [
        "overrides.ipv6.enabled: IPv6 in ENI mode is beta and needs dual-stack pod subnets"
    ]


@pytest.mark.parametrize("number", NUMBERS)
def test_minors_without_fixes_are_warned_about(number: str) -> None:
    version = CiliumVersion.of(number)
    ended = any("end of life" in text for text in warnings(CiliumValues(), version))
    assert ended is (version.minor not in minors()[-3:])


@pytest.mark.parametrize(("number", "warned"), [("1.20.0", True), ("1.20.1", True), ("1.20.2", False)])
def test_prefixes_on_the_first_patches_of_1_20_are_warned_about(number: str, warned: bool) -> None:
    found = warnings(CiliumValues(), CiliumVersion.of(number))
    assert (
        any("single addresses of a prefix back; Cilium 1.20.2 fixes it" in text for text in found) is warned
    )
    single = CiliumValues(eni=Eni(prefix_delegation=False), egress=Egress.pod())
    assert warnings(single, CiliumVersion.of(number)) == []


@pytest.mark.parametrize(("number", "warned"), [("1.18.12", True), ("1.19.0", False)])
def test_releasing_prefixes_before_1_19_is_warned_about(number: str, warned: bool) -> None:
    version = CiliumVersion.of(number)

    def told(eni: Eni) -> bool:
        return any("never gives a prefix back" in text for text in warnings(CiliumValues(eni=eni), version))

    assert told(Eni()) is warned
    assert not told(Eni(release_excess_ips=False))
    assert not told(Eni(prefix_delegation=False))


def test_replacing_kube_proxy_with_a_secondary_cidr_is_warned_about_unless_encrypted() -> None:
    version = CiliumVersion.DEFAULT
    (text,) = warnings(CiliumValues(kube_proxy_replacement=True), version)
    assert text.endswith("(https://github.com/cilium/cilium/issues/43493)")
    assert warnings(CiliumValues(kube_proxy_replacement=True, encryption=Encryption()), version) == []


@pytest.mark.parametrize(("number", "warned"), [("1.17.18", False), ("1.18.12", True), ("1.20.2", True)])
def test_that_warning_is_for_the_versions_the_bug_was_seen_on(number: str, warned: bool) -> None:
    found = warnings(CiliumValues(kube_proxy_replacement=True), CiliumVersion.of(number))
    assert any("issues/43493" in text for text in found) is warned


def test_the_article_s_profile_warns_of_its_age_alone() -> None:
    assert warnings(CiliumValues(profile="article"), CiliumVersion.ARTICLE) == [
        "Cilium 1.12.1 has reached its end of life: no more fixes, security included"
    ]


def about(name: str, values: CiliumValues) -> list[str]:
    return [text for text in warnings(values, CiliumVersion.DEFAULT) if text.startswith(f"{name}: ")]


def test_ebpf_masquerading_is_warned_about_since_nobody_documents_it_here() -> None:
    values = CiliumValues(kube_proxy_replacement=True, masquerade="ebpf", encryption=Encryption())
    assert about("masquerade", values) == [
        "masquerade: Cilium does not document eBPF masquerading with pods on a secondary CIDR; test which "
        "addresses the peers of pods see, in the VPC and outside, before you rely on it"
    ]


def test_gateway_api_is_warned_about_since_its_crds_come_from_elsewhere() -> None:
    (text,) = about("gateway_api", CiliumValues(kube_proxy_replacement=True, gateway_api=True))
    assert "must be in the cluster before this release" in text
    assert "no GatewayClass until the next upgrade" in text


def test_tiers_are_warned_about_while_nobody_vouches_for_their_crd() -> None:
    (text,) = about("cluster_network_policies", CiliumValues(cluster_network_policies=True))
    assert "must be in the cluster before this release" in text
    known = CiliumValues(cluster_network_policies=True, existing_crds=("policy.networking.k8s.io",))
    assert about("cluster_network_policies", known) == []


def test_cert_manager_is_warned_about_since_it_needs_nodes_first() -> None:
    tls = HubbleTls(method="certmanager", issuer=Issuer(name="ca"))
    (text,) = about("hubble.tls", CiliumValues(hubble=Hubble(tls=tls)))
    assert "must be in the cluster before this release" in text


def test_ipsec_is_warned_about_since_no_node_is_ready_without_the_key() -> None:
    (text,) = about("encryption", CiliumValues(encryption=Encryption.ipsec("mine")))
    assert text == (
        "encryption: agents do not start, and nodes do not get Ready, before the Secret kube-system/mine "
        "exists; on a new cluster deploy without encryption, make the Secret, and then turn encryption on"
    )


@pytest.mark.parametrize(("routing", "warned"), [(None, True), ("ebpf", True), ("legacy", False)])
def test_ipsec_with_ebpf_host_routing_is_warned_about(routing: Any, warned: bool) -> None:
    values = CiliumValues(
        egress=Egress.pod(),
        kube_proxy_replacement=True,
        encryption=Encryption.ipsec(),
        host_routing=routing,
    )
    assert any("CVE-2025-37959" in text for text in about("encryption", values)) is warned


def test_ipsec_does_not_help_against_the_fault_that_wireguard_avoids() -> None:
    values = CiliumValues(kube_proxy_replacement=True, encryption=Encryption.ipsec())
    assert len(about("kube_proxy_replacement", values)) == 1


@pytest.mark.parametrize(
    ("mode", "expected"), [("never", "no network policy has any effect"), ("always", "every pod is isolated")]
)
def test_other_enforcement_than_cilium_s_default_is_warned_about(mode: Any, expected: str) -> None:
    (text,) = about("policy_enforcement", CiliumValues(policy_enforcement=mode))
    assert expected in text


def test_metrics_of_the_proxy_are_warned_about_without_the_proxy() -> None:
    values = CiliumValues(l7_proxy=False, hubble=Hubble(metrics=("dns:query", "drop", "httpV2")))
    assert about("hubble.metrics", values) == [
        "hubble.metrics: dns:query, httpV2 count what the proxy sees, and l7_proxy is off"
    ]
    assert len(about("l7_proxy", values)) == 1


def test_what_works_as_expected_gives_no_warning() -> None:
    values = CiliumValues(
        egress=Egress.pod(),
        kube_proxy_replacement=True,
        encryption=Encryption.wireguard(),
        bandwidth_manager=BandwidthManager(bbr=True),
        host_firewall=True,
        ingress_controller=IngressController(default=True),
        hubble=Hubble(metrics=("dns", "drop")),
    )
    assert warnings(values, CiliumVersion.DEFAULT) == []


def test_groups_of_pods_alone_are_warned_about() -> None:
    values = CiliumValues(eni=Eni(security_group_ids=("sg-1",)))
    (text,) = about("eni.security_group_ids", values)
    assert "outside the cluster's security group, unless you name it too" in text


@pytest.mark.parametrize(("tags", "count"), [({"purpose": "pods"}, 1), ({}, 0)])
def test_groups_of_pods_by_their_tags_are_warned_about(tags: dict[str, str], count: int) -> None:
    values = CiliumValues(overrides={"eni": {"nodeSpec": {"securityGroupTags": tags}}})
    found = about("overrides.eni.nodeSpec.securityGroupTags", values)
    assert len(found) == count
    assert all("outside the cluster's security group, unless it has these tags too" in text for text in found)
