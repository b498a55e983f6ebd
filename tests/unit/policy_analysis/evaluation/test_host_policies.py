"""What policies for nodes may refuse is not known, and what they surely let through is allowed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cdk_eks_cilium.policy.documents import load_policies, read_text
from cdk_eks_cilium.policy_analysis.evaluation import Endpoint, Evaluation, Flow, Matrix
from cdk_eks_cilium.policy_analysis.inventories import inventory
from tests.unit.policy_analysis.evaluation.worlds import cluster, pod, policy, side

SSH = "ingress: [{toPorts: [{ports: [{port: '22', protocol: TCP}]}]}]"
PODS = pod("shop/web") + pod("kube-system/proxy", more="hostNetwork: true")
LOCK = "CiliumClusterwideNetworkPolicy lock"


def for_nodes(spec: str, name: str = "lock") -> str:
    return policy(name, spec, kind="CiliumClusterwideNetworkPolicy")


def verdict(of: Evaluation, source: str, destination: str, port: int = 2379) -> str:
    return of.explain(Flow(side(of, source), side(of, destination), port)).verdict


@pytest.mark.parametrize(
    ("source", "destination", "port", "answer"),
    [
        ("entity:world", "entity:host", 2379, "unknown"),
        ("entity:world", "entity:host", 22, "allowed"),
        ("entity:remote-node", "entity:host", 2379, "unknown"),
        ("entity:host", "entity:remote-node", 2379, "unknown"),
        ("entity:host", "entity:host", 2379, "allowed"),
        ("shop/web", "entity:host", 2379, "unknown"),
        ("shop/web", "kube-system/proxy", 2379, "unknown"),
        ("kube-system/proxy", "shop/web", 2379, "allowed"),
        ("entity:host", "shop/web", 2379, "allowed"),
        ("entity:host", "entity:world", 2379, "allowed"),
        ("entity:world", "shop/web", 2379, "allowed"),
    ],
)
def test_a_policy_for_ingress_of_nodes_matters_to_what_enters_nodes(
    source: str, destination: str, port: int, answer: str
) -> None:
    assert (
        verdict(cluster(PODS + for_nodes(f"nodeSelector: {{}}\n{SSH}")), source, destination, port) == answer
    )


def test_the_answer_names_the_policy() -> None:
    of = cluster(for_nodes(f"nodeSelector: {{}}\n{SSH}"))
    found = of.explain(Flow(Endpoint.entity("world"), Endpoint.entity("host"), 2379)).ingress
    assert found is not None
    assert [str(each) for each in found.deciding] == [f"{LOCK} spec"]
    assert found.missing == (f"{LOCK}, a policy for nodes",)
    assert found.reason == (
        "policies for nodes may refuse it: that depends on nodes' labels and on hostFirewall.enabled"
    )


def test_a_denial_for_nodes_matters_only_to_the_peers_that_it_denies() -> None:
    denial = (
        "nodeSelector: {matchLabels: {zone: a}}\negressDeny: [{toCIDR: [10.0.0.0/8]}]\n"
        "enableDefaultDeny: {egress: false}"
    )
    of = cluster(PODS + for_nodes(denial))
    assert verdict(of, "entity:host", "cidr:10.1.1.1") == "unknown"
    assert verdict(of, "entity:host", "cidr:11.1.1.1") == "allowed"


def test_what_one_policy_allows_another_with_other_nodes_may_still_refuse() -> None:
    narrow = for_nodes(f"nodeSelector: {{matchLabels: {{zone: a}}}}\n{SSH}", "narrow")
    every = for_nodes("nodeSelector: {}\ningress: [{fromEntities: [world]}]", "every")
    assert verdict(cluster(narrow + every), "entity:world", "entity:host", 80) == "allowed"
    narrow_too = every.replace("nodeSelector: {}", "nodeSelector: {matchLabels: {zone: b}}")
    assert verdict(cluster(narrow + narrow_too), "entity:world", "entity:host", 80) == "unknown"


def test_a_name_opens_nothing_of_a_node_for_sure() -> None:
    of = cluster(for_nodes("nodeSelector: {}\negress: [{toFQDNs: [{matchName: a.com}]}]"))
    assert verdict(of, "entity:host", "fqdn:a.com", 443) == "unknown"


def test_what_needs_authentication_is_not_open_for_sure() -> None:
    needed = "fromEntities: [world], authentication: {mode: required}"
    of = cluster(for_nodes(f"nodeSelector: {{}}\ningress: [{{{needed}}}]"))
    assert verdict(of, "entity:world", "entity:host", 80) == "unknown"


def test_without_the_host_firewall_policies_for_nodes_do_nothing() -> None:
    documents = read_text(for_nodes(f"nodeSelector: {{}}\n{SSH}"), "world.yaml")
    without = replace(inventory(documents), host_firewall=False)
    assert verdict(Evaluation(load_policies(documents), without), "entity:world", "entity:host") == "allowed"


def test_agents_that_enforce_nothing_enforce_no_policy_for_nodes() -> None:
    of = cluster(for_nodes(f"nodeSelector: {{}}\n{SSH}"), enforcement="never")
    assert verdict(of, "entity:world", "entity:host") == "allowed"


def test_the_matrix_says_what_explanations_say() -> None:
    rules = f"nodeSelector: {{}}\n{SSH}\negressDeny: [{{toEndpoints: [{{matchLabels: {{app: web}}}}]}}]"
    of = cluster(PODS + for_nodes(rules))
    sides = [
        side(of, name) for name in ("shop/web", "kube-system/proxy", "entity:host", "entity:remote-node")
    ]
    matrix = Matrix(of, sides)
    for source in sides:
        for destination in sides:
            if source == destination or "shop/web" not in (source.name, destination.name):
                continue
            reach = matrix.reach(source, destination)
            for port in (22, 80):
                found = of.explain(Flow(source, destination, port)).verdict
                assert (found == "unknown") is (("TCP", port) in reach.unknown), (source, destination, port)
                assert (found == "allowed") is (("TCP", port) in reach.ports), (source, destination, port)
