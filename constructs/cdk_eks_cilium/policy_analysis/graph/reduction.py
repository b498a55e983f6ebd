"""As few arrows as possible for who reaches whom: between groups wherever all members agree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

from .classes import holding
from .relation import Pair, Relation, Sides, Statement

Among = Literal["own", "others", "all"]


@dataclass(frozen=True)
class ClassGroup:
    """Where an arrow may begin or end.

    Attributes:
        classes: The classes in it.
        whole: Whether it stands for a namespace or the cluster, rather than for one class.
    """

    classes: frozenset[int]
    whole: bool


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
                meant = self._between(source, destination)
                if not meant or not meant <= there:
                    continue
                # An arrow of a whole group must replace several.
                if len(meant & left) < (2 if source.whole or destination.whole else 1):
                    continue
                left -= meant
                yield Link(start, end, statement)
        for one, _ in sorted(left | partly):
            place = self._groups.index(ClassGroup(frozenset({one}), False))
            yield Link(place, place, statement, _among(self._inner[one], self._inner[one] & pairs))

    def _between(self, source: ClassGroup, destination: ClassGroup) -> set[Pair]:
        """The pairs of classes that an arrow covers; a class with itself only in arrows of whole groups."""
        wholes = source.whole or destination.whole
        return {
            (one, other)
            for one, other in product(source.classes, destination.classes)
            if (one, other) in self._asked and (one != other or wholes)
        }


def _inner(sides: Sides, group: tuple[int, ...]) -> set[Pair]:
    return {(one, other) for one, other in product(group, group) if sides.is_pair(one, other)}


def _among(asked: set[Pair], found: set[Pair]) -> Among:
    if asked == found and any(one != other for one, other in found):
        return "all"
    return "own" if all(one == other for one, other in found) else "others"
