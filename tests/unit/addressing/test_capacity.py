"""The address plan: what fits, what is tight, and what it says."""

from __future__ import annotations

import itertools
import sys
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdk_eks_cilium.addressing import (
    NodeAddressing,
    PlannedGroup,
    PodSubnet,
    Take,
    plan,
    pod_subnets,
)
from cdk_eks_cilium.addressing.node_take import worst
from cdk_eks_cilium.addressing.subnet_space import room, shares
from cdk_eks_cilium.problems import InputError

ZONES = ("eu-central-1a", "eu-central-1b", "eu-central-1c")
WORKERS = PlannedGroup(name="workers", instance_types=("m5.large",), min_size=2, max_size=6)


def subnets(length: int, zones: tuple[str, ...] = ZONES) -> list[PodSubnet]:
    return [PodSubnet(zone, f"100.{64 + at}.0.0/{length}") for at, zone in enumerate(zones)]


def test_a_full_node_takes_eight_prefixes_and_an_address_for_its_interface() -> None:
    (group,) = plan(subnets(20), [WORKERS]).groups
    assert (group.pods_per_node, group.take) == (110, Take(prefixes=8, singles=0, interfaces=1))
    assert group.take.addresses == 129
    assert group.idle == Take(prefixes=1, singles=0, interfaces=1)


def test_each_zone_is_planned_with_the_larger_share_of_the_nodes() -> None:
    found = plan(subnets(20), [replace(WORKERS, min_size=1, max_size=7)])
    assert [zone.nodes_maximum for zone in found.zones] == [3, 3, 3]
    assert [zone.nodes_minimum for zone in found.zones] == [1, 1, 1]
    assert found.nodes_maximum == 7
    assert found.take_maximum == Take(56, 0, 7)


def test_a_zone_says_what_is_taken_and_what_is_left() -> None:
    zone = plan(subnets(20), [WORKERS]).zones[0]
    (subnet,) = zone.subnets
    assert (subnet.maximum, subnet.minimum) == (Take(16, 0, 2), Take(8, 0, 1))
    assert subnet.room.blocks == 256 - 2
    assert subnet.free_blocks == 254 - 16 - 2
    assert subnet.free_addresses == 4096 - 5 - 2 * 129
    assert subnet.headroom_percent == 92
    assert (zone.nodes_that_fit, zone.pods_that_fit) == (28, 28 * 110)


@pytest.mark.parametrize(
    ("cidr", "blocks"), [("100.64.0.0/28", 0), ("100.64.0.0/27", 0), ("100.64.0.0/24", 14)]
)
def test_the_first_and_the_last_28_of_a_subnet_hold_reserved_addresses_and_are_no_prefixes(
    cidr: str, blocks: int
) -> None:
    assert room(PodSubnet("a", cidr)).blocks == blocks


def test_an_interface_may_spoil_a_reserved_28_and_gets_no_reserved_address_for_certain() -> None:
    space = room(PodSubnet("a", "100.64.0.0/24", prefix_reservations=("100.64.0.128/25",)))
    # The last /28 of the reservation has the subnet's last address.
    assert (space.blocks, space.loose) == (7, 124)
    assert space.holds(Take(prefixes=5, interfaces=2))
    assert not space.holds(Take(prefixes=5, interfaces=3))
    assert space.prefixes_beside(Take(prefixes=1, interfaces=3)) == 4
    assert space.holds(Take(interfaces=124))
    assert not space.holds(Take(interfaces=125))


def test_addresses_taken_in_an_existing_subnet_may_spoil_a_28_each() -> None:
    assert room(PodSubnet("a", "100.64.0.0/24", taken=3)).blocks == 11


def test_a_plan_without_room_says_the_subnet_and_the_size_that_would_do() -> None:
    found = plan(subnets(24), [WORKERS])
    assert not found.fits
    assert [str(problem) for problem in found.problems] == [
        "network.pod_cidr: must hold 2 nodes at max_size in eu-central-1a, eu-central-1b and eu-central-1c: "
        "they need 18 /28 blocks of 100.64.0.0/24, of which their interfaces may spoil 2, and it has 14, "
        "got ['100.64.0.0/24', '100.65.0.0/24', '100.66.0.0/24']; "
        "take a /23 instead of /24 for each of these zones, or max_size 3 instead of 6 for 'workers'"
    ]
    assert plan(subnets(23), [WORKERS]).fits
    assert plan(subnets(24), [replace(WORKERS, max_size=3)]).fits
    assert not plan(subnets(24), [replace(WORKERS, max_size=4)]).fits


