"""One question has one answer, whichever command is asked, with and without tiers."""

from __future__ import annotations

from itertools import product

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from cdk_eks_cilium.policy.model import Policy
from cdk_eks_cilium.policy_analysis.difference import PolicyState
from cdk_eks_cilium.policy_analysis.evaluation import Endpoint, Evaluation, Flow, FlowJudge, Matrix, Reach
from cdk_eks_cilium.policy_analysis.evaluation.matrix import is_pair
from cdk_eks_cilium.policy_analysis.expectations import Expectation, check_expectations
from cdk_eks_cilium.policy_analysis.exposure import Exposure
from cdk_eks_cilium.policy_analysis.workloads import Inventory
from tests.unit.policy_analysis.evaluation.tier_worlds import tiered_parts, tiered_worlds
from tests.unit.policy_analysis.evaluation.worlds import drawn, drawn_parts

# Shrinking such worlds takes minutes.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
PLACES = (("TCP", 80), ("TCP", 79), ("TCP", 8080), ("UDP", 53), ("ICMP", 8))


def worlds() -> st.SearchStrategy[Evaluation]:
    return st.one_of(drawn(), tiered_worlds(), tiered_worlds())


def ends_of(world: Evaluation) -> list[Endpoint]:
    return [
        *(Endpoint.pod(workload) for workload in world.inventory.workloads),
        Endpoint.address("203.0.113.9"),
        Endpoint.address("203.0.113.200"),
        Endpoint.fqdn("www.example.com"),
        Endpoint.entity("host"),
        Endpoint.entity("world"),
    ]


def verdict_of(reach: Reach | None, at: tuple[str, int]) -> str:
    if reach is None:
        return "denied"
    if at in reach.ports or at in reach.limited:
        return "allowed"
    return "unknown" if at in reach.unknown else "denied"


@settings(max_examples=12, deadline=None, phases=PHASES)
@given(worlds())
def test_pairs_groups_flows_and_expectations_agree(world: Evaluation) -> None:
    ends = ends_of(world)
    matrix, judge = Matrix(world, ends), FlowJudge(world)
    grouped = {(one.source, one.destination): one for group in matrix.groups() for one in group}
    for source, destination in product(ends, ends):
        if source == destination or not is_pair(source, destination):
            continue
        reach = matrix.reach(source, destination)
        for at in PLACES:
            told = world.explain(Flow(source, destination, at[1], at[0]))
            where = f"{source} -> {destination} {at}"
            assert verdict_of(reach, at) == told.verdict, where
            assert verdict_of(grouped.get((source, destination)), at) == told.verdict, where
            assert (at in reach.limited) == (told.allowed and bool(told.limits)), where
            if told.verdict == "unknown":
                assert set(told.missing) <= set(reach.missing), where
            judged = judge.judge(judge.identity(source), judge.identity(destination), *at)
            assert judged.verdict == told.verdict, where
    pods = [each for each in ends if each.workload is not None][:4]
    asked = [one for one in product(pods, ends, PLACES[::2]) if one[0] != one[1] and one[1].workload]
    outcomes = check_expectations(world, [_expected(*one) for one in asked])
    words = {"allowed": "holds", "denied": "fails", "unknown": "not known"}
    for (source, destination, at), outcome in zip(asked, outcomes, strict=True):
        told = world.explain(Flow(source, destination, at[1], at[0]))
        assert outcome.status == words[told.verdict], f"{source} -> {destination} {at}"


def _expected(source: Endpoint, destination: Endpoint, at: tuple[str, int]) -> Expectation:
    protocol, port = at
    to = {"side": str(destination), "ports": [f"{port}/{protocol}"]}
    return Expectation.model_validate({"name": "x", "from": str(source), "to": to, "expect": "allowed"})


@settings(max_examples=23, deadline=None, phases=PHASES)
@given(st.one_of(drawn_parts(), drawn_parts(), tiered_parts()))
def test_an_exposure_says_what_explanations_say(parts: tuple[list[Policy], Inventory]) -> None:
    policies, known = parts
    names = [str(one) for one in known.workloads if one.namespace == "a" and not one.host_network]
    found = Exposure(PolicyState(policies, known), names)
    openly = {(one.workload, one.direction) for one in found.open}
    wholes = {one.text: one.whole for one in found._sides}
    for direction in ("ingress", "egress"):
        told = {
            (name, side.text, at): line.standing.verdict
            for line in found.lines
            if line.direction == direction
            for name, end in product(line.workloads, line.others)
            for side in end.sides
            for at in PLACES
            if at in line.ports
        }
        for workload, other, at in product(found.workloads, found._others, PLACES):
            if direction == "ingress" and other.new.kind == "fqdn":
                continue
            ends = (other.new, workload.new) if direction == "ingress" else (workload.new, other.new)
            explained = found._evaluation.explain(Flow(*ends, at[1], at[0]))
            if (workload.text, direction) in openly:
                own = getattr(explained, direction)
                assert own.verdict == "allowed", f"{ends} {at}"
                continue
            of_whole = told.get((workload.text, wholes[other.text], at), "denied")
            verdict = told.get((workload.text, other.text, at), of_whole)
            assert verdict == explained.verdict, f"{ends} {at}"
