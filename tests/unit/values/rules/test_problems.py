from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.values import (
    CiliumValues,
    Egress,
    Encryption,
    Eni,
    Hubble,
    HubbleTls,
    Operator,
    problems,
)
from cdk_eks_cilium.versions import CiliumVersion
from tests.releases import NUMBERS


def texts(values: CiliumValues, number: str) -> list[str]:
    return [str(problem) for problem in problems(values, CiliumVersion.of(number))]


def with_overrides(**overrides: Any) -> CiliumValues:
    return CiliumValues(overrides=overrides)


@pytest.mark.parametrize("number", NUMBERS)
def test_the_defaults_suit_every_version(number: str) -> None:
    assert texts(CiliumValues(), number) == []


@pytest.mark.parametrize("number", ["1.12.0", "1.12.1", "1.12.19"])
def test_the_article_s_profile_suits_1_12(number: str) -> None:
    assert texts(CiliumValues(profile="article"), number) == []


@pytest.mark.parametrize("number", ["1.13.18", "1.19.6"])
def test_the_article_s_profile_suits_no_other_minor(number: str) -> None:
    assert texts(CiliumValues(profile="article"), number) == [
        f"cilium.profile: 'article' is for Cilium 1.12, not {number}: later charts refuse its values, or "
        "read them differently, got 'article'; use Cilium 1.12.1, or profile 'standard'"
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("egress", Egress.pod()),
        ("egress", Egress.node("ens5")),
        ("hubble", Hubble(ui=False)),
        ("kube_proxy_replacement", True),
        ("encryption", Encryption()),
        ("eni", Eni(prefix_delegation=False)),
        ("eni", Eni(first_interface_index=2)),
        ("operator", Operator(replicas=1)),
        ("host_firewall", True),
        ("image_registry", "mirror.example"),
        ("overrides", {"debug": {"enabled": True}}),
    ],
)
def test_the_article_s_profile_fixes_the_other_values(name: str, value: Any) -> None:
    (text,) = texts(CiliumValues.model_validate({"profile": "article", name: value}), "1.12.1")
    assert text.startswith(f"cilium.{name}: is fixed in profile 'article'")
    assert text.endswith("leave it out, or use profile 'standard'")


def test_problems_name_the_place_given_by_the_caller() -> None:
    (problem,) = problems(with_overrides(tunnel="vxlan"), CiliumVersion.DEFAULT, where="Stack/Cilium")
    assert problem.where == "Stack/Cilium.overrides.tunnel"


def test_ipv6_is_refused_before_1_20() -> None:
    values = with_overrides(ipv6={"enabled": True})
    assert texts(values, "1.19.6") == [
        "cilium.overrides.ipv6.enabled: agents of Cilium 1.19.6 do not start with IPv6 in ENI mode, got "
        "True; remove it, or use Cilium 1.20 or newer"
    ]
    assert texts(values, "1.20.0") == []


@pytest.mark.parametrize("number", ["1.15.19", "1.19.6"])
@pytest.mark.parametrize("egress", [Egress.node(), Egress.pod()])
def test_raw_bpf_masquerade_is_refused_with_either_egress(egress: Egress, number: str) -> None:
    values = CiliumValues(egress=egress, overrides={"bpf": {"masquerade": True}})
    (text,) = texts(values, number)
    assert text.startswith("cilium.overrides.bpf.masquerade: must not be set")


@pytest.mark.parametrize("number", [128, 255, 384, 511])
def test_cluster_ids_that_share_bits_with_packet_marks_are_refused(number: int) -> None:
    assert texts(CiliumValues(cluster_id=number), "1.19.6") == [
        "cilium.cluster_id: must be 0 to 127 or 256 to 383: the other ids share bits with the packet marks "
        f"of ENI mode (https://github.com/cilium/cilium/issues/21330), got {number}; choose another id"
    ]


@pytest.mark.parametrize("number", [0, 1, 127, 256, 383])
def test_other_cluster_ids_are_fine(number: int) -> None:
    assert texts(CiliumValues(cluster_id=number), "1.19.6") == []


