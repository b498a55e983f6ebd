"""Lists without an entry, what is required of peers and denied ranges, by the release of Cilium."""

from __future__ import annotations

import pytest

from cdk_eks_cilium.policy_analysis.evaluation import Matrix
from cdk_eks_cilium.versions.cilium import CiliumVersion
from tests.unit.policy_analysis.evaluation.worlds import allowed, cluster, egress, pod, policy, side

PODS = pod("a/web") + pod("a/prod", labels="app: cli, env: prod") + pod("a/dev", labels="app: cli, env: dev")
OUTSIDE = "cidr:192.0.2.1"
EMPTY_GROUP = "---\nkind: CiliumCIDRGroup\nmetadata: {name: g}\nspec: {externalCIDRs: []}\n"


def comes_in(ingress: str, version: CiliumVersion | None, port: int = 80, deny: str = "") -> set[str]:
    """Who reaches a/web by some items of ingress."""
    spec = f"endpointSelector: {{matchLabels: {{app: web}}}}\ningress: [{ingress}]\n"
    spec += f"ingressDeny: [{deny}]" if deny else ""
    world = cluster(PODS + EMPTY_GROUP + policy("a/p", spec), version=version)
    return {name for name in ("a/prod", "a/dev", OUTSIDE) if allowed(world, name, "a/web", port)}


EVERYONE = {"a/prod", "a/dev", OUTSIDE}
ON_80 = "toPorts: [{ports: [{port: '80', protocol: TCP}]}]"


@pytest.mark.parametrize("peers", ["fromEndpoints: []", "fromCIDR: []", "fromCIDRSet: [{cidrGroupRef: g}]"])
def test_before_1_16_ports_beside_no_peer_are_open_to_everyone(peers: str) -> None:
    item = f"{{{peers}, {ON_80}}}"
    assert comes_in(item, CiliumVersion.V1_15) == EVERYONE
    assert comes_in(item, CiliumVersion.V1_15, 81) == set()
    assert comes_in(item, CiliumVersion.V1_16) == comes_in(item, None) == set()


def test_without_ports_no_peer_is_nobody() -> None:
    assert comes_in("{fromEndpoints: []}", CiliumVersion.V1_15) == set()


def test_before_1_16_ports_beside_no_peer_are_denied_to_everyone() -> None:
    denied = f"{{fromEndpoints: [], {ON_80}}}"
    assert comes_in("{fromEntities: [all]}", CiliumVersion.V1_15, deny=denied) == set()
    assert comes_in("{fromEntities: [all]}", CiliumVersion.V1_16, deny=denied) == EVERYONE


REQUIRED = "{fromRequires: [{matchLabels: {env: prod}}]}"


def test_before_1_19_what_is_required_is_required_of_peers_of_every_rule() -> None:
    items = f"{REQUIRED}, {{fromEndpoints: [{{matchLabels: {{app: cli}}}}]}}"
    assert comes_in(items, CiliumVersion.V1_18) == {"a/prod"}
    assert comes_in(items, None) == {"a/prod", "a/dev"}


def test_what_is_required_is_for_peers_by_their_labels_alone() -> None:
    items = f"{REQUIRED}, {{fromEntities: [cluster]}}"
    assert comes_in(items, CiliumVersion.V1_18) == {"a/prod", "a/dev"}


def test_what_denials_require_is_for_denials() -> None:
    allow = "{fromEndpoints: [{}]}"
    denied = f"{REQUIRED}, {{fromEndpoints: [{{matchLabels: {{app: cli}}}}]}}"
    assert comes_in(allow, CiliumVersion.V1_18, deny=denied) == {"a/dev"}


def test_a_matrix_knows_what_is_required() -> None:
    items = f"{REQUIRED}, {{fromEndpoints: [{{matchLabels: {{app: cli}}}}]}}"
    spec = f"endpointSelector: {{matchLabels: {{app: web}}}}\ningress: [{items}]\n"
    world = cluster(PODS + policy("a/p", spec), version=CiliumVersion.V1_18)
    web, prod, dev = (side(world, name) for name in ("a/web", "a/prod", "a/dev"))
    matrix = Matrix(world)
    assert matrix.reach(prod, web).allowed
    assert not matrix.reach(dev, web).allowed


def test_before_1_14_a_denied_range_may_be_let_through() -> None:
    spec = "endpointSelector: {}\negress: [{toCIDR: [10.0.0.0/8]}]\negressDeny: [{toCIDR: [10.1.0.0/16]}]"
    text = PODS + policy("a/p", spec)
    verdict = egress(cluster(text, version=CiliumVersion.V1_13), "a/web", "cidr:10.1.0.1")
    assert not verdict.allowed
    assert verdict.remarks == (
        "CiliumNetworkPolicy a/p spec.egressDeny[0] is about a range, and before Cilium 1.14 a range that is "
        "allowed wins",
    )
    assert not egress(cluster(text, version=CiliumVersion.V1_14), "a/web", "cidr:10.1.0.1").remarks
