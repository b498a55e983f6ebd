from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bench.policies as bench
from cdk_eks_cilium.policy.documents import load_policies, read_text
from cdk_eks_cilium.policy.model import Policy
from cdk_eks_cilium.policy_analysis.evaluation import Endpoint, Evaluation, Flow, Matrix, PortSet
from cdk_eks_cilium.policy_analysis.graph import Graph, graph, mentioned_peers
from cdk_eks_cilium.policy_analysis.graph.statements import describable
from cdk_eks_cilium.policy_analysis.inventories import inventory
from cdk_eks_cilium.policy_analysis.workloads import Inventory, Workload
from cdk_eks_cilium.versions.cilium import CiliumVersion
from tests.unit.policy_analysis.evaluation.tier_worlds import tiered, tiered_parts
from tests.unit.policy_analysis.evaluation.worlds import POD, drawn_parts, pod, policy
from tests.unit.policy_analysis.graph.readings import Reading, box, lines

PLACES = (("TCP", 80), ("TCP", 79), ("TCP", 8080), ("UDP", 53), ("UDP", 7), ("ICMP", 8))


def worlds() -> st.SearchStrategy[tuple[list[Policy], Inventory]]:
    """Policies, half of them with tiers, and pods."""
    return st.one_of(st.sampled_from(["Pod", "Deployment"]).flatmap(drawn_parts), tiered_parts())


@settings(max_examples=100, deadline=None)
@given(
    worlds(),
    st.booleans(),
    st.sampled_from([(), (), ("a",), ("b",)]),
    st.sampled_from([None, CiliumVersion.V1_18]),
)
def test_what_is_read_from_it_is_what_policies_mean(
    parts: tuple[list[Policy], Inventory],
    alone: bool,
    namespaces: tuple[str, ...],
    version: CiliumVersion | None,
) -> None:
    policies, inventory = parts
    if alone:
        inventory, namespaces = Inventory(), ()
    found = graph(policies, inventory, namespaces=namespaces, version=version)
    reading = Reading(found)
    known = mentioned_peers(policies, inventory, version=version)
    world = Evaluation(policies, known, version=version)
    sides = [side for node in found.nodes if node.kind in ("workloads", "outside") for side in node.endpoints]
    for source, destination in product(sides, sides):
        if not _is_shown(found, source, destination, namespaces):
            continue
        for protocol, port in PLACES:
            explained = world.explain(Flow(source, destination, port, protocol))
            verdict, limited = reading.verdict(source, destination, protocol, port)
            if verdict != explained.verdict == "unknown" and not describable(explained.missing):
                assert any("addresses of names" in told for told in found.unknown)
                continue
            assert verdict == explained.verdict, f"{source} -> {destination} {protocol} {port}"
            assert limited == (verdict == "allowed" and bool(explained.limits)), (
                f"{source} -> {destination} {protocol} {port}"
            )


@settings(max_examples=100, deadline=None)
@given(
    worlds(),
    st.booleans(),
    st.sampled_from([None, CiliumVersion.V1_18]),
)
def test_every_pair_of_the_matrix_has_its_arrows_and_no_arrow_has_another(
    parts: tuple[list[Policy], Inventory], alone: bool, version: CiliumVersion | None
) -> None:
    policies, inventory = parts
    inventory = Inventory() if alone else inventory
    found = graph(policies, inventory, version=version)
    reading = Reading(found)
    known = mentioned_peers(policies, inventory, version=version)
    evaluation = Evaluation(policies, known, version=version)
    shown = {one for node in found.nodes for one in node.endpoints if one.workload is not None}
    for reach in Matrix(evaluation):
        pair = (reach.source, reach.destination)
        arrows = reading.arrows.get(pair, [])
        said: dict[str, PortSet] = {
            verdict: PortSet.union(
                ports
                for arrow in arrows
                if arrow.verdict == verdict
                for ports in (arrow.label.ports, *(each for each, _ in arrow.label.limits))
            )
            for verdict in ("allowed", "unknown", "denied")
        }
        source, destination = map(_pod, pair)
        if not (
            evaluation.may_be_isolated(source, "egress") or evaluation.may_be_isolated(destination, "ingress")
        ):
            # Everything else passes between open sides without an arrow, where no denial may hold.
            said["allowed"] = PortSet.everything() - said["unknown"]
        else:
            assert {*pair} <= shown
        assert str(said["allowed"] - said["denied"]) == str(reach.ports | reach.limited)
        if describable(reach.missing):
            assert str(said["unknown"]) == str(reach.unknown)
    reached = {(reach.source, reach.destination): reach for reach in Matrix(evaluation)}
    for pair, arrows in reading.arrows.items():
        if pair[0].workload is None or pair[1].workload is None:
            continue
        if pair[0] == pair[1] and pair[0].workload.kind == "Pod":
            continue  # a pod always reaches itself
        for arrow in arrows:
            if arrow.verdict != "denied":
                assert pair in reached, f"{arrow} covers {pair[0]} -> {pair[1]}, which is denied"


