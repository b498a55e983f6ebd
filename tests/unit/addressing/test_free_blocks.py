"""Free ranges beside taken ones."""

from __future__ import annotations

from ipaddress import IPv4Network

from hypothesis import given
from hypothesis import strategies as st

from cdk_eks_cilium.addressing.vpc_blocks import free_blocks


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
