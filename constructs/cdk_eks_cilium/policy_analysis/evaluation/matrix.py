"""Who may reach whom, and where: the answer for every pair at once.

Sides that policies cannot tell apart are judged once (`SideClasses`), each direction is judged for all other
sides at once (`Facing`), and sets of sides are numbers of bits. So the time grows with the number of
different answers rather than of pairs. `Matrix.groups` gives the answers by groups of sides, without a pair.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from .classes import SideClasses
from .evaluation import Evaluation
from .facing import Facing, View
from .flow import Endpoint
from .index import bits, members
from .reach import SHUT, Passage, Reach

_Row = tuple[tuple[int, Passage], ...]


@dataclass(frozen=True, eq=False)
class ReachGroup:
    """Sides of which each may reach the same of each of some others.

    Attributes:
        passage: What passes from each source to each destination.
    """

    passage: Passage
    _matrix: Matrix = field(repr=False)
    _sources: int = field(repr=False)
    _destinations: int = field(repr=False)

    @cached_property
    def sources(self) -> tuple[Endpoint, ...]:
        """The sides that begin."""
        return self._matrix.sides_of(self._sources)

    @cached_property
    def destinations(self) -> tuple[Endpoint, ...]:
        """The other sides."""
        return self._matrix.sides_of(self._destinations)

    @property
    def source_places(self) -> int:
        """The places of the sources among the matrix's endpoints, as a set of bits."""
        return self._matrix.places_of(self._sources)

    @property
    def destination_places(self) -> int:
        """The places of the destinations, in the same way."""
        return self._matrix.places_of(self._destinations)

    def __iter__(self) -> Iterator[Reach]:
        """Every pair of the group."""
        for source in self.sources:
            for destination in self.destinations:
                if is_pair(source, destination):
                    yield self.passage.between(source, destination)


