"""Groups of sides that policies cannot tell apart."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from functools import cached_property

from cdk_eks_cilium.policy_analysis.evaluation.index import bits, members

from .relation import Relation, Rows

_Ends = dict[int, int]
"""The sides at the other end, for each statement by its number."""


class GroupedSides:
    """Groups of sides, of which each side is in one.

    Attributes:
        groups: The sides of each group, by their indexes.
    """

    def __init__(self, groups: Sequence[tuple[int, ...]]) -> None:
        self.groups = groups
        self._made: dict[int, int] = {}

    def touched(self, sides: int) -> int:
        """The groups with at least one of some sides."""
        found = self._made.get(sides)
        if found is None:
            found = self._made[sides] = bits({self._place[side] for side in members(sides)})
        return found

    def holding(self, rows: Rows) -> Rows:
        """The pairs of groups with at least one of some pairs of sides."""
        found: Rows = {}
        for source, destinations in rows.items():
            place = self._place[source]
            found[place] = found.get(place, 0) | self.touched(destinations)
        return found

    @cached_property
    def _place(self) -> Mapping[int, int]:
        return {side: number for number, group in enumerate(self.groups) for side in group}


def classes(relation: Relation, kinds: Sequence[Hashable]) -> list[tuple[int, ...]]:
    """Group the sides, by their indexes, so that swapping members of a group changes nothing.

    The members of a group have their kind, one of *kinds* for each side, in common.
    """
    out: list[_Ends] = [{} for _ in kinds]
    into: list[_Ends] = [{} for _ in kinds]
    for number, rows in enumerate(relation.values()):
        for ends, there in ((out, rows), (into, turned(rows))):
            for side, others in there.items():
                ends[side][number] = others
    groups: dict[Hashable, list[list[int]]] = {}
    for side, kind in enumerate(kinds):
        # Counting what a side reaches, without the places, decides most cases.
        likes = groups.setdefault((kind, _outline(out[side]), _outline(into[side])), [])
        for group in likes:
            if _alike(group[0], side, out) and _alike(group[0], side, into):
                group.append(side)
                break
        else:
            likes.append([side])
    return sorted(tuple(group) for likes in groups.values() for group in likes)


def turned(rows: Rows) -> Rows:
    """For each destination its sources."""
    # Many sources have the same destinations.
    sources: dict[int, list[int]] = {}
    for source, destinations in rows.items():
        sources.setdefault(destinations, []).append(source)
    found: Rows = {}
    for destinations, some in sources.items():
        begin = bits(some)
        for destination in members(destinations):
            found[destination] = found.get(destination, 0) | begin
    return found


def _outline(ends: _Ends) -> Iterable[tuple[int, int]]:
    return frozenset((statement, sides.bit_count()) for statement, sides in ends.items())


def _alike(one: int, other: int, ends: Sequence[_Ends]) -> bool:
    """Whether two sides with the same outline have the same ends, once the two are swapped."""
    return all(ends[one][number] == _swapped(sides, one, other) for number, sides in ends[other].items())


def _swapped(sides: int, one: int, other: int) -> int:
    if (sides >> one ^ sides >> other) & 1:
        return sides ^ (1 << one | 1 << other)
    return sides
