"""Which ports names mean, by the release of Cilium."""

from __future__ import annotations

import pytest

from cdk_eks_cilium.versions.cilium import CiliumVersion
from tests.unit.policy_analysis.evaluation.worlds import allowed, cluster, egress, ingress, pod, policy

OLDER, NEWER = CiliumVersion.V1_19, CiliumVersion.V1_20


def serving(number: int, protocol: str = "TCP", name: str = "http") -> str:
    return (
        f"containers: [{{name: c, ports: [{{name: {name}, containerPort: {number}, protocol: {protocol}}}]}}]"
    )


WEB = pod("a/web")
API = pod("b/api", more=serving(8080))
DB = pod("b/db", more=serving(9090))
OUT = "endpointSelector: {}\negress: [{toEntities: [all], toPorts: [{ports: [{port: http, protocol: TCP}]}]}]"
IN = "endpointSelector: {}\ningress: [{toPorts: [{ports: [{port: http, protocol: TCP}]}]}]"
PASSES = policy("a/p", OUT)


def numbers(text: str, destination: str, version: CiliumVersion | None) -> list[int]:
    """The ports of a destination that a/web reaches."""
    world = cluster(text, version=version)
    return [port for port in (8080, 9090) if allowed(world, "a/web", destination, port)]


@pytest.mark.parametrize("version", [None, NEWER])
def test_from_1_20_a_name_on_the_way_out_is_the_destinations(version: CiliumVersion | None) -> None:
    text = WEB + API + DB + pod("b/other") + PASSES
    assert numbers(text, "b/api", version) == [8080]
    assert numbers(text, "b/db", version) == [9090]
    assert numbers(text, "b/other", version) == []
    assert numbers(text, "cidr:192.0.2.1", version) == []


def test_before_1_20_a_name_on_the_way_out_is_the_clusters() -> None:
    text = WEB + API + pod("b/other") + PASSES
    assert numbers(text, "b/api", OLDER) == [8080]
    assert numbers(text, "b/other", OLDER) == [8080]
    assert numbers(text, "cidr:192.0.2.1", OLDER) == [8080]
    verdict = egress(cluster(text, version=OLDER), "a/web", "b/api", 8080)
    assert verdict.remarks == (
        "CiliumNetworkPolicy a/p spec.egress[0] names ports, and before Cilium 1.20 a name must mean one "
        "number in the whole cluster",
    )


def test_before_1_20_a_name_for_two_numbers_is_none() -> None:
    text = WEB + API + DB + PASSES
    assert numbers(text, "b/api", OLDER) == numbers(text, "b/db", OLDER) == []
    verdict = egress(cluster(text, version=OLDER), "a/web", "b/api", 8080)
    assert verdict.remarks == (
        "CiliumNetworkPolicy a/p spec.egress[0] names port http, which is none before Cilium 1.20, for pods "
        "give it to TCP 8080+9090",
    )
    assert verdict.change.endswith("spec.egress[0] is for this peer, but for no port that it has")


def test_before_1_20_a_denial_of_such_a_name_denies_nothing() -> None:
    deny = OUT.partition(", toPorts")[0] + "}]\negressDeny: [{toPorts: [{ports: [{port: http}]}]}]"
    text = WEB + API + DB + policy("a/p", deny)
    assert numbers(text, "b/api", OLDER) == [8080, 9090]
    assert numbers(text, "b/api", NEWER) == [9090]


def test_the_same_name_for_another_protocol_is_another_port() -> None:
    text = WEB + API + pod("b/dns", more=serving(9090, "UDP")) + PASSES
    assert numbers(text, "b/api", OLDER) == [8080]


@pytest.mark.parametrize("version", [OLDER, NEWER])
def test_on_the_way_in_a_name_is_always_the_pods_own(version: CiliumVersion) -> None:
    text = WEB + API + DB + policy("b/p", IN)
    assert numbers(text, "b/api", version) == [8080]
    assert numbers(text, "b/db", version) == [9090]
    assert ingress(cluster(text, version=version), "a/web", "b/api", 8080).remarks == ()


@pytest.mark.parametrize("version", [OLDER, NEWER])
def test_pods_on_their_nodes_network_name_no_ports(version: CiliumVersion) -> None:
    node = pod("b/node", more=f"hostNetwork: true, {serving(9090)}")
    text = WEB + API + node + PASSES
    assert numbers(text, "b/api", version) == [8080]
    assert numbers(text, "b/node", version) == ([8080] if version == OLDER else [])
