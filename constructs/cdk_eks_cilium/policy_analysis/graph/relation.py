"""Who reaches whom: for each port, request or denial, the pairs for which it holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import Final, Literal

from cdk_eks_cilium.policy_analysis.evaluation import Direction, Endpoint, Evaluation, Matrix, PortSet, Reach

Verb = Literal["allow", "limit", "deny", "unknown"]

#: In the order in which an arrow lists them.
VERBS: Final[tuple[Verb, ...]] = ("allow", "limit", "deny", "unknown")


@dataclass(frozen=True)
class Statement:
    """What may hold for a pair.

    Attributes:
        verb: Whether the ports are open, open for some requests, or denied, or whether nobody knows.
        parts: The ports, as protocols with their first and last port.
        only: The requests, in words; for what is not known, what somebody must describe, one a line.
    """

    verb: Verb
    parts: tuple[tuple[str, int, int], ...]
    only: str = ""

    @property
    def ports(self) -> PortSet:
        """The ports as a set."""
        return PortSet.of(self.parts)


Pair = tuple[int, int]
"""Source and destination, by their indexes among the sides."""

Relation = dict[Statement, set[Pair]]


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

    def are_in_focus(self, source: int, destination: int) -> bool:
        """Whether *source* can begin a flow to *destination*, and one of them is in focus."""
        return bool(self.focus & {source, destination}) and self.is_pair(source, destination)

    def is_pair(self, source: int, destination: int) -> bool:
        """Whether *source* can begin a flow to *destination*."""
        one, other = self.endpoints[source], self.endpoints[destination]
        # A node always reaches its own pods.
        if one.kind == "fqdn" or one.is_own_node:
            return False
        if source == destination:
            return one.workload is not None and one.workload.kind != "Pod"
        if one.workload is None:
            return other.workload is not None and "ingress" in self.directions[source]
        return other.workload is not None or "egress" in self.directions[destination]

    def is_open(self, side: int, direction: Direction) -> bool:
        """Whether it is known that no policy isolates a side; sides other than pods are always open."""
        workload = self.endpoints[side].workload
        return workload is None or not self.evaluation.may_be_isolated(workload, direction)

    @cached_property
    def matrix(self) -> Matrix:
        """Who may reach whom among the sides."""
        return Matrix(self.evaluation, self.endpoints)

    def _missing(self, reach: Reach) -> tuple[str, ...]:
        """What an arrow for the unknown ports says is missing; nothing without such an arrow."""
        if reach.destination.kind == "fqdn" and reach.source.workload is not None:
            # A rule allows the name, and only a denied range that may hold its addresses makes it unknown.
            found = self.evaluation.possible(reach.source.workload, reach.destination, "egress", None)
            if any(one.is_sure and not one.item.denies for one in found):
                return reach.missing
        return describable(reach.missing)

    def _reach(self, source: int, destination: int) -> Reach:
        """What one side may reach of another, asked once."""
        found = self._reaches.get((source, destination))
        if found is None:
            found = self.matrix.reach(self.endpoints[source], self.endpoints[destination])
            self._reaches[source, destination] = found
        return found

    @cached_property
    def _reaches(self) -> dict[Pair, Reach]:
        return {}

    def left_out(self) -> Iterator[str]:
        """What has no arrow because nobody can describe it, in words."""
        every = range(len(self.endpoints))
        found: list[Reach] = [
            reach
            for source, destination in product(every, every)
            if self.are_in_focus(source, destination)
            and (reach := self._reach(source, destination)).unknown
            and not self._missing(reach)
        ]
        if found:
            first = f"{found[0].source} to {found[0].destination}"
            others = f" and {len(found) - 1} more" if len(found) > 1 else ""
            yield f"what depends on the addresses of names and of the API server: {first}{others}"

    def relation(self) -> Relation:
        """The pairs for which each statement holds.

        The traffic between two open sides is left out: no policy allows it. So is, for a part of the world,
        what holds for the whole world.
        """
        found: Relation = {}
        every = range(len(self.endpoints))
        open_to, open_from = (
            {side for side in every if self.is_open(side, direction)} for direction in ("egress", "ingress")
        )
        for source in every:
            for destination in every:
                if not self.are_in_focus(source, destination):
                    continue
                reach = self._reach(source, destination)
                whole = self._with_the_world(source, destination)
                if whole is not None:
                    reach = _less(reach, self._reach(*whole))
                opened = source in open_to and destination in open_from
                for one in _statements(reach, opened, self._missing(reach)):
                    found.setdefault(one, set()).add((source, destination))
        return found

    def _with_the_world(self, source: int, destination: int) -> Pair | None:
        """The pair with the whole world in place of its part, if that pair counts."""
        if self._world is None or not self._parts & {source, destination}:
            return None
        whole = (self._world, destination) if source in self._parts else (source, self._world)
        return whole if self.are_in_focus(*whole) else None

    @cached_property
    def _world(self) -> int | None:
        world = Endpoint.entity("world")
        return self.endpoints.index(world) if world in self.endpoints else None

    @cached_property
    def _parts(self) -> frozenset[int]:
        """The parts of the world; not ranges of IPv6, because the world is shown for all of IPv4."""
        return frozenset(
            side
            for side, endpoint in enumerate(self.endpoints)
            if "reserved:world" in self.evaluation.labels_of(endpoint)
            and (endpoint.ip is None or endpoint.ip.version == 4)
            and side != self._world
        )


def describable(missing: Iterable[str]) -> tuple[str, ...]:
    """What somebody can describe: not whether a name has an address, which changes all the time.

    An arrow to a name is for whatever addresses it has.
    """
    return tuple(each for each in missing if not each.startswith("whether "))


def _less(reach: Reach, whole: Reach) -> Reach:
    """What does not hold for *whole*. What holds for it alone is denied to its part."""
    limits = tuple(limit for limit in reach.limits if limit not in whole.limits)
    passing = reach.ports | reach.limited | reach.unknown
    beyond = (whole.ports | whole.limited | whole.unknown) - passing
    same = describable(whole.missing) == describable(reach.missing)
    return replace(
        reach,
        ports=reach.ports - whole.ports,
        limits=limits,
        denied=(reach.denied | beyond) - whole.denied,
        unknown=reach.unknown - whole.unknown if same else reach.unknown,
    )


def _statements(reach: Reach, is_open: bool, missing: Iterable[str]) -> Iterator[Statement]:
    if not is_open:
        yield from _each("allow", reach.ports)
    limits: dict[str, tuple[PortSet, list[str]]] = {}
    for ports, text in reach.limits:
        limits.setdefault(str(ports), (ports, []))[1].append(text)
    for ports, texts in limits.values():
        yield Statement("limit", tuple(ports.parts()), " and ".join(texts))
    yield from _each("deny", reach.denied)
    if missing:
        yield from _each("unknown", reach.unknown, "\n".join(missing))


def _each(verb: Verb, ports: PortSet, only: str = "") -> Iterator[Statement]:
    """One statement for each span of ports, with all its protocols; one statement for all ports."""
    if ports.is_everything:
        yield Statement(verb, tuple(ports.parts()), only)
        return
    stretches: dict[tuple[int, int], list[str]] = {}
    for protocol, first, last in ports.parts():
        stretches.setdefault((first, last), []).append(protocol)
    for (first, last), protocols in stretches.items():
        yield Statement(verb, tuple((protocol, first, last) for protocol in sorted(protocols)), only)
