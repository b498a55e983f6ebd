"""How ranges are cut."""

from __future__ import annotations

from ipaddress import IPv4Network
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdk_eks_cilium.addressing import (
    PodSubnet,
    pod_subnet_cidrs,
    pod_subnets,
    split,
)
from cdk_eks_cilium.problems import InputError
from tests.refusals import worded


@pytest.mark.parametrize(
    ("count", "subnets"),
    [
        (1, ["100.64.0.0/16"]),
        (2, ["100.64.0.0/17", "100.64.128.0/17"]),
        (3, ["100.64.0.0/18", "100.64.64.0/18", "100.64.128.0/18"]),
        (4, ["100.64.0.0/18", "100.64.64.0/18", "100.64.128.0/18", "100.64.192.0/18"]),
    ],
)
def test_a_range_is_cut_into_powers_of_two_lowest_first(count: int, subnets: list[str]) -> None:
    assert split("100.64.0.0/16", count) == subnets


@given(st.integers(16, 24), st.integers(1, 16))
def test_subnets_are_equal_and_inside_and_do_not_overlap(length: int, count: int) -> None:
    whole = IPv4Network(f"100.64.0.0/{length}")
    subnets = [IPv4Network(subnet) for subnet in split(str(whole), count)]
    assert len(subnets) == count
    assert len({subnet.prefixlen for subnet in subnets}) == 1
    assert all(subnet.subnet_of(whole) for subnet in subnets)
    assert all(one.broadcast_address < other.network_address for one, other in pairwise(subnets))
    assert 2 * count * subnets[0].num_addresses > whole.num_addresses


def test_the_smallest_subnet_is_a_28() -> None:
    assert split("100.64.0.0/26", 3)[-1] == "100.64.0.32/28"


def test_a_range_too_small_for_its_subnets_is_refused_with_the_size_that_does() -> None:
    with pytest.raises(InputError) as caught:
        split("100.64.0.0/27", 3)
    assert worded(caught.value) == (
        "1 problem\n  network.pod_cidr: must have room for 3 subnets of /28 or larger, got '100.64.0.0/27'; "
        "choose /26 or larger"
    )


def test_more_subnets_than_any_range_holds_are_refused_without_an_impossible_fix() -> None:
    with pytest.raises(
        InputError, match=r"room for 5000 subnets of /28 or larger.*; plan fewer subnets( |$)"
    ):
        split("100.64.0.0/16", 5000)


def test_a_malformed_range_is_refused_by_the_key_of_the_caller() -> None:
    with pytest.raises(InputError, match=r"pods\.cidr: must be written as its first address"):
        split("100.64.0.1/16", 3, where="pods.cidr")


@pytest.mark.parametrize("count", [0, -1])
def test_fewer_than_one_subnet_is_refused(count: int) -> None:
    with pytest.raises(InputError, match=f"must be cut into at least one subnet, got {count}"):
        split("100.64.0.0/16", count)


def test_zones_get_their_subnets_in_the_order_they_are_named() -> None:
    assert pod_subnet_cidrs("100.64.0.0/16", ["eu-central-1b", "eu-central-1a"]) == {
        "eu-central-1b": "100.64.0.0/17",
        "eu-central-1a": "100.64.128.0/17",
    }


def test_a_fourth_zone_leaves_the_subnets_of_three_alone() -> None:
    three = pod_subnet_cidrs("100.64.0.0/16", ["a", "b", "c"])
    assert pod_subnet_cidrs("100.64.0.0/16", ["a", "b", "c", "d"]) == {**three, "d": "100.64.192.0/18"}


def test_a_zone_named_twice_is_refused() -> None:
    with pytest.raises(InputError, match=r"over different availability zones, got 'a'; name it once"):
        pod_subnet_cidrs("100.64.0.0/16", ["a", "b", "a"])


def test_an_empty_list_of_zones_is_refused() -> None:
    with pytest.raises(InputError, match=r"network\.pod_cidr: must be split over at least one"):
        pod_subnet_cidrs("100.64.0.0/16", [])


LENGTHS = st.dictionaries(st.sampled_from("abcdef"), st.integers(18, 28), min_size=1)


def test_each_of_several_ranges_is_shared_out_and_a_further_one_changes_nothing() -> None:
    one = pod_subnets(["100.64.0.0/16"], ["a", "b"])
    assert one == (PodSubnet("a", "100.64.0.0/17"), PodSubnet("b", "100.64.128.0/17"))
    assert pod_subnets(["100.64.0.0/16", "100.65.0.0/24"], ["a", "b"]) == (
        *one,
        PodSubnet("a", "100.65.0.0/25"),
        PodSubnet("b", "100.65.0.128/25"),
    )


def test_ranges_that_overlap_are_not_shared_out() -> None:
    with pytest.raises(
        InputError, match=r"must not overlap 100\.64\.0\.0/16, another pod range, got '100\.64\.8"
    ):
        pod_subnets(["100.64.0.0/16", "100.64.8.0/24"], ["a"])
    with pytest.raises(InputError, match="must name at least one range"):
        pod_subnets([], ["a"])
