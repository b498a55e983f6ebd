from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.values import CiliumValues, Egress, Encryption, Hubble, problems, warnings
from cdk_eks_cilium.versions import CiliumVersion

NUMBERS = ["1.12.1", "1.13.18", "1.14.19", "1.15.19", "1.16.19", "1.17.18", "1.18.12", "1.19.6", "1.20.0"]


def texts(values: CiliumValues, number: str) -> list[str]:
    return [str(problem) for problem in problems(values, CiliumVersion.of(number))]


def with_overrides(**overrides: Any) -> CiliumValues:
    return CiliumValues(overrides=overrides)


@pytest.mark.parametrize("number", NUMBERS)
def test_the_defaults_suit_every_version(number: str) -> None:
    assert texts(CiliumValues(), number) == []


def test_the_defaults_give_no_warning() -> None:
    assert warnings(CiliumValues(), CiliumVersion.DEFAULT) == []


def test_pod_egress_gives_no_warning() -> None:
    assert warnings(CiliumValues(egress=Egress.pod()), CiliumVersion.DEFAULT) == []


@pytest.mark.parametrize("number", ["1.12.0", "1.12.1", "1.12.19"])
def test_the_article_s_profile_suits_1_12(number: str) -> None:
    assert texts(CiliumValues(profile="article"), number) == []


@pytest.mark.parametrize("number", ["1.13.18", "1.19.6"])
def test_the_article_s_profile_suits_no_other_minor(number: str) -> None:
    assert texts(CiliumValues(profile="article"), number) == [
        f"cilium.profile: 'article' is what Cilium 1.12 reads, not {number}: later charts refuse or reread "
        "its values, got 'article'; use Cilium 1.12.1, or profile 'standard'"
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("egress", Egress.pod()),
        ("egress", Egress.node("ens5")),
        ("hubble", Hubble(ui=False)),
        ("kube_proxy_replacement", True),
        ("encryption", Encryption()),
        ("prefix_delegation", False),
        ("first_interface_index", 2),
        ("release_excess_ips", False),
        ("operator_replicas", 1),
        ("image_registry", "mirror.example"),
        ("overrides", {"debug": {"enabled": True}}),
    ],
)
def test_the_article_s_profile_fixes_the_other_values(name: str, value: Any) -> None:
    (text,) = texts(CiliumValues.model_validate({"profile": "article", name: value}), "1.12.1")
    assert text.startswith(f"cilium.{name}: is fixed in profile 'article'")
    assert text.endswith("leave it out, or use profile 'standard'")


def test_problems_name_the_place_they_are_told() -> None:
    (problem,) = problems(with_overrides(tunnel="vxlan"), CiliumVersion.DEFAULT, where="Stack/Cilium")
    assert problem.where == "Stack/Cilium.overrides.tunnel"


def test_ipv6_is_refused_before_1_20() -> None:
    values = with_overrides(ipv6={"enabled": True})
    assert texts(values, "1.19.6") == [
        "cilium.overrides.ipv6.enabled: agents of Cilium 1.19.6 do not start with IPv6 in ENI mode, got "
        "True; remove it, or use Cilium 1.20 or newer"
    ]
    assert texts(values, "1.20.0") == []


def test_ipv6_on_1_20_is_warned_about() -> None:
    found = warnings(with_overrides(ipv6={"enabled": True}), CiliumVersion.of("1.20.2"))
    assert found == ["overrides.ipv6.enabled: IPv6 in ENI mode is beta and needs dual-stack pod subnets"]


@pytest.mark.parametrize(
    ("egress", "reason"),
    [
        (Egress.node(), "together with the egress interface of egress 'node'"),
        (Egress.pod(), "while egress 'pod' turns translation off"),
    ],
)
def test_bpf_masquerade_is_refused_with_either_egress(egress: Egress, reason: str) -> None:
    values = CiliumValues(egress=egress, overrides={"bpf": {"masquerade": True}})
    (text,) = texts(values, "1.19.6")
    assert text.startswith("cilium.overrides.bpf.masquerade: agents refuse it")
    assert text.endswith(f"{reason}, got True; remove it")


def test_bpf_masquerade_switched_off_is_fine() -> None:
    assert texts(with_overrides(bpf={"masquerade": False}), "1.19.6") == []


@pytest.mark.parametrize("number", [128, 255, 384, 511, 512, -1, "7", True])
def test_cluster_ids_that_share_bits_with_packet_marks_are_refused(number: Any) -> None:
    (text,) = texts(with_overrides(cluster={"id": number}), "1.19.6")
    assert "must be 0 to 127 or 256 to 383" in text
    assert "https://github.com/cilium/cilium/issues/21330" in text


@pytest.mark.parametrize("number", [0, 1, 127, 256, 383, None])
def test_other_cluster_ids_are_fine(number: int | None) -> None:
    assert texts(with_overrides(cluster={"id": number}), "1.19.6") == []


def test_encryption_is_said_in_one_place() -> None:
    values = CiliumValues(encryption=Encryption(), overrides={"encryption": {"type": "ipsec"}})
    assert texts(values, "1.19.6") == [
        "cilium.overrides.encryption.type: must not be set next to the typed encryption, got 'ipsec'; "
        "use one of the two"
    ]
    assert texts(with_overrides(encryption={"enabled": True, "type": "ipsec"}), "1.19.6") == []


@pytest.mark.parametrize("number", ["1.14.19", "1.18.12"])
def test_a_certificate_job_that_helm_waits_for_is_refused(number: str) -> None:
    (text,) = texts(with_overrides(hubble={"tls": {"auto": {"method": "cronJob"}}}), number)
    assert f"the certificate job of chart {number} is a hook" in text


@pytest.mark.parametrize("number", ["1.13.18", "1.19.6", "1.20.0"])
def test_a_certificate_job_that_is_no_hook_is_fine(number: str) -> None:
    assert texts(with_overrides(hubble={"tls": {"auto": {"method": "cronJob"}}}), number) == []


def test_the_relay_needs_hubble() -> None:
    off = {"hubble": {"enabled": False}}
    (text,) = texts(CiliumValues(overrides=off), "1.19.6")
    assert text.startswith("cilium.overrides.hubble.enabled: the relay has nothing to collect without Hubble")
    assert texts(CiliumValues(hubble=Hubble(relay=False, ui=False), overrides=off), "1.19.6") == []


@pytest.mark.parametrize("number", NUMBERS)
def test_minors_without_fixes_are_warned_about(number: str) -> None:
    version = CiliumVersion.of(number)
    ended = any("end of life" in text for text in warnings(CiliumValues(), version))
    assert ended is (not version.at_least("1.18"))


@pytest.mark.parametrize(("number", "warned"), [("1.20.0", True), ("1.20.1", True), ("1.20.2", False)])
def test_prefixes_on_the_first_patches_of_1_20_are_warned_about(number: str, warned: bool) -> None:
    found = warnings(CiliumValues(), CiliumVersion.of(number))
    assert any("bugs in prefix delegation that 1.20.2 fixes" in text for text in found) is warned
    assert warnings(CiliumValues(prefix_delegation=False), CiliumVersion.of(number)) == []


@pytest.mark.parametrize(("number", "warned"), [("1.18.12", True), ("1.19.0", False)])
def test_releasing_prefixes_before_1_19_is_warned_about(number: str, warned: bool) -> None:
    version = CiliumVersion.of(number)
    assert any("never gives a prefix back" in text for text in warnings(CiliumValues(), version)) is warned
    assert warnings(CiliumValues(release_excess_ips=False), version) == []
    assert warnings(CiliumValues(prefix_delegation=False), version) == []


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
