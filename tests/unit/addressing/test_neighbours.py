"""Ranges of peers and of on-premises networks."""

from __future__ import annotations

from ipaddress import IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdk_eks_cilium.addressing import secondary_cidr_problems
from cdk_eks_cilium.addressing.vpc_blocks import free_blocks


def rules(*, peers: tuple[str, ...] = (), on_premises: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    found = secondary_cidr_problems(
        "network.pod_cidr",
        primary="10.0.0.0/16",
        secondary="100.64.0.0/16",
        peers=peers,
        on_premises=on_premises,
    )
    return [(problem.rule, problem.fix) for problem in found]


@pytest.mark.parametrize(
    ("key", "name"), [("peers", "a range of a peered VPC"), ("on_premises", "an on-premises range")]
)
def test_a_pod_range_of_a_neighbour_is_refused_with_a_free_range(key: str, name: str) -> None:
    assert rules(**{key: ("100.64.9.0/24", "100.65.0.0/16", "10.9.0.0/16")}) == [
        (
            f"must not overlap 100.64.9.0/24, {name}",
            "take '100.66.0.0/16' or another free range of 100.64.0.0/10",
        )
    ]


def test_a_range_inside_a_larger_one_on_premises_is_hidden_from_it_and_refused() -> None:
    ((rule, fix),) = rules(on_premises=("100.64.0.0/10",))
    assert rule == "must not overlap 100.64.0.0/10, an on-premises range"
    assert fix == "choose a free range"


def test_the_fifty_first_range_of_a_vpc_is_beyond_any_quota() -> None:
    (problem,) = secondary_cidr_problems(
        "network.pod_cidr",
        primary="10.0.0.0/16",
        secondary="100.64.0.0/16",
        associated=[f"10.{at}.0.0/16" for at in range(1, 50)],
        quota=50,
    )
    assert problem.fix == "remove a range, AWS raises the quota to 50 at most"


@given(st.integers(12, 20), st.integers(1, 6), st.lists(st.integers(0, 255), max_size=4))
def test_free_blocks_are_apart_in_their_space_and_clear_of_what_is_taken(
    length: int, count: int, taken: list[int]
) -> None:
    obstacles = [f"100.{at}.0.0/16" for at in taken]
    found = free_blocks("100.64.0.0/10", length, count, obstacles)
    if found is None:
        assert count + len(taken) > 2 ** (length - 10)
        return
    blocks = [IPv4Network(cidr) for cidr in found]
    assert [block.prefixlen for block in blocks] == [length] * count
    assert all(block.subnet_of(IPv4Network("100.64.0.0/10")) for block in blocks)
    assert len({str(block) for block in blocks}) == count
    assert not any(block.overlaps(IPv4Network(cidr)) for block in blocks for cidr in obstacles)