class Matrix:
    """Who may reach whom among some endpoints.

    Args:
        evaluation: The policies and their inventory.
        endpoints: The sides, of which each counts once. By default every workload of the inventory.
    """

    def __init__(self, evaluation: Evaluation, endpoints: Sequence[Endpoint] | None = None) -> None:
        self.evaluation = evaluation
        given = (
            endpoints
            if endpoints is not None
            else [Endpoint.pod(each) for each in evaluation.inventory.workloads]
        )
        self.endpoints = tuple(dict.fromkeys(given))
        self._met: dict[tuple[int, int], Passage] = {}
        self._passages: dict[Passage, Passage] = {}
        self._rows: dict[int, _Row] = {}
        self._places: dict[int, int] = {}

    def __iter__(self) -> Iterator[Reach]:
        """Every pair with a pod where something passes or may pass, or a rule denies what another allows."""
        listed: dict[int, list[tuple[int, Passage]]] = {}
        for source in self.endpoints:
            number = self._classes.number_of[source]
            if number not in listed:
                listed[number] = self._listed(number)
            for place, passage in listed[number]:
                destination = self.endpoints[place]
                if source is not destination or is_pair(source, destination):
                    yield passage.between(source, destination)

    def groups(self) -> Iterator[ReachGroup]:
        """The answers of `__iter__` by groups of sides; each pair is in one group."""
        sources: dict[frozenset[tuple[int, Passage]], int] = {}
        for number in range(len(self._classes.firsts)):
            row = frozenset(self._row(number))
            sources[row] = sources.get(row, 0) | 1 << number
        for row, some in sources.items():
            for others, passage in row:
                yield ReachGroup(passage, self, some, others)

    def reach(self, source: Endpoint, destination: Endpoint) -> Reach:
        """What *source* may reach of *destination*, both of which are in the matrix."""
        one, other = (self._classes.number_of[each] for each in (source, destination))
        passage = self._meet(_at(self._egress.view(one), other), _at(self._ingress.view(other), one))
        return passage.between(source, destination)

    def sides_of(self, classes: int) -> tuple[Endpoint, ...]:
        """The sides in some classes, in their order."""
        places = sorted(place for number in members(classes) for place in self._classes.members[number])
        return tuple(self.endpoints[place] for place in places)

    def places_of(self, classes: int) -> int:
        """The places of the sides in some classes, as a set of bits."""
        found = self._places.get(classes)
        if found is None:
            places = (place for number in members(classes) for place in self._classes.members[number])
            found = self._places[classes] = bits(places)
        return found

    def _listed(self, number: int) -> list[tuple[int, Passage]]:
        """The places of the sides that a class reaches, in their order."""
        found = [
            (place, passage)
            for others, passage in self._row(number)
            for other in members(others)
            for place in self._classes.members[other]
        ]
        return sorted(found, key=lambda one: one[0])

    def _row(self, number: int) -> _Row:
        """The classes that a class of sources reaches, with what passes there."""
        first = self._classes.firsts[number]
        if first.kind == "fqdn":
            return ()
        asked = self._classes.everyone if first.workload is not None else self._classes.workloads
        if number not in self._rows:
            found: dict[Passage, int] = {}
            for others, passage in self._met_by(number):
                if others & asked and passage.is_something:
                    found[passage] = found.get(passage, 0) | (others & asked)
            self._rows[number] = tuple((others, passage) for passage, others in found.items())
        return self._rows[number]

    def _met_by(self, number: int) -> Iterator[tuple[int, Passage]]:
        """What passes from a class of sources, in parts."""
        sent, accepted = self._egress.view(number), self._accepting[number]
        for others, egress in sent:
            for ingress, more in accepted.items():
                if others & more:
                    yield others & more, self._meet(egress, ingress)
        # Where one side lets nothing through, the denials of the other side are still worth knowing.
        if any(egress.denied for _, egress in sent):
            shut = ~_union(accepted.values())
            yield from ((others & shut, self._meet(egress, SHUT)) for others, egress in sent)
        if any(ingress.denied for ingress in accepted):
            shut = ~_union(others for others, _ in sent)
            yield from ((others & shut, self._meet(SHUT, ingress)) for ingress, others in accepted.items())

    def _meet(self, egress: Passage, ingress: Passage) -> Passage:
        # Both are kept, so that their ids stay theirs.
        key = id(egress), id(ingress)
        found = self._met.get(key)
        if found is None:
            made = egress.meet(ingress)
            found = self._met[key] = self._passages.setdefault(made, made)
        return found

    @cached_property
    def _accepting(self) -> Sequence[Mapping[Passage, int]]:
        """For each class of sources, what classes of destinations accept from it."""
        # Many destinations accept the same from the same sources.
        rectangles: dict[tuple[int, Passage], int] = {}
        for number in range(len(self._classes.firsts)):
            for sources, passage in self._ingress.view(number):
                rectangles[sources, passage] = rectangles.get((sources, passage), 0) | 1 << number
        found: list[dict[Passage, int]] = [{} for _ in self._classes.firsts]
        for (sources, passage), destinations in rectangles.items():
            for number in members(sources):
                found[number][passage] = found[number].get(passage, 0) | destinations
        return found

    @cached_property
    def _classes(self) -> SideClasses:
        return SideClasses(self.evaluation, self.endpoints)

    @cached_property
    def _egress(self) -> Facing:
        return Facing(self.evaluation, self._classes, "egress")

    @cached_property
    def _ingress(self) -> Facing:
        return Facing(self.evaluation, self._classes, "ingress")


def _at(view: View, number: int) -> Passage:
    return next((passage for classes, passage in view if classes >> number & 1), SHUT)


def _union(masks: Iterable[int]) -> int:
    found = 0
    for each in masks:
        found |= each
    return found


def is_pair(source: Endpoint, destination: Endpoint) -> bool:
    """Whether *source* can begin a flow to *destination*, and one of them is a pod. Names begin no flows."""
    if source == destination:
        return source.workload is not None and source.workload.kind != "Pod"
    return source.kind != "fqdn" and (source.workload is not None or destination.workload is not None)