def test_a_plan_beyond_the_largest_subnets_says_how_many_more_to_add() -> None:
    huge = replace(WORKERS, max_size=2000)
    (problem,) = plan(subnets(16), [huge]).problems
    assert problem.fix == (
        "add 1 further /16 for each of these zones, in pod CIDRs of their own, "
        "or max_size 1362 instead of 2000 for 'workers'"
    )
    assert plan(
        subnets(16) + [PodSubnet(z, f"100.{80 + i}.0.0/16") for i, z in enumerate(ZONES)], [huge]
    ).fits


def test_a_plan_without_room_for_an_update_is_warned_about() -> None:
    found = plan(subnets(23), [WORKERS])
    assert found.fits
    assert [str(advice) for advice in found.advice] == [
        "network.pod_cidr: should hold 2 nodes more than at max_size in eu-central-1a, eu-central-1b and "
        "eu-central-1c while EKS updates the groups: they need 36 /28 blocks of 100.64.0.0/23, of which "
        "their interfaces may spoil 4, and it has 30, "
        "got ['100.64.0.0/23', '100.65.0.0/23', '100.66.0.0/23']; "
        "take a /22 instead of /23 for each of these zones, or max_size 3 instead of 6 for 'workers'"
    ]


def test_a_tight_plan_is_warned_about_with_what_stays_free() -> None:
    tight = replace(WORKERS, max_size=72)
    (advice,) = plan(subnets(20), [tight]).advice
    assert advice.rule == (
        "should keep 20 % free at max_size in eu-central-1a, eu-central-1b and eu-central-1c, and keeps 14 %"
    )


def test_the_plan_of_the_default_settings_is_neither_full_nor_tight() -> None:
    found = plan(pod_subnets(["100.64.0.0/16"], ZONES), [WORKERS])
    assert (found.problems, found.advice) == ((), ())


def test_an_update_adds_two_nodes_of_each_group_to_each_zone() -> None:
    found = plan(subnets(20), [WORKERS, replace(WORKERS, name="others", max_size=31)])
    assert [zone.nodes_surge - zone.nodes_maximum for zone in found.zones] == [4, 4, 4]


def test_fewer_planned_pods_take_fewer_prefixes_and_never_more_than_max_pods() -> None:
    few = plan(subnets(20), [replace(WORKERS, pods_per_node=20)]).groups[0]
    many = plan(subnets(20), [replace(WORKERS, pods_per_node=500)]).groups[0]
    assert (few.take.prefixes, many.pods_per_node) == (3, 110)


def test_single_addresses_need_no_whole_28() -> None:
    one_by_one = NodeAddressing(prefix_delegation=False)
    found = plan(subnets(26), [replace(WORKERS, max_size=3)], addressing=one_by_one)
    assert found.groups[0].take == Take(prefixes=0, singles=18, interfaces=2)
    assert (found.fits, found.zones[0].nodes_that_fit) == (True, 2)


def test_interfaces_go_to_the_subnet_with_the_most_free() -> None:
    assert shares([100, 60], cost=10, count=6) == [5, 1]
    assert shares([100, 100], cost=10, count=4) == [2, 2]
    # Where both are equal either may be chosen.
    assert shares([100, 100], cost=10, count=3) == [2, 2]


def test_a_small_second_subnet_does_not_help_if_all_idle_nodes_go_to_the_large_one() -> None:
    pair = [PodSubnet("a", "100.64.0.0/21"), PodSubnet("a", "100.65.0.0/22")]
    group = replace(WORKERS, max_size=18)
    found = plan(pair, [group])
    assert not found.fits
    assert sum(subnet.room.blocks for subnet in found.subnets) > found.take_maximum.prefixes + 18
    assert found.problems[0].rule.startswith("must hold 18 nodes at max_size in a: they need 162 /28 blocks")


def test_everything_wrong_with_the_input_is_reported_at_once() -> None:
    group = PlannedGroup(name="bad", instance_types=("m5.larg",), min_size=3, max_size=2, pods_per_node=0)
    with pytest.raises(InputError) as caught:
        plan([PodSubnet("a", "100.64.0.0/15")], [group], addressing=NodeAddressing(pre_allocate=0))
    assert [problem.where for problem in caught.value.problems] == [
        "cilium.pre_allocate",
        "network.pod_cidr",
        "node_groups.instance_types",
        "node_groups.min_size",
        "node_groups.pods_per_node",
    ]


