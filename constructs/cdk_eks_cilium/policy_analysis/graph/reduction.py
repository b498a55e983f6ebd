"""As few arrows as possible for who reaches whom: between groups wherever all members agree."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from cdk_eks_cilium.policy_analysis.evaluation.index import bits, members

from .classes import GroupedSides, turned
from .relation import Relation, Rows, Sides
from .statements import Statement

Among = Literal["own", "others", "all"]


@dataclass(frozen=True)
class ClassGroup:
    """Where an arrow may begin or end.

    Attributes:
        classes: The classes in it.
        whole: Whether it stands for a namespace or the cluster, rather than for one class.
        part: Whether it stands for many classes of the cluster, but not for all.
    """

    classes: frozenset[int]
    whole: bool
    part: bool = False


@dataclass(frozen=True)
class Link:
    """A statement about two groups. A link from a class to itself is about its members among themselves.

    Attributes:
        source: The index of the group where it begins.
        destination: The index of the group where it ends.
        statement: What holds.
        among: For a class with itself: whether it holds for each with its own pods, with the others of the
            class, or with all of them; None for two groups.
    """

    source: int
    destination: int
    statement: Statement
    among: Among | None = None


MANY: Final = 6
"""The number of arrows from which one arrow of a part of the cluster replaces them."""

_MOST_PARTS: Final = 20


def parts_of(relation: Relation, grouped: GroupedSides, inside: Collection[int]) -> list[ClassGroup]:
    """Many classes that have an arrow in common, without being all of a namespace or the cluster.

    *inside* are the classes of pods of namespaces.
    """
    within = bits(inside)
    found: set[int] = set()
    for rows in relation.values():
        there = grouped.holding(rows)
        for ends in (there, turned(there)):
            found |= {others & within for others in ends.values()}
    counts = sorted((each.bit_count() for each in found), reverse=True)
    least = max(MANY, counts[_MOST_PARTS - 1] if len(counts) >= _MOST_PARTS else 0)
    large = [tuple(members(each)) for each in found if each.bit_count() >= least]
    largest = sorted(large, key=lambda one: (-len(one), one))[:_MOST_PARTS]
    return [ClassGroup(frozenset(each), True, True) for each in largest]


class Reduction:
    """Finds the links between classes of sides.

    Links may connect the groups, of which the largest come first; every class is a group, after all others.
    """

    def __init__(self, sides: Sides, grouped: GroupedSides, groups: Sequence[ClassGroup]) -> None:
        self._sides = sides
        self._grouped = grouped
        self._groups = groups
        self._classes = [tuple(sorted(group.classes)) for group in groups]
        self._masks = [bits(group.classes) for group in groups]
        self._wholes = [place for place, group in enumerate(groups) if group.whole]
        self._place = {one: place for place, (one, *_) in enumerate(self._classes) if not groups[place].whole}
        self._asked = {
            one: grouped.touched(sides.reachable(first)) & ~(1 << one) | self._among_itself(one)
            for one, (first, *_) in enumerate(grouped.groups)
        }

    def links(self, relation: Relation) -> Iterator[Link]:
        """The links that express exactly the relation."""
        for statement, rows in relation.items():
            yield from self._links(statement, rows)

    def _links(self, statement: Statement, rows: Rows) -> Iterator[Link]:
        there = self._grouped.holding(rows)
        alone = {one for one in there if there[one] >> one & 1 and not self._holds_within(one, rows)}
        for one in alone:
            there[one] ^= 1 << one
        left = dict(there)
        yield from (Link(start, end, statement) for start, end in self._of_wholes(there, left))
        for one, others in left.items():
            if others >> one & 1:
                alone.add(one)
            for other in members(others & ~(1 << one)):
                yield Link(self._place[one], self._place[other], statement)
        for one in sorted(alone):
            yield Link(self._place[one], self._place[one], statement, self._among(one, rows))

    def _of_wholes(self, there: Rows, left: Rows) -> Iterator[tuple[int, int]]:
        """Pairs of groups, one of them whole, that replace pairs of classes; takes these from *left*."""
        meant = {place: self._in_common(there, place) for place in self._wholes}
        starts = [place for place in self._wholes if meant[place]]
        singles = sorted(self._place[one] for one in left)
        meant |= {place: self._in_common(there, place) for place in singles}
        ends = sorted(self._place[one] for one in members(_union(left)))
        for end in (*self._wholes, *ends):
            wanted = self._masks[end]
            for start in (*starts, *singles) if self._groups[end].whole else starts:
                if wanted & ~meant[start]:
                    continue
                covered = sum((left.get(one, 0) & wanted).bit_count() for one in self._classes[start])
                # An arrow of a whole group must replace several.
                is_part = self._groups[start].part or self._groups[end].part
                if covered < (MANY if is_part else 2):
                    continue
                for one in self._classes[start]:
                    if one in left:
                        left[one] &= ~wanted
                yield start, end

    def _in_common(self, there: Rows, place: int) -> int:
        """The classes that each class of a group reaches, if it can begin flows to them."""
        found = (1 << len(self._grouped.groups)) - 1
        for one in self._classes[place]:
            found &= there.get(one, 0) | ~self._asked[one]
            if not found:
                break
        return found

    def _among_itself(self, one: int) -> int:
        """A class as a set, if its sides can begin flows to each other."""
        return (1 << one) if any(self._inner(one).values()) else 0

    def _inner(self, one: int) -> Rows:
        """The pairs within a class that count."""
        group = self._grouped.groups[one]
        within = bits(group)
        return {side: self._sides.reachable(side) & within for side in group}

    def _holds_within(self, one: int, rows: Rows) -> bool:
        return not any(asked & ~rows.get(side, 0) for side, asked in self._inner(one).items())

    def _among(self, one: int, rows: Rows) -> Among:
        asked = self._inner(one)
        found = {side: others & rows.get(side, 0) for side, others in asked.items()}
        if not any(others & ~(1 << side) for side, others in found.items()):
            return "own"
        return "all" if asked == found else "others"


def _union(rows: Rows) -> int:
    found = 0
    for each in rows.values():
        found |= each
    return found
