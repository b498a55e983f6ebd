"""The answers to the questions about one cluster, as data for reports."""

# no belief: data of reports

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rehearsal.reachability.walk import Answer


@dataclass(frozen=True)
class Way:
    """One source and one destination of a row."""

    source: str
    destination: str
    answer: Answer


@dataclass(frozen=True)
class Row:
    """One question: who reaches whom.

    Attributes:
        source: Who begins the connection.
        destination: Whom it is for.
        traffic: What is sent.
        needed: Whether the cluster needs it.
        why: What for.
        ways: Each source with each destination.
        reached: Whether every way is open.
        seen_as: The addresses that the destination sees; empty where it is not reached at all.
    """

    source: str
    destination: str
    traffic: str
    needed: bool
    why: str
    ways: tuple[Way, ...]
    reached: bool
    seen_as: str

    @property
    def question(self) -> str:
        """The question in short, such as ``nodes to the Kubernetes API, TCP 443``."""
        return f"{self.source} to {self.destination}, {self.traffic}"

    @property
    def stops(self) -> tuple[Way, ...]:
        """The ways that are cut."""
        return tuple(way for way in self.ways if not way.answer.reached)

    @property
    def assumes(self) -> tuple[str, ...]:
        """What must hold beside the templates for the ways that are open."""
        found = (each for way in self.ways if way.answer.reached for each in way.answer.assumes)
        return tuple(dict.fromkeys(found))

    @property
    def cut(self) -> str:
        """Where the first way that is cut ends, and why; empty if every way is open."""
        if not self.stops:
            return ""
        first, more = self.stops[0], len(self.stops) - 1
        others = f" (and {more} more)" if more else ""
        return f"{self._whence(first)}{first.answer.stop}{others}"

    def _whence(self, way: Way) -> str:
        """What a way says more than the question."""
        source = "" if way.source == self.source else way.source
        destination = "" if way.destination == self.destination else f"to {way.destination}"
        found = " ".join(filter(None, (source, destination)))
        return f"{found}: " if found else ""


def row(source: str, destination: str, traffic: str, ways: Iterable[Way], *, needed: bool, why: str) -> Row:
    """A row, with what its ways have in common."""
    all_ways = tuple(ways)
    seen: dict[str, dict[str, None]] = {}
    for way in all_ways:
        if way.answer.seen:
            places = seen.setdefault(way.answer.seen.kind, {})
            places.update({way.answer.seen.where: None} if way.answer.seen.where else {})
    parts = [f"{kind} ({', '.join(places)})" if places else kind for kind, places in seen.items()]
    reached = all(way.answer.reached for way in all_ways)
    return Row(source, destination, traffic, needed, why, all_ways, reached, " or ".join(parts))


@dataclass(frozen=True)
class Reachability:
    """Every question about a cluster, answered at one moment."""

    cluster: str
    rows: tuple[Row, ...]

    @property
    def needs(self) -> tuple[Row, ...]:
        """What the cluster needs."""
        return tuple(row for row in self.rows if row.needed)

    @property
    def cut_needs(self) -> tuple[Row, ...]:
        """What the cluster needs and does not reach."""
        return tuple(row for row in self.needs if not row.reached)


def lost(before: Reachability, after: Reachability) -> list[tuple[Row, Way]]:
    """The ways that were open before and are cut after, with their questions, such as while an update runs.

    A way that is not asked any more, because its zone or its network is gone, is not lost.
    """
    now = _by_ends(after)
    return [
        now[ends]
        for ends, (_, way) in _by_ends(before).items()
        if way.answer.reached and ends in now and not now[ends][1].answer.reached
    ]


def _by_ends(reachability: Reachability) -> Mapping[tuple[str, str, str], tuple[Row, Way]]:
    return {
        (way.source, way.destination, row.traffic): (row, way)
        for row in reachability.rows
        for way in row.ways
    }
