"""Tiers: the matrix says what explaining says, and what nobody described is unknown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdk_eks_cilium.policy.documents import parse
from cdk_eks_cilium.policy.model import Policy
from cdk_eks_cilium.policy_analysis.evaluation import Endpoint, Evaluation, Flow, Matrix, PortSet
from cdk_eks_cilium.policy_analysis.evaluation.ports import Gate, gates
from cdk_eks_cilium.policy_analysis.evaluation.reach import SHUT, Passage, Reach
from cdk_eks_cilium.policy_analysis.evaluation.spans import Span
from cdk_eks_cilium.policy_analysis.evaluation.tier_ports import Outcomes, TierStep
from cdk_eks_cilium.policy_analysis.workloads import Inventory, NamedPort, Workload
from tests.unit.policy_analysis.evaluation.pairs import assert_pairs_are_as_explained
from tests.unit.policy_analysis.evaluation.tier_worlds import tiered, tiered_worlds

NODES = [{"nodes": {"matchLabels": {"zone": "a"}}}]


@settings(max_examples=30, deadline=None)
@given(tiered_worlds())
def test_every_pair_is_as_explaining_it_says(world: Evaluation) -> None:
    assert_pairs_are_as_explained(world)


POD = Workload("a", "web", {"app": "web"})
NODE = Workload("b", "agent", host_network=True)


def to_node(*policies: Policy, port: int = 80) -> tuple[str, tuple[str, ...], Reach]:
    """The verdict for a pod's flow to a pod on its node's network, what is missing, and the matrix."""
    world = Evaluation(policies, Inventory((POD, NODE), {"a": {}, "b": {}}))
    ends = Endpoint.pod(POD), Endpoint.pod(NODE)
    found = world.explain(Flow(*ends, port))
    return found.verdict, found.missing, Matrix(world, ends).reach(*ends)


def test_a_rule_for_nodes_whose_labels_nobody_described_leaves_the_verdict_unknown() -> None:
    verdict, missing, reach = to_node(tiered(egress=[{"action": "Deny", "to": NODES}]))
    assert (verdict, missing) == ("unknown", ("the labels of the node",))
    assert reach.unknown.is_everything
    assert reach.missing == missing
    assert not reach.ports


def test_an_unknown_rule_before_one_with_the_same_action_leaves_no_doubt() -> None:
    port = {"protocols": [{"tcp": {"destinationPort": {"number": 80}}}]}
    ports = tiered(egress=[{"action": "Accept", "to": NODES, **port}])
    assert to_node(ports)[0] == "allowed"
    assert to_node(ports)[2].ports.is_everything


def test_an_unknown_pass_before_isolation_matters_only_where_the_next_rule_accepts() -> None:
    shut = parse(
        {
            "kind": "CiliumNetworkPolicy",
            "metadata": {"name": "p", "namespace": "a"},
            "spec": {"endpointSelector": {}, "egress": [{}]},
        }
    )
    passing = {"action": "Pass", "to": NODES}
    verdict, missing, reach = to_node(tiered(egress=[passing]), shut)
    assert (verdict, missing) == ("denied", ())
    assert not reach.unknown
    denying = to_node(tiered(egress=[passing, {"action": "Deny", "to": [{"nodes": {}}]}]), shut)
    assert denying[0] == "denied"
    accepting = to_node(tiered(egress=[passing, {"action": "Accept", "to": [{"nodes": {}}]}]), shut)
    assert accepting[0] == "unknown"


def test_what_an_unknown_answer_depends_on_is_said() -> None:
    world = Evaluation(
        [tiered(egress=[{"action": "Deny", "to": NODES, "name": "no-nodes"}])], Inventory((POD, NODE))
    )
    ruling = world.explain(Flow(Endpoint.pod(POD), Endpoint.pod(NODE), 80)).verdicts[0]
    assert ruling.reason == "it depends on the labels of the node"
    assert ruling.remarks[0] == (
        "ClusterNetworkPolicy guard spec.egress[0] (Admin tier, priority 10, rule 'no-nodes') may deny it: "
        "that depends on the labels of the node"
    )


# A pod's own node.


HOST = Endpoint.entity("host")
ALL = [{"namespaces": {"matchExpressions": [{"key": "team", "operator": "DoesNotExist"}]}}]
DENIAL = {"action": "Deny", "from": ALL}
PASS = {"action": "Pass", "from": [{"namespaces": {}}]}


def of_pod(ingress: str) -> Policy:
    """A policy of Cilium for the pod that lets the host in, or denies it."""
    items = [{"fromEntities": ["host"]}]
    metadata = {"name": "p", "namespace": "a"}
    return parse(
        {
            "kind": "CiliumNetworkPolicy",
            "metadata": metadata,
            "spec": {"endpointSelector": {}, ingress: items},
        }
    )


@pytest.mark.parametrize(
    ("policies", "verdict"),
    [
        ([tiered(ingress=[DENIAL])], "denied"),
        ([tiered(ingress=[PASS, DENIAL])], "allowed"),
        ([tiered(ingress=[DENIAL]), of_pod("ingress")], "denied"),
        ([tiered(ingress=[PASS]), of_pod("ingressDeny")], "allowed"),
        ([tiered(egress=[{"action": "Pass", "to": ALL}]), of_pod("ingressDeny")], "denied"),
        ([tiered(tier="Baseline", ingress=[DENIAL])], "denied"),
        ([tiered(tier="Baseline", ingress=[DENIAL]), of_pod("ingress")], "allowed"),
        ([tiered(tier="Baseline", ingress=[PASS, DENIAL])], "allowed"),
        ([tiered(tier="Baseline", ingress=[DENIAL]), tiered(ingress=[PASS])], "allowed"),
    ],
)
def test_only_denials_of_the_first_rank_keep_a_pods_own_node_out(
    policies: list[Policy], verdict: str
) -> None:
    world = Evaluation(policies, Inventory((POD,), {"a": {}}))
    pod = Endpoint.pod(POD)
    reach = Matrix(world, [pod, HOST]).reach(HOST, pod)

    assert world.explain(Flow(HOST, pod, 80)).verdict == verdict
    assert ("TCP", 80) in (reach.ports if verdict == "allowed" else PortSet.everything() - reach.ports)
    assert not reach.unknown


def test_a_rule_that_may_come_first_leaves_it_unknown_whether_the_own_node_is_kept_out() -> None:
    maybe = tiered(ingress=[PASS], subject={"namespaces": {"matchLabels": {"team": "x"}}}, priority=1)
    pod = Endpoint.pod(POD)
    for denying in (tiered(ingress=[DENIAL], name="later"), of_pod("ingressDeny")):
        world = Evaluation([maybe, denying], Inventory((POD,)))
        found = world.explain(Flow(HOST, pod, 80))

        assert (found.verdict, found.missing) == ("unknown", ("Namespace a",))
        assert Matrix(world, [pod, HOST]).reach(HOST, pod).unknown.is_everything


# What a tier does with ports, by hand: sure rules, doubtful rules and what follows.


NOTHING = PortSet({})


@dataclass(frozen=True)
class _Rule:
    action: str


SPANS: tuple[Span, ...] = ((0, 1), (1, 2), (0, 3), (2, 2))


def of(*spans: Span) -> PortSet:
    return PortSet.of(("TCP", *span) for span in spans)


def verdicts(steps: list[tuple[str, Span, bool]], port: int, below: str) -> set[str]:
    """The verdicts that are possible for a port, by trying every way in which doubtful rules turn out."""
    if not steps:
        return {below}
    (action, (first, last), sure), *rest = steps
    if not first <= port <= last:
        return verdicts(rest, port, below)
    mine = {"Accept": "allowed", "Deny": "denied", "Pass": below}[action]
    return {mine} if sure else {mine, *verdicts(rest, port, below)}


@settings(max_examples=200)
@given(
    st.lists(
        st.tuples(st.sampled_from(["Accept", "Deny", "Pass"]), st.sampled_from(SPANS), st.booleans()),
        max_size=4,
    ),
    st.lists(st.sampled_from(SPANS), max_size=2),
)
def test_a_verdict_is_known_exactly_where_every_outcome_agrees(
    steps: list[tuple[str, Span, bool]], opened: list[Span]
) -> None:
    made: Any = [
        TierStep(_Rule(action), Gate(of(span)), () if sure else ("x",))  # type: ignore[arg-type]
        for action, span, sure in steps
    ]
    found = Outcomes.of(made, reads_requests=True).over(Passage(of(*opened)))
    for port in range(4):
        below = "allowed" if ("TCP", port) in of(*opened) else "denied"
        possible = verdicts(steps, port, below)
        said = "allowed" if ("TCP", port) in found.ports else "denied"
        said = "unknown" if ("TCP", port) in found.unknown else said
        assert said == (possible.pop() if len(possible) == 1 else "unknown")


@pytest.mark.parametrize("isolated", [True, False])
def test_questions_about_other_names_are_refused_only_where_a_policy_isolates(isolated: bool) -> None:
    policies = [tiered(egress=[{"action": "Accept", "to": [{"domainNames": ["example.com"]}]}])]
    (rule,) = Evaluation(policies).tiers.rules["Admin", "egress"]
    names, questions = rule.items
    assert [names.item.peer_kind, questions.item.peer_kind] == ["to_fqdns", "to_endpoints"]
    dns = Workload("kube-system", "coredns", ports=(NamedPort("dns", 53, "UDP"),))
    (gate,) = gates(questions.item, dns)
    found = Outcomes.of([TierStep(rule, gate)], reads_requests=isolated)
    assert [(str(ports), text) for ports, text in found.limits] == (
        [("UDP 53", "DNS example.com")] if isolated else []
    )
    assert str(found.accepted) == ("" if isolated else "UDP 53")


def test_the_node_that_a_policy_allows_is_no_matter_of_the_baseline_tier() -> None:
    nobody = {"namespaces": {"matchExpressions": [{"key": "team", "operator": "DoesNotExist"}]}}
    shut = tiered(tier="Baseline", ingress=[{"action": "Deny", "from": [nobody]}])
    allow = parse(
        {
            "apiVersion": "cilium.io/v2",
            "kind": "CiliumNetworkPolicy",
            "metadata": {"name": "probes", "namespace": "a"},
            "spec": {"endpointSelector": {}, "ingress": [{"fromEntities": ["host"]}]},
        }
    )
    host, pod = Endpoint.entity("host"), Endpoint.pod(Workload("a", "web"))
    for policies, expected in (([shut], False), ([shut, allow], True)):
        world = Evaluation(policies, Inventory(namespaces={"a": {}}))
        assert world.explain(Flow(host, pod, 80)).allowed is expected
        assert bool(Matrix(world, [host, pod]).reach(host, pod).ports) is expected


def test_what_doubtful_rules_accept_for_different_names_is_not_known() -> None:
    policies = [
        tiered(
            egress=[
                {"action": "Accept", "to": [{"domainNames": [f"{name}.example.com"]}]} for name in ("a", "b")
            ]
        )
    ]
    (first, second) = Evaluation(policies).tiers.rules["Admin", "egress"]
    dns = Workload("kube-system", "coredns", ports=(NamedPort("dns", 53, "UDP"),))
    ((one,), (other,)) = (gates(rule.items[1].item, dns) for rule in (first, second))
    steps = [TierStep(first, one, ("Namespace shop",)), TierStep(second, other)]
    found = Outcomes.of(steps, reads_requests=True).over(SHUT)
    assert (str(found.unknown), found.limited) == ("UDP 53", PortSet({}))
    assert found.missing == ("Namespace shop",)