def test_meshes_of_more_clusters_are_refused_for_older_releases() -> None:
    assert texts(CiliumValues(cluster_id=256), "1.14.19") == [
        "cilium.cluster_id: must be at most 127: meshes of Cilium 1.14.19 have at most 255 clusters, got "
        "256; choose another id, or use Cilium 1.15 or newer"
    ]
    assert texts(CiliumValues(cluster_id=256), "1.15.19") == []


def test_encryption_of_old_charts_is_set_in_one_place() -> None:
    ipsec = {"encryption": {"enabled": True, "type": "ipsec"}}
    assert texts(
        CiliumValues(encryption=Encryption(), overrides={"encryption": {"type": "ipsec"}}), "1.17.18"
    ) == [
        "cilium.overrides.encryption.type: must not be set next to the typed encryption, got 'ipsec'; "
        "use one of the two"
    ]
    assert texts(CiliumValues(overrides=ipsec), "1.17.18") == []


@pytest.mark.parametrize("number", ["1.14.19", "1.18.12"])
def test_a_certificate_job_that_helm_waits_for_is_refused(number: str) -> None:
    assert texts(CiliumValues(hubble=Hubble(tls=HubbleTls(method="cronJob"))), number) == [
        f"cilium.hubble.tls.method: the certificate job of chart {number} is a hook: Helm waits for it "
        "before a node can run it, got 'cronJob'; use 'helm', or Cilium 1.19 or newer"
    ]


@pytest.mark.parametrize("number", ["1.13.18", "1.19.6", "1.20.0"])
def test_a_certificate_job_that_is_not_a_hook_is_fine(number: str) -> None:
    assert texts(CiliumValues(hubble=Hubble(tls=HubbleTls(method="cronJob"))), number) == []


@pytest.mark.parametrize(
    ("number", "method"), [("1.13.18", "cronJob"), ("1.19.6", None), ("1.20.0", "cronJob")]
)
def test_certificates_outlast_the_time_between_two_jobs(number: str, method: Any) -> None:
    def hubble(days: int) -> Hubble:
        return Hubble(tls=HubbleTls(method=method, validity_days=days))

    assert texts(CiliumValues(hubble=hubble(123)), number) == [
        "cilium.hubble.tls.validity_days: must be over 123: the job that renews certificates runs every four "
        "months, got 123; use more days, or set overrides.hubble.tls.auto.schedule"
    ]
    assert texts(CiliumValues(hubble=hubble(124)), number) == []
    often = {"hubble": {"tls": {"auto": {"schedule": "0 0 * * 0"}}}}
    assert texts(CiliumValues(hubble=hubble(30), overrides=often), number) == []


def test_certificates_of_helm_may_be_short_lived() -> None:
    assert texts(CiliumValues(hubble=Hubble(tls=HubbleTls(method="helm", validity_days=30))), "1.19.6") == []


def test_kafka_metrics_are_refused_where_there_is_no_kafka() -> None:
    values = CiliumValues(hubble=Hubble(metrics=("kafka:labelsContext=source_pod",)))
    assert texts(values, "1.20.0") == [
        "cilium.hubble.metrics: 'kafka' is not a collector of Cilium 1.20.0, which no longer has Kafka "
        "rules, got ['kafka:labelsContext=source_pod']; leave it out"
    ]
    assert texts(values, "1.19.6") == []


@pytest.mark.parametrize(("number", "fits"), [("1.12.1", True), ("1.13.1", True), ("1.13.2", False)])
def test_node_init_is_for_agents_that_need_it(number: str, fits: bool) -> None:
    found = texts(CiliumValues(node_init=True), number)
    assert (found == []) is fits
    if not fits:
        assert found == [
            f"cilium.node_init: is for Cilium below 1.13.2: agents of {number} remove the rules of aws-node "
            "themselves, and on images without a shell node-init blocks the agents, got True; leave it out"
        ]


def test_the_relay_needs_hubble() -> None:
    off = {"hubble": {"enabled": False}}
    (text,) = texts(CiliumValues(overrides=off), "1.19.6")
    assert text.startswith("cilium.overrides.hubble.enabled: the relay has nothing to collect without Hubble")
    assert texts(CiliumValues(hubble=Hubble(relay=False, ui=False), overrides=off), "1.19.6") == []
