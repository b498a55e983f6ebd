"""Groups of sides that policies cannot tell apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence

from .relation import Pair, Relation, Statement

_Ends = frozenset[tuple[Statement, int]]


def classes(relation: Relation, kinds: Sequence[Hashable]) -> list[tuple[int, ...]]:
    """Group the sides, by their indexes, so that swapping members of a group changes nothing.

    The members of a group have their kind, one of *kinds* for each side, in common.
    """
    out: list[set[tuple[Statement, int]]] = [set() for _ in kinds]
    into: list[set[tuple[Statement, int]]] = [set() for _ in kinds]
    for statement, pairs in relation.items():
        for source, destination in pairs:
            out[source].add((statement, destination))
            into[destination].add((statement, source))
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


def _outline(ends: set[tuple[Statement, int]]) -> frozenset[tuple[Statement, int]]:
    return frozenset(Counter(statement for statement, _ in ends).items())


def _alike(one: int, other: int, ends: list[set[tuple[Statement, int]]]) -> bool:
    swapped = {one: other, other: one}
    return ends[one] == {(statement, swapped.get(side, side)) for statement, side in ends[other]}


def holding(members: Sequence[tuple[int, ...]], pairs: set[Pair]) -> set[Pair]:
    """The pairs of groups with at least one of some pairs of members."""
    place = {side: number for number, group in enumerate(members) for side in group}
    return {(place[source], place[destination]) for source, destination in pairs}
