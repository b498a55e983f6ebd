"""What holds for the difference of any two small sets of policies."""

from __future__ import annotations

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from cdk_eks_cilium.policy.model import Policy
from cdk_eks_cilium.policy_analysis.difference import (
    MIRRORED,
    ChangeLine,
    ComparedSide,
    PairChange,
    PolicyDifference,
    PolicyState,
    grouped,
)
from cdk_eks_cilium.policy_analysis.evaluation import Evaluation, Explanation, Flow
from cdk_eks_cilium.policy_analysis.workloads import Inventory
from cdk_eks_cilium.versions.cilium import CiliumVersion
from tests.unit.policy_analysis.evaluation.tier_worlds import tiered_parts
from tests.unit.policy_analysis.evaluation.worlds import drawn_parts

PLACES = (("TCP", 80), ("TCP", 79), ("TCP", 8080), ("UDP", 53), ("UDP", 7), ("ICMP", 8))
Parts = tuple[list[Policy], Inventory]


def states() -> st.SearchStrategy[PolicyState]:
    return st.builds(
        lambda parts, version, mode: PolicyState(parts[0], parts[1], version, mode),
        st.one_of(st.sampled_from(["Pod", "Deployment"]).flatmap(drawn_parts), tiered_parts()),
        st.sampled_from([None, CiliumVersion.V1_18, CiliumVersion.V1_15]),
        st.sampled_from(["default", "default", "always", "never"]),
    )


def pairs_of_states() -> st.SearchStrategy[tuple[PolicyState, PolicyState]]:
    """Two states that share their pods; often also release, mode and some policies."""

    def with_some(state: PolicyState, other: PolicyState, keep: int, same: bool) -> PolicyState:
        policies = [*state.policies[:keep], *other.policies[keep:]]
        if same:
            return PolicyState(policies, state.inventory, state.version, state.enforcement)
        return PolicyState(policies, state.inventory, other.version, other.enforcement)

    return st.tuples(states(), states(), st.integers(0, 4), st.booleans()).map(
        lambda drawn: (drawn[0], with_some(*drawn))
    )


@settings(max_examples=12, deadline=None)
@given(states())
def test_nothing_changes_from_a_state_to_itself(state: PolicyState) -> None:
    assert PolicyDifference(state, state).changes == ()


@settings(max_examples=12, deadline=None)
@given(pairs_of_states())
def test_the_way_back_is_the_mirror_of_the_way_there(drawn: tuple[PolicyState, PolicyState]) -> None:
    there, back = PolicyDifference(*drawn), PolicyDifference(*reversed(drawn))
    assert {_mirrored(one) for one in there.changes} == {_as_key(one) for one in back.changes}


def _as_key(change: PairChange) -> tuple[object, ...]:
    ends = (change.source.text, change.destination.text, change.ports)
    return (*ends, change.kind, change.before, change.after)


def _mirrored(change: PairChange) -> tuple[object, ...]:
    ends = (change.source.text, change.destination.text, change.ports)
    return (*ends, MIRRORED[change.kind], change.after, change.before)


def asked(difference: PolicyDifference, source: ComparedSide, destination: ComparedSide) -> bool:
    """Whether policies say something about a pair, whether or not something changed for it."""
    if source.text == destination.text:
        return source.old.workload is not None and source.old.workload.kind != "Pod"
    return source.old.kind != "fqdn" and (source.is_pod or destination.is_pod)


@settings(max_examples=15, deadline=None)
@given(pairs_of_states())
def test_it_has_what_explanations_differ_in_and_nothing_else(
    drawn: tuple[PolicyState, PolicyState],
) -> None:
    difference = PolicyDifference(*drawn)
    old, new = (_evaluation(state, difference) for state in drawn)
    changed: dict[tuple[str, str], list[PairChange]] = {}
    for change in difference.changes:
        changed.setdefault((change.source.text, change.destination.text), []).append(change)
    for source, destination in product(difference.sides, difference.sides):
        if not asked(difference, source, destination):
            continue
        for protocol, port in PLACES:
            before = old.explain(Flow(source.old, destination.old, port, protocol))
            after = new.explain(Flow(source.new, destination.new, port, protocol))
            told = [
                one
                for pair in product({source.text, source.whole}, {destination.text, destination.whole})
                for one in changed.get(pair, ())
                if (protocol, port) in one.ports
            ]
            own = [one for one in told if (one.source, one.destination) == (source, destination)]
            assert len(own) <= 1
            if _words(before) != _words(after):
                words = {(one.before.verdict, one.after.verdict) for one in told}
                assert (before.verdict, after.verdict) in words, f"{source} {destination} {protocol} {port}"
            elif own:
                raise AssertionError(f"{source.text} -> {destination.text} {protocol} {port} did not change")


def _evaluation(state: PolicyState, difference: PolicyDifference) -> Evaluation:
    namespaces = {**state.inventory.namespaces, **difference.stand_ins.namespaces}
    known = Inventory(state.inventory.workloads, namespaces)
    return Evaluation(state.policies, known, version=state.version, enforcement=state.enforcement)


def _words(found: Explanation) -> tuple[object, ...]:
    """What these small worlds tell apart: the verdict, and the limits on either side as sets of texts."""
    sides = {
        frozenset(text for limit in ruling.limits for text in limit.split(" or "))
        for ruling in found.verdicts
        if ruling.limits
    }
    return (found.verdict, frozenset(sides) if found.allowed else None)


@settings(max_examples=15, deadline=None)
@given(pairs_of_states())
def test_lines_speak_of_exactly_the_pairs_that_changed(drawn: tuple[PolicyState, PolicyState]) -> None:
    difference = PolicyDifference(*drawn)
    told = {
        (source.text, destination.text, *_answers(line))
        for line in grouped(difference)
        for source, destination in product(line.sources, line.destinations)
        if source.text != destination.text or asked(difference, source, destination)
    }
    changed = {(one.source.text, one.destination.text, *_answers(one)) for one in difference.changes}
    assert told == changed


@settings(max_examples=15, deadline=None)
@given(pairs_of_states())
def test_a_name_for_many_pods_stands_for_every_one_of_them(drawn: tuple[PolicyState, PolicyState]) -> None:
    difference = PolicyDifference(*drawn)
    pods = {one for one in difference.sides if one.is_pod and not one.combined}
    for line in grouped(difference):
        for ends, others in (
            (line.source_ends, line.destinations),
            (line.destination_ends, line.sources),
        ):
            for end in ends:
                tenants = {one.tenant for one in (pods if end.whole == "cluster" else end.sides)}
                all_of = end.whole in ("namespace", "cluster")
                meant = {one for one in pods if one.tenant in tenants} if all_of else set(end.sides)
                missing = meant - set(end.sides)
                assert not missing or missing == set(others), end.text


def _answers(change: PairChange | ChangeLine) -> tuple[object, ...]:
    deciding = frozenset(place for place in change.after.rules if place.is_item)
    return (change.ports, change.kind, change.before.meaning, change.after.meaning, deciding)