def test_five_hundred_workloads_with_as_many_policies_are_drawn_once_each() -> None:
    found = graph(bench.policies(500), bench.inventory(500))
    assert sum(len(node.names) for node in found.nodes) == 500


def _pod(endpoint: Endpoint) -> Workload:
    assert endpoint.workload is not None
    return endpoint.workload


def _is_shown(found: Graph, source: Endpoint, destination: Endpoint, namespaces: tuple[str, ...]) -> bool:
    """Whether a pair is one that can begin a flow, and that the graph is about."""
    if source.kind == "fqdn" or source.is_own_node or not (source.workload or destination.workload):
        return False
    if source == destination and (source.workload is None or source.workload.kind == "Pod"):
        return False
    inside = {side.workload.namespace for side in (source, destination) if side.workload is not None}
    if namespaces and inside.isdisjoint(namespaces):
        return False
    return (source.workload is not None or "ingress" in box(found, source).directions) and (
        destination.workload is not None or "egress" in box(found, destination).directions
    )


def shown(text: str, **options: Any) -> list[str]:
    """The arrows of the graph of YAML, as text."""
    documents = read_text(text, "world.yaml")
    return lines(graph(load_policies(documents), inventory(documents), **options))


PODS = pod("a/web") + pod("a/api") + pod("b/db")
WEB_TO_API = policy(
    "a/api",
    "endpointSelector: {matchLabels: {app: api}}\n"
    "ingress: [{fromEndpoints: [{matchLabels: {app: web}}], "
    "toPorts: [{ports: [{port: '80', protocol: TCP}]}]}]",
)


def test_a_rule_that_allows_a_flow_makes_an_arrow() -> None:
    assert shown(PODS + WEB_TO_API) == ["a/web -> a/api: TCP 80"]


def test_open_workloads_have_no_arrows_between_them() -> None:
    assert shown(PODS) == []


def test_all_of_a_namespace_is_one_box() -> None:
    peers = f"fromEndpoints: [{{matchLabels: {{{POD}: a}}}}]"
    everyone = policy("b/db", f"endpointSelector: {{}}\ningress: [{{{peers}}}]")
    assert shown(PODS + pod("b/own") + WEB_TO_API + everyone) == [
        "a/web -> a/api: TCP 80",
        "all of a -> b/db+b/own: all ports",
    ]


def test_all_of_the_cluster_is_one_box() -> None:
    everyone = policy("b/db", "endpointSelector: {}\ningress: [{fromEntities: [cluster]}]")
    assert "all of the cluster -> b/db: all ports" in shown(PODS + WEB_TO_API + everyone)


def test_flows_among_the_pods_of_a_deployment_are_reported_for_its_box() -> None:
    own = policy("a/p", "endpointSelector: {}\ningress: [{fromEndpoints: [{matchLabels: {app: web}}]}]")
    deployment = (
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: a}\n"
        "spec: {template: {metadata: {labels: {app: web}}}}\n"
    )
    assert shown(deployment + own) == ["a/web own: all ports"]


def test_a_denial_is_an_arrow_of_its_own() -> None:
    denied = policy(
        "a/p",
        "endpointSelector: {matchLabels: {app: web}}\negress: [{toEntities: [world]}]\n"
        "egressDeny: [{toCIDR: [198.51.100.0/24], toPorts: [{ports: [{port: '25', protocol: TCP}]}]}]",
    )
    assert shown(PODS + denied) == ["a/web -> 198.51.100.0/24: not TCP 25", "a/web -> world: all ports"]


