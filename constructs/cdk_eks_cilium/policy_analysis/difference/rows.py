"""What each side reaches, as sets of bits, so that two matrices are compared without a look at each pair."""

from __future__ import annotations

from collections.abc import Sequence

from cdk_eks_cilium.policy_analysis.evaluation import Endpoint, Matrix
from cdk_eks_cilium.policy_analysis.evaluation.reach import Passage

Row = list[tuple[int, Passage]]
"""The sides that one side reaches, one bit for each by its place, with what passes there."""


def rows(matrix: Matrix, sides: Sequence[Endpoint]) -> list[Row]:
    """The row of each side of a matrix, in the order of *sides*; a bit is a place among them."""
    places: dict[Endpoint, list[int]] = {}
    for place, side in enumerate(sides):
        places.setdefault(side, []).append(place)
    found: list[Row] = [[] for _ in sides]
    for group in matrix.groups():
        reached = sum(1 << place for side in group.destinations for place in places[side])
        for side in group.sources:
            for place in places[side]:
                found[place].append((reached, group.passage))
    return found


def differing(old: Row, new: Row, *, by_text: bool) -> int:
    """The sides where two rows differ, one bit each.

    Limits with the same text may differ all the same, unless *by_text*: then they count as equal.
    """
    found = _reached(old) ^ _reached(new)
    for sides, before in old:
        for others, after in new:
            common = sides & others & ~found
            if common and not _is_equal(before, after, by_text):
                found |= common
    return found


def _reached(row: Row) -> int:
    whole = 0
    for sides, _ in row:
        whole |= sides
    return whole


def _is_equal(one: Passage, other: Passage, by_text: bool) -> bool:
    if one.limits and not by_text:
        return False
    return (one.ports, one.limited, one.unknown, one.limits) == (
        other.ports,
        other.limited,
        other.unknown,
        other.limits,
    )
