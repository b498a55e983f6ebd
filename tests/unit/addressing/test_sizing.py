"""Which ranges node groups need."""

from __future__ import annotations

from ipaddress import IPv4Network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdk_eks_cilium.addressing import PlannedGroup, PodSubnet, plan, propose
from cdk_eks_cilium.problems import InputError

ZONES = ["a", "b", "c"]


def workers(size: int, name: str = "m5.large") -> PlannedGroup:
    return PlannedGroup(name="workers", instance_types=(name,), min_size=0, max_size=size)


def test_a_small_group_needs_a_small_range() -> None:
    found = propose([workers(6)], ZONES)
    assert found.cidrs == ("100.64.0.0/20",)
    assert [subnet.cidr for subnet in found.subnets] == ["100.64.0.0/22", "100.64.4.0/22", "100.64.8.0/22"]


def test_a_proposal_does_not_overlap_taken_ranges() -> None:
    assert propose([workers(6)], ZONES, taken=["100.64.0.0/16"]).cidrs == ("100.65.0.0/20",)


def test_without_room_for_an_update_a_smaller_range_suffices() -> None:
    assert propose([workers(6)], ZONES, roomy=False).cidrs == ("100.64.0.0/21",)


def test_five_thousand_nodes_get_as_many_ranges_of_the_largest_size_as_they_need() -> None:
    zones = list("abcdef")
    found = propose([workers(5000)], zones)
    assert len(found.cidrs) == 18
    assert {IPv4Network(cidr).prefixlen for cidr in found.cidrs} == {16}
    assert (found.plan.problems, found.plan.advice) == ((), ())
    fewer = [subnet for subnet in found.subnets if subnet.cidr not in found.cidrs[-6:]]
    assert plan(fewer, [workers(5000)]).advice


def test_more_nodes_than_a_vpc_holds_are_refused() -> None:
    with pytest.raises(InputError, match="must have room for 90000 nodes in 3 zones"):
        propose([workers(90_000)], ZONES)


@settings(deadline=None)
@given(
    st.lists(
        st.builds(workers, st.integers(1, 450), st.sampled_from(["m5.large", "t3.medium", "m6i.16xlarge"])),
        min_size=1,
        max_size=3,
    ),
    st.integers(1, 6),
    st.booleans(),
)
def test_what_is_proposed_fits_and_one_size_smaller_does_not(
    groups: list[PlannedGroup], count: int, roomy: bool
) -> None:
    zones = list("abcdef")[:count]
    found = propose(groups, zones, roomy=roomy)
    again = plan(found.subnets, groups)
    assert again.fits
    assert not (roomy and again.advice)
    networks = [IPv4Network(subnet.cidr) for subnet in found.subnets]
    assert all(any(each.subnet_of(IPv4Network(cidr)) for cidr in found.cidrs) for each in networks)
    if len(found.cidrs) == 1 and max(network.prefixlen for network in networks) < 28:
        halved = [
            PodSubnet(subnet.zone, str(next(IPv4Network(subnet.cidr).subnets()))) for subnet in found.subnets
        ]
        smaller = plan(halved, groups)
        assert smaller.problems or (roomy and smaller.advice)