def test_parts_of_the_world_have_no_arrow_where_the_world_has_one() -> None:
    both = policy(
        "a/p",
        "endpointSelector: {matchLabels: {app: web}}\negress:\n- toEntities: [world]\n  toPorts:\n"
        "  - {ports: [{port: '443', protocol: TCP}]}\n"
        "- toCIDR: [198.51.100.0/24]\n  toPorts:\n  - {ports: [{port: '22', protocol: TCP}, "
        "{port: '443', protocol: TCP}]}",
    )
    assert shown(PODS + both) == ["a/web -> 198.51.100.0/24: TCP 22", "a/web -> world: TCP 443"]


def test_a_part_of_the_world_that_a_tier_accepts_has_an_arrow_beside_the_denial_of_the_world() -> None:
    tiers = tiered(
        egress=[
            {"action": "Accept", "to": [{"networks": ["203.0.113.0/24"]}]},
            {
                "action": "Deny",
                "to": [{"networks": ["0.0.0.0/0"]}],
                "protocols": [{"tcp": {"destinationPort": {"number": 25}}}],
            },
        ]
    )
    found = graph([tiers], inventory(read_text(pod("a/web"), "world.yaml")))
    assert lines(found) == ["a/web -> 203.0.113.0/24: TCP 25", "a/web -> world: not TCP 25"]


def test_what_both_tiers_deny_is_a_denial() -> None:
    rules = [{"action": "Deny", "from": [{"namespaces": {}}]}]
    tiers = [tiered(tier.lower(), tier=tier, ingress=rules) for tier in ("Admin", "Baseline")]
    found = graph(tiers, inventory(read_text(pod("a/web") + pod("a/api"), "world.yaml")))
    assert lines(found) == ["a/web+a/api all: not all ports"]


def test_a_pod_that_only_a_tier_mentions_has_a_box_and_its_arrows() -> None:
    own, dev = (
        {"namespaces": {"matchLabels": {"kubernetes.io/metadata.name": name}}} for name in ("a", "dev")
    )
    tiers = tiered(subject=own, ingress=[{"action": "Deny", "from": [dev]}])
    found = graph([tiers], inventory(read_text(pod("a/web"), "world.yaml")))
    assert lines(found) == ["dev/any pod -> a/web: not all ports"]
    assert [(node.names, node.open, node.but_denied) for node in found.nodes] == [
        (("web",), ("egress", "ingress"), ("ingress",)),
        (("any pod",), ("egress", "ingress"), ()),
    ]


def test_names_that_the_same_pods_may_reach_share_a_box() -> None:
    names = policy(
        "a/p",
        "endpointSelector: {matchLabels: {app: web}}\negress:\n"
        "- toEndpoints: [{matchLabels: {app: api}}]\n"
        "  toPorts: [{ports: [{port: '53', protocol: UDP}], rules: {dns: [{matchPattern: '*'}]}}]\n"
        "- toFQDNs: [{matchName: example.org}, {matchPattern: '*.example.com'}]",
    )
    assert shown(PODS + names) == [
        "a/web -> *.example.com+example.org: all ports",
        "a/web -> a/api: UDP 53 DNS *",
    ]


def test_the_world_is_shown_where_a_selector_means_it() -> None:
    expression = "{matchExpressions: [{key: io.kubernetes.pod.namespace, operator: NotIn, values: [b]}]}"
    text = pod("a/web") + policy(
        "a/p", f"endpointSelector: {{}}\ningress: [{{fromEndpoints: [{expression}]}}]"
    )
    assert shown(text) == []
    assert shown(text, version=CiliumVersion.V1_18) == [
        "remote-node -> a/web: all ports",
        "world -> a/web: all ports",
    ]


def test_a_namespace_is_shown_with_those_it_has_to_do_with() -> None:
    other = policy("b/db", "endpointSelector: {}\ningress: [{}]")
    assert shown(PODS + WEB_TO_API + other, namespaces=["b"]) == []
    documents = read_text(PODS + WEB_TO_API + other, "world.yaml")
    found = graph(load_policies(documents), inventory(documents), namespaces=["b"])
    assert [node.names for node in found.nodes] == [("db",)]


def test_a_further_side_is_shown_where_it_reaches_or_is_reached() -> None:
    out = policy("a/p", "endpointSelector: {matchLabels: {app: web}}\negress: [{toCIDR: [198.51.100.0/24]}]")
    also = [Endpoint.address("198.51.100.7"), Endpoint.address("203.0.113.7")]
    assert shown(PODS + out, also=also) == [
        "a/web -> 198.51.100.0/24: all ports",
        "a/web -> 198.51.100.7: all ports",
    ]


