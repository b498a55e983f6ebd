"""The order in which Cilium and Kubernetes go up."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from cdk_eks_cilium.upgrade_plan.route import Stop, route
from cdk_eks_cilium.values.upgrade import path
from cdk_eks_cilium.versions.cilium import CiliumVersion, minors
from cdk_eks_cilium.versions.kubernetes import minor_of

CILIUMS = st.sampled_from(minors()).flatmap(
    lambda minor: st.sampled_from([CiliumVersion.newest_of(minor), CiliumVersion.of(f"{minor}.0")])
)


@st.composite
def ways(draw: st.DrawFn) -> tuple[Stop, Stop]:
    low, high = sorted((draw(CILIUMS), draw(CILIUMS)))
    first, last = sorted((draw(st.integers(24, 37)), draw(st.integers(24, 37))))
    return Stop(low, f"1.{first}"), Stop(high, f"1.{last}")


def cheapest(stop: Stop, goal: Stop) -> int:
    """The cost of the best order, by trying all of them."""
    if stop == goal:
        return stop.cost
    after = []
    if stop.cilium != goal.cilium:
        after.append(Stop(path(stop.cilium, goal.cilium)[0][1], stop.kubernetes))
    if stop.kubernetes != goal.kubernetes:
        after.append(Stop(stop.cilium, f"1.{minor_of(stop.kubernetes) + 1}"))
    return stop.cost + min(cheapest(each, goal) for each in after)


@given(ways())
def test_each_step_changes_one_of_the_two_by_one_minor_at_most(ends: tuple[Stop, Stop]) -> None:
    start, goal = ends
    found = route(start, goal)
    assert (found[0], found[-1]) == (start, goal)
    order = minors()
    for before, after in pairwise(found):
        rise = order.index(after.cilium.minor) - order.index(before.cilium.minor)
        up = minor_of(after.kubernetes) - minor_of(before.kubernetes)
        assert (before.cilium != after.cilium, up) in ((True, 0), (False, 1))
        assert rise in (0, 1)


@given(ways())
def test_no_other_order_keeps_closer_to_what_cilium_tests(ends: tuple[Stop, Stop]) -> None:
    start, goal = ends
    if len(path(start.cilium, goal.cilium)) + minor_of(goal.kubernetes) - minor_of(start.kubernetes) > 12:
        return  # trying all orders would take too long
    assert sum(stop.cost for stop in route(start, goal)) == cheapest(start, goal)


def told(start: tuple[str, str], goal: tuple[str, str]) -> list[str]:
    first, last = (Stop(CiliumVersion.of(cilium), minor) for cilium, minor in (start, goal))
    return [f"{stop.cilium} {stop.kubernetes}" for stop in route(first, last)]


def test_cilium_goes_first_where_both_orders_are_tested() -> None:
    assert told(("1.18.12", "1.33"), ("1.20.0", "1.34")) == [
        "1.18.12 1.33",
        "1.19.6 1.33",
        "1.20.0 1.33",
        "1.20.0 1.34",
    ]


def test_kubernetes_goes_first_where_the_next_cilium_no_longer_tests_the_old_one() -> None:
    assert told(("1.19.6", "1.31"), ("1.20.0", "1.32")) == ["1.19.6 1.31", "1.19.6 1.32", "1.20.0 1.32"]


def test_the_newest_patch_comes_before_the_next_minor() -> None:
    assert told(("1.18.4", "1.33"), ("1.19.6", "1.33")) == ["1.18.4 1.33", "1.18.12 1.33", "1.19.6 1.33"]


def test_what_runs_already_needs_no_step() -> None:
    assert told(("1.19.6", "1.35"), ("1.19.6", "1.35")) == ["1.19.6 1.35"]
