"""As few arrows as possible for who reaches whom: between groups wherever all members agree."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final, Literal

from .classes import holding
from .relation import Pair, Relation, Sides, Statement

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


def parts_of(
    relation: Relation, members: Sequence[tuple[int, ...]], inside: Collection[int]
) -> list[ClassGroup]:
    """Many classes that have an arrow in common, without being all of a namespace or the cluster.

    *inside* are the classes of pods of namespaces.
    """
    found: dict[frozenset[int], None] = {}
    for pairs in relation.values():
        ends: dict[tuple[int, int], set[int]] = {}
        for source, destination in holding(members, pairs):
            if source in inside:
                ends.setdefault((0, destination), set()).add(source)
            if destination in inside:
                ends.setdefault((1, source), set()).add(destination)
        found |= {frozenset(each): None for each in ends.values() if len(each) >= MANY}
    largest = sorted(found, key=lambda one: (-len(one), sorted(one)))[:_MOST_PARTS]
    return [ClassGroup(each, True, True) for each in largest]


class Reduction:
    """Finds the links between classes of sides.

    Links may connect the groups, of which the largest come first; every class is a group.
    """

    def __init__(
        self, sides: Sides, members: Sequence[tuple[int, ...]], groups: Sequence[ClassGroup]
    ) -> None:
        self._members = members
        self._groups = groups
        self._inner = [_inner(sides, group) for group in members]
        self._asked = {
            (one, other)
            for one, other in product(range(len(members)), repeat=2)
            if (self._inner[one] if one == other else sides.is_pair(members[one][0], members[other][0]))
        }

        self._covered: dict[tuple[int, int], set[Pair]] = {}

    def links(self, relation: Relation) -> Iterator[Link]:
        """The links that express exactly the relation."""
        for statement, pairs in relation.items():
            yield from self._links(statement, pairs)

    def _links(self, statement: Statement, pairs: set[Pair]) -> Iterator[Link]:
        there = holding(self._members, pairs)
        partly = {(one, one) for one, other in there if one == other and not self._inner[one] <= pairs}
        there -= partly
        left = set(there)
        for end, destination in enumerate(self._groups):
            for start, source in enumerate(self._groups):
                # Most pairs of single classes are settled by one look.
                if not (source.whole or destination.whole):
                    (one,), (other,) = source.classes, destination.classes
                    if one != other and (one, other) in left:
                        left.discard((one, other))
                        yield Link(start, end, statement)
                    continue
                meant = self._between(start, end)
                if not meant or not meant <= there:
                    continue
                # An arrow of a whole group must replace several.
                if len(meant & left) < (MANY if source.part or destination.part else 2):
                    continue
                left -= meant
                yield Link(start, end, statement)
        for one, _ in sorted(left | partly):
            place = self._groups.index(ClassGroup(frozenset({one}), False))
            yield Link(place, place, statement, _among(self._inner[one], self._inner[one] & pairs))

    def _between(self, start: int, end: int) -> set[Pair]:
        """The pairs of classes that an arrow of whole groups covers."""
        found = self._covered.get((start, end))
        if found is None:
            pairs = product(self._groups[start].classes, self._groups[end].classes)
            found = self._covered[start, end] = {pair for pair in pairs if pair in self._asked}
        return found


def _inner(sides: Sides, group: tuple[int, ...]) -> set[Pair]:
    return {(one, other) for one, other in product(group, group) if sides.is_pair(one, other)}


def _among(asked: set[Pair], found: set[Pair]) -> Among:
    if asked == found and any(one != other for one, other in found):
        return "all"
    return "own" if all(one == other for one, other in found) else "others"
