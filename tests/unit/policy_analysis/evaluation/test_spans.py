from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from cdk_eks_cilium.policy_analysis.evaluation import PortSet

PARTS = st.lists(
    st.tuples(st.sampled_from(["TCP", "UDP"]), st.integers(0, 30), st.integers(0, 30)).map(
        lambda part: (part[0], min(part[1:]), max(part[1:]))
    ),
    max_size=6,
)


def members(parts: list[tuple[str, int, int]]) -> set[tuple[str, int]]:
    return {(protocol, port) for protocol, first, last in parts for port in range(first, last + 1)}


def listed(ports: PortSet) -> set[tuple[str, int]]:
    return members(list(ports.parts()))


@given(PARTS, PARTS)
def test_sets_of_ports_behave_as_sets(
    one: list[tuple[str, int, int]], other: list[tuple[str, int, int]]
) -> None:
    a, b = PortSet.of(one), PortSet.of(other)
    assert listed(a) == members(one)
    assert listed(a | b) == members(one) | members(other)
    assert listed(a & b) == members(one) & members(other)
    assert listed(a - b) == members(one) - members(other)
    assert bool(a) == bool(one)


@given(PARTS)
def test_spans_neither_overlap_nor_touch(parts: list[tuple[str, int, int]]) -> None:
    for spans in PortSet.of(parts).spans.values():
        assert all(one[1] + 1 < other[0] for one, other in pairwise(spans))


@given(PARTS)
def test_everything_is_neutral_and_absorbs(parts: list[tuple[str, int, int]]) -> None:
    some, everything = PortSet.of(parts), PortSet.everything()
    assert some & everything == some
    assert everything & some == some
    assert (everything - some) | some == everything
    assert not some - everything


def test_a_set_of_ports_is_written_short() -> None:
    parts = [("UDP", 53, 53), ("TCP", 80, 80), ("TCP", 8000, 8010), ("ICMP", 0, 255)]
    assert str(PortSet.of(parts)) == "TCP 80+8000-8010, UDP 53, all ICMP"
    assert str(PortSet.of([("TCP", 443, 443), ("UDP", 443, 443), ("SCTP", 443, 443)])) == "TCP/UDP/SCTP 443"
    assert str(PortSet.of([("TCP", 0, 255)])) == "TCP 0-255"
    assert str(PortSet.everything()) == "all ports"
