"""What passes where rules with conditions and rules without any are for one peer."""

from __future__ import annotations

import pytest

from cdk_eks_cilium.policy_analysis.evaluation import Endpoint, HttpRequest, Matrix
from tests.unit.policy_analysis.evaluation.worlds import allowed, cluster, egress, pod, policy, side

PODS = pod("a/web") + pod("a/api") + pod("kube-system/coredns", labels="k8s-app: kube-dns")


def out(*items: str) -> str:
    """The YAML of pods and of a policy for a/web with some items."""
    return PODS + policy(
        "a/p", "endpointSelector: {matchLabels: {app: web}}\negress: [" + ", ".join(items) + "]"
    )


def peers(to: str = "toEntities: [world]", port: str = "{port: '443', protocol: TCP}", more: str = "") -> str:
    return f"{{{to}, toPorts: [{{ports: [{port}]{more}}}]}}"


NAMED = peers(more=", serverNames: [api.example.com]")


def serves(*items: str, name: str = "evil.example.com") -> bool:
    return allowed(cluster(out(*items)), "a/web", "cidr:192.0.2.1", 443, server_name=name)


def test_names_of_tls_win_over_an_allow_of_the_same_peers_and_port() -> None:
    assert not serves(NAMED, peers())
    assert serves(NAMED, peers(), name="api.example.com")
    assert not serves(NAMED, peers("toEntities: [world, remote-node]"))
    anyone = "{toPorts: [{ports: [{port: '443', protocol: TCP}]}]}"
    assert not serves(peers("toEntities: [all]", more=", serverNames: [api.example.com]"), anyone)
    assert egress(cluster(out(NAMED, peers())), "a/web", "cidr:192.0.2.1", 443).limits == (
        "TLS to api.example.com",
    )


@pytest.mark.parametrize(
    "other",
    [
        peers("toCIDR: [192.0.2.0/24]"),
        peers(port="{port: '0', protocol: TCP}"),
        peers(port="{port: '400', endPort: 500, protocol: TCP}"),
        "{toEntities: [world]}",
    ],
)
def test_another_allow_wins_over_names_of_tls(other: str) -> None:
    assert serves(NAMED, other)


PROVEN = "{toEndpoints: [{matchLabels: {app: api}}], authentication: {mode: %s}}"


def test_who_must_prove_himself_must_whatever_else_allows_it() -> None:
    text = out(PROVEN % "required", "{toEntities: [cluster]}")
    assert egress(cluster(text), "a/web", "a/api", 80).limits == ("mutual authentication",)
    assert egress(cluster(text), "a/web", "kube-system/coredns", 80).limits == ()


def test_a_proof_that_always_fails_lets_nothing_pass() -> None:
    verdict = egress(
        cluster(out(PROVEN % "test-always-fail", "{toEntities: [cluster]}")), "a/web", "a/api", 80
    )
    assert not verdict.allowed
    assert verdict.reason == "the port is open, but only for an authentication that always fails"


def test_a_proof_that_is_disabled_asks_for_nothing() -> None:
    assert egress(cluster(out(PROVEN % "disabled")), "a/web", "a/api", 80).limits == ()


HTTP = peers("toEndpoints: [{}]", "{port: '80', protocol: TCP}", ", rules: {http: [{method: GET}]}")


@pytest.mark.parametrize(
    "other",
    [
        "{toEntities: [cluster]}",
        "{toEndpoints: [{}]}",
        peers("toEntities: [all]", "{port: '0', protocol: TCP}"),
    ],
)
def test_any_allow_of_the_port_lifts_rules_for_requests(other: str) -> None:
    world = cluster(out(HTTP, other))
    assert allowed(world, "a/web", "a/api", 80, http=HttpRequest("POST"))
    assert egress(world, "a/web", "a/api", 80).limits == ()


DNS = peers(
    'toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": kube-system}}]',
    "{port: '53', protocol: UDP}",
    ", rules: {dns: [{matchName: example.org}]}",
)


@pytest.mark.parametrize(
    ("other", "lifted"),
    [
        ("{toEntities: [cluster]}", False),
        (peers("toEntities: [all]", "{port: '0'}"), False),
        (peers("toEntities: [all]", "{port: '50', endPort: 60, protocol: UDP}"), False),
        (peers("toEntities: [all]", "{port: '53', protocol: TCP}"), False),
        (peers("toEntities: [all]", "{port: '53'}"), True),
        (peers("toEntities: [cluster]", "{port: '53', protocol: UDP}"), True),
    ],
)
def test_an_allow_of_the_very_port_alone_lifts_rules_for_dns(other: str, lifted: bool) -> None:
    world = cluster(out(DNS, other))
    verdict = egress(world, "a/web", "kube-system/coredns", 53, "UDP")
    assert verdict.allowed
    assert verdict.limits == (() if lifted else ("DNS example.org",))


@pytest.mark.parametrize(
    "items", [(NAMED, peers()), (DNS, "{toEntities: [cluster]}"), (HTTP, "{toEndpoints: [{}]}")]
)
def test_a_matrix_says_the_same(items: tuple[str, ...]) -> None:
    world = cluster(out(*items))
    sides = [side(world, name) for name in ("a/web", "a/api", "kube-system/coredns")]
    matrix = Matrix(world, [*sides, Endpoint.entity("world")])
    for destination in (*sides[1:], Endpoint.entity("world")):
        reach = matrix.reach(sides[0], destination)
        for port, protocol in ((443, "TCP"), (80, "TCP"), (53, "UDP"), (5, "TCP")):
            name = str(destination).replace("entity ", "entity:")
            verdict = egress(world, "a/web", name, port, protocol)
            assert verdict.allowed == ((protocol, port) in reach.ports or (protocol, port) in reach.limited)
            assert bool(verdict.limits) == ((protocol, port) in reach.limited)