def test_unknown_facts_of_the_cluster_are_reported() -> None:
    spec = (
        "endpointSelector: {matchLabels: {app: web}}\negress:\n- toNodes: [{matchLabels: {role: edge}}]\n"
        "- toGroups: [{aws: {securityGroupsIds: [sg-1]}}]\n- toCIDRSet: [{cidrGroupRef: partners}]"
    )
    documents = read_text(PODS + policy("a/p", spec), "world.yaml")
    found = graph(load_policies(documents), inventory(documents))
    assert found.unknown == (
        "CiliumNetworkPolicy a/p spec.egress[0] depends on the labels of the node",
        "CiliumNetworkPolicy a/p spec.egress[1] depends on which instances are in the cloud provider's group",
        "CiliumNetworkPolicy a/p spec.egress[2] depends on CiliumCIDRGroup partners",
    )


@pytest.mark.parametrize(
    ("item", "told"),
    [
        ("toFQDNs: [{matchName: b.com}]", "is for b.com, whose addresses no DNS rule lets Cilium learn"),
        (
            "toFQDNs: [{matchName: b.com}, {matchPattern: '*.b.com'}]",
            "is for b.com, *.b.com, whose addresses no DNS rule lets Cilium learn",
        ),
        ("toPorts: [{ports: [{protocol: GRE}]}]", "is for GRE, which has no ports"),
        ("toCIDRSet: [{cidrGroupSelector: {}}]", "depends on the CiliumCIDRGroups"),
    ],
)
def test_what_no_arrow_can_show_is_reported(item: str, told: str) -> None:
    spec = f"endpointSelector: {{matchLabels: {{app: web}}}}\negress: [{{{item}}}]"
    documents = read_text(PODS + policy("a/p", spec), "world.yaml")
    found = graph(load_policies(documents), inventory(documents))
    assert found.unknown == (f"CiliumNetworkPolicy a/p spec.egress[0] {told}",)


def test_items_for_the_same_names_that_cilium_does_not_learn_are_reported_once() -> None:
    spec = "endpointSelector: {matchLabels: {app: web}}\negress: [{toFQDNs: [{matchName: b.com}]}]"
    documents = read_text(PODS + policy("a/p", spec) + policy("a/q", spec), "world.yaml")
    assert graph(load_policies(documents), inventory(documents)).unknown == (
        "CiliumNetworkPolicy a/p spec.egress[0] and 1 more item are for b.com, whose addresses no DNS rule "
        "lets Cilium learn",
    )


def test_names_that_cilium_learns_are_not_reported() -> None:
    dns = "{toPorts: [{ports: [{port: '53'}], rules: {dns: [{matchName: b.com}]}}]}"
    name = "{toFQDNs: [{matchName: b.com}]}"
    spec = f"endpointSelector: {{matchLabels: {{app: web}}}}\negress: [{dns}, {name}]"
    documents = read_text(PODS + policy("a/p", spec), "world.yaml")
    assert graph(load_policies(documents), inventory(documents)).unknown == ()


def test_named_ports_of_unknown_pods_are_reported() -> None:
    spec = (
        "endpointSelector: {matchLabels: {app: web}}\n"
        "egress: [{toEndpoints: [{matchLabels: {app: old}}], toPorts: [{ports: [{port: http}]}]}]"
    )
    documents = read_text(PODS + policy("a/p", spec), "world.yaml")
    (told,) = graph(load_policies(documents), inventory(documents)).unknown
    assert told == (
        "CiliumNetworkPolicy a/p spec.egress[0] names ports, and "
        "pods that only policies mention have no ports"
    )


def test_policies_for_nodes_are_reported() -> None:
    spec = "nodeSelector: {matchLabels: {role: edge}}\ningress: [{fromEntities: [world]}]"
    documents = read_text(PODS + policy("p", spec, kind="CiliumClusterwideNetworkPolicy"), "world.yaml")
    found = graph(load_policies(documents), inventory(documents))
    assert found.unknown == ("CiliumClusterwideNetworkPolicy p spec is for nodes",)


def test_the_same_input_makes_the_same_graph() -> None:
    assert shown(PODS + WEB_TO_API) == shown(PODS + WEB_TO_API)
