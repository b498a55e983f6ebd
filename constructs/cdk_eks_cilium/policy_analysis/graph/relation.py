"""Who reaches whom: for each port, request or denial, the pairs for which it holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from cdk_eks_cilium.policy_analysis.evaluation import Direction, Endpoint, Evaluation, Matrix
from cdk_eks_cilium.policy_analysis.evaluation.index import bits, members
from cdk_eks_cilium.policy_analysis.evaluation.reach import SHUT, Passage

from .statements import Statement, describable, less, statements, unsaid

Rows = dict[int, int]
"""For each source, by its index among the sides, its destinations: a set of sides is a number of bits."""

Relation = dict[Statement, Rows]


@dataclass(frozen=True)
class _Answer:
    """What a side may reach of each of some others.

    Attributes:
        passage: What passes.
        whole: What passes with the whole world in place of its part; None if no side is such a part.
        missing: What somebody must describe, for an arrow of what is unknown; empty without such an arrow.
        destinations: The others.
    """

    passage: Passage
    whole: Passage | None
    missing: tuple[str, ...]
    destinations: int


@dataclass(frozen=True)
class Sides:
    """The sides, and which pairs of them count.

    Attributes:
        endpoints: The sides.
        focus: The indexes of the shown sides. Others count only in pairs with them.
        directions: The directions of sides other than pods: reached in egress, beginning in ingress.
        evaluation: Decides.
    """

    endpoints: Sequence[Endpoint]
    focus: frozenset[int]
    directions: Mapping[int, frozenset[Direction]]
    evaluation: Evaluation

    def reachable(self, source: int) -> int:
        """The sides to which a side can begin a flow."""
        one = self.endpoints[source]
        # A node always reaches its own pods.
        if one.kind == "fqdn" or one.is_own_node:
            return 0
        if one.workload is None:
            return self._workloads if "ingress" in self.directions[source] else 0
        reached = self._workloads | self._reached
        return reached & ~(1 << source) if one.workload.kind == "Pod" else reached

    def _asked(self, source: int) -> int:
        """The sides to which a side can begin a flow, so that one of both is in focus."""
        found = self.reachable(source)
        return found if source in self.focus else found & self._focus

    def is_open(self, side: int, direction: Direction) -> bool:
        """Whether it is known that no policy isolates a side; sides other than pods are always open."""
        workload = self.endpoints[side].workload
        return workload is None or not self.evaluation.may_be_isolated(workload, direction)

    def denies_some(self, side: int, direction: Direction) -> bool:
        """Whether rules for a side deny something in a direction."""
        workload = self.endpoints[side].workload
        return workload is not None and self.evaluation.denies_some(workload, direction)

    def left_out(self) -> Iterator[str]:
        """What has no arrow because nobody can describe it, in words."""
        first, count = "", 0
        for source in range(len(self.endpoints)):
            untold = 0
            for answer in self._answers(source):
                if answer.passage.unknown and not answer.missing:
                    untold |= answer.destinations
            if untold and not first:
                first = f"{self.endpoints[source]} to {self.endpoints[next(members(untold))]}"
            count += untold.bit_count()
        if first:
            others = f" and {count - 1} more" if count > 1 else ""
            yield f"what depends on the addresses of names and of the API server: {first}{others}"

    def relation(self) -> Relation:
        """The pairs for which each statement holds.

        The traffic between two open sides is left out: no policy allows it. So is, for a part of the world,
        what holds for the whole world; where it differs, the part has arrows.
        """
        found: Relation = {}
        made: dict[tuple[Passage, Passage | None, tuple[str, ...], bool], list[Statement]] = {}
        every = range(len(self.endpoints))
        open_from = bits(side for side in every if self.is_open(side, "ingress"))
        for source in every:
            opened = open_from if self.is_open(source, "egress") else 0
            for answer in self._answers(source):
                for some, is_open in (
                    (answer.destinations & opened, True),
                    (answer.destinations & ~opened, False),
                ):
                    if not some:
                        continue
                    key = (answer.passage, answer.whole, answer.missing, is_open)
                    if key not in made:
                        reach = answer.passage if answer.whole is None else less(answer.passage, answer.whole)
                        reach = unsaid(reach, answer.whole) if is_open else reach
                        made[key] = list(statements(reach, answer.missing))
                    for one in made[key]:
                        rows = found.setdefault(one, {})
                        rows[source] = rows.get(source, 0) | some
        return found

    def _answers(self, source: int) -> Iterator[_Answer]:
        """What a side may reach, of every side that counts."""
        asked = self._asked(source)
        for passage, some in self._row(source):
            for whole, part in self._with_the_world(source, some & asked):
                # Where nothing passes, only what holds for the whole world is worth knowing.
                if not part or not (passage.is_something or whole is not None):
                    continue
                for missing, others in self._missing(source, passage, part):
                    yield _Answer(passage, whole, missing, others)

    def _missing(self, source: int, passage: Passage, some: int) -> Iterator[tuple[tuple[str, ...], int]]:
        """Parts of some sides, with what an arrow for the unknown ports says is missing."""
        workload = self.endpoints[source].workload
        names = self._names if passage.unknown and workload is not None else 0
        # A rule allows the name, and only a denied range that may hold its addresses makes it unknown.
        for name in members(some & names):
            assert workload is not None
            found = self.evaluation.possible(workload, self.endpoints[name], "egress", None)
            allowed = any(one.is_sure and not one.item.denies for one in found)
            yield passage.missing if allowed else describable(passage.missing), 1 << name
        if some & ~names:
            yield describable(passage.missing), some & ~names

    def _with_the_world(self, source: int, some: int) -> Iterator[tuple[Passage | None, int]]:
        """Parts of some sides, with what passes with the whole world in place of its part, if that counts."""
        world = self._world
        if world is not None and self._parts >> source & 1:
            counts = self._asked(world)
            yield from ((whole, some & counts & part) for whole, part in self._row(world))
            yield None, some & ~counts
        elif world is not None and some & self._parts and self._asked(source) >> world & 1:
            whole = next(passage for passage, part in self._row(source) if part >> world & 1)
            yield whole, some & self._parts
            yield None, some & ~self._parts
        else:
            yield None, some

    def _row(self, source: int) -> list[tuple[Passage, int]]:
        """What a side may reach of each side, the last nothing."""
        return self._rows[source]

    @cached_property
    def _rows(self) -> list[list[tuple[Passage, int]]]:
        matrix = Matrix(self.evaluation, self.endpoints)
        # Names may share what stands for them, and a matrix has each side once.
        sides: dict[Endpoint, list[int]] = {}
        for side, endpoint in enumerate(self.endpoints):
            sides.setdefault(endpoint, []).append(side)
        at = [sides[endpoint] for endpoint in matrix.endpoints]
        made: dict[int, int] = {}
        found: list[list[tuple[Passage, int]]] = [[] for _ in self.endpoints]
        left = [(1 << len(self.endpoints)) - 1 for _ in self.endpoints]
        for group in matrix.groups():
            for places in (group.source_places, group.destination_places):
                if places not in made:
                    made[places] = bits(side for place in members(places) for side in at[place])
            destinations = made[group.destination_places]
            for source in members(made[group.source_places]):
                found[source].append((group.passage, destinations))
                left[source] &= ~destinations
        return [[*row, (SHUT, rest)] for row, rest in zip(found, left, strict=True)]

    @cached_property
    def _focus(self) -> int:
        return bits(self.focus)

    @cached_property
    def _workloads(self) -> int:
        return bits(side for side, one in enumerate(self.endpoints) if one.workload is not None)

    @cached_property
    def _reached(self) -> int:
        return bits(side for side, directions in self.directions.items() if "egress" in directions)

    @cached_property
    def _names(self) -> int:
        return bits(side for side, one in enumerate(self.endpoints) if one.kind == "fqdn")

    @cached_property
    def _world(self) -> int | None:
        world = Endpoint.entity("world")
        return self.endpoints.index(world) if world in self.endpoints else None

    @cached_property
    def _parts(self) -> int:
        """The parts of the world; not ranges of IPv6, because the world is shown for all of IPv4."""
        return bits(
            side
            for side, endpoint in enumerate(self.endpoints)
            if "reserved:world" in self.evaluation.labels_of(endpoint)
            and (endpoint.ip is None or endpoint.ip.version == 4)
            and side != self._world
        )