@pytest.mark.parametrize(
    ("pair", "rule"),
    [
        (
            [PodSubnet("a", "100.64.0.0/20"), PodSubnet("b", "100.64.8.0/24")],
            "must not overlap 100.64.0.0/20",
        ),
        ([PodSubnet("a", "100.64.0.0/20", ("100.65.0.0/24",))], "must reserve a part of 100.64.0.0/20"),
        (
            [PodSubnet("a", "100.64.0.0/20", ("100.64.0.0/24", "100.64.0.0/25"))],
            "must not overlap 100.64.0.0/24, another reservation",
        ),
        ([], "must have at least one pod subnet"),
    ],
)
def test_invalid_subnets_are_refused(pair: list[PodSubnet], rule: str) -> None:
    with pytest.raises(InputError, match=rule):
        plan(pair, [WORKERS])


GROUPS = st.lists(
    st.builds(
        PlannedGroup,
        name=st.just("group"),
        instance_types=st.lists(
            st.sampled_from(["m5.large", "t3.medium", "t3.micro", "c5.4xlarge", "m6i.16xlarge"]),
            min_size=1,
            max_size=2,
        ).map(tuple),
        min_size=st.just(0),
        max_size=st.integers(1, 400),
        pods_per_node=st.none() | st.integers(1, 250),
    ),
    min_size=1,
    max_size=3,
)


@given(GROUPS, st.integers(16, 26), st.integers(1, 2), st.booleans())
def test_more_nodes_or_pods_never_take_less(
    groups: list[PlannedGroup], length: int, blocks: int, more_pods: bool
) -> None:
    places = [
        PodSubnet(zone, f"{100 + block}.{at}.0.0/{length + block}")
        for block in range(blocks)
        for at, zone in enumerate(ZONES)
    ]
    before = plan(places, groups)
    first = groups[0]
    grown = (
        replace(first, pods_per_node=before.groups[0].pods_per_node + 1)
        if more_pods
        else replace(first, max_size=first.max_size + 1)
    )
    after = plan(places, [grown, *groups[1:]])
    for one, other in zip(before.subnets, after.subnets, strict=True):
        assert worst([other.maximum, one.maximum]) == other.maximum
        assert worst([other.surge, one.surge]) == other.surge
        assert other.headroom_percent <= one.headroom_percent
    assert before.fits or not after.fits


@given(GROUPS, st.integers(16, 26))
def test_a_surge_takes_no_less_than_the_maximum_and_that_no_less_than_the_minimum(
    groups: list[PlannedGroup], length: int
) -> None:
    for subnet in plan(subnets(length), groups).subnets:
        assert worst([subnet.surge, subnet.maximum]) == subnet.surge
        assert worst([subnet.maximum, subnet.minimum]) == subnet.maximum


@settings(deadline=None)
@given(
    st.integers(18, 26),
    st.integers(1, 3),
    st.sampled_from(["m5.large", "t3.medium"]),
    st.none() | st.integers(5, 100),
)
def test_as_many_nodes_fit_as_a_zone_says_and_not_one_more(
    length: int, zones: int, name: str, pods: int | None
) -> None:
    places = subnets(length, ZONES[:zones])
    group = replace(WORKERS, instance_types=(name,), min_size=0, max_size=1, pods_per_node=pods)
    zone = plan(places, [group]).zones[0]
    most = zones * zone.nodes_that_fit
    assert most == 0 or plan(places, [replace(group, max_size=most)]).fits
    assert not plan(places, [replace(group, max_size=most + 1)]).fits
    assert zone.pods_that_fit == zone.nodes_that_fit * plan(places, [group]).groups[0].pods_per_node


def test_the_usual_range_holds_hundreds_of_nodes_and_a_second_one_as_many_again() -> None:
    for ranges in (["100.64.0.0/16"], ["100.64.0.0/16", "100.65.0.0/16"]):
        zones = plan(pod_subnets(ranges, ZONES), [WORKERS]).zones
        assert [(zone.nodes_that_fit, zone.pods_that_fit) for zone in zones] == [
            (113 * len(ranges), 12_430 * len(ranges))
        ] * 3


def test_five_thousand_nodes_in_six_zones_are_planned_well_under_a_second() -> None:
    zones = tuple(f"us-east-1{letter}" for letter in "abcdef")
    places = subnets(16, zones) + [PodSubnet(zone, f"101.{at}.0.0/16") for at, zone in enumerate(zones)]
    groups = [
        replace(WORKERS, name=f"workers-{at}", instance_types=("m5.large", "m6i.xlarge"), max_size=417)
        for at in range(12)
    ]
    calls = itertools.count()
    before = sys.getprofile()
    sys.setprofile(lambda *_: next(calls) and None)
    try:
        found = plan(places, groups)
    finally:
        sys.setprofile(before)
    assert found.nodes_maximum > 5000
    # Some 200 000 calls and returns are 30 ms on an idle machine.
    assert next(calls) < 1_000_000
