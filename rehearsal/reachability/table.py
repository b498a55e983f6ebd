"""The answers as lines of text."""

# no belief: the report

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from rehearsal.reachability.answers import Reachability, Row, Way

Mark = Literal["ok", "BAD", "cut", ""]


@dataclass(frozen=True)
class Line:
    """A line of the table.

    Attributes:
        mark: ``ok``, ``BAD`` for a need that is cut, ``cut`` for the rest; empty for what explains a line.
        text: The text.
    """

    mark: Mark
    text: str


def lines(reachability: Reachability, *, everything: bool = False) -> Iterator[Line]:
    """The table of a cluster: what it needs and what is cut.

    Args:
        reachability: The answers.
        everything: Every question with every way, its hops and what it rests on.
    """
    for row in reachability.rows:
        if everything or row.needed or not row.reached:
            yield _line(row)
        if everything:
            yield Line("", f"  for: {row.why}")
            for way in row.ways:
                yield from _way(way)
    if rests := sorted({text for row in reachability.needs for text in row.assumes}):
        if everything:
            yield Line("", "what the cluster needs rests on what no template describes:")
            yield from (Line("", f"  {text}") for text in rests)
        else:
            yield Line("", f"{len(rests)} conditions that no template describes; --reachability names them")


def _line(row: Row) -> Line:
    if row.reached:
        return Line("ok", f"{row.question}: seen as {row.seen_as}")
    return Line("BAD" if row.needed else "cut", f"{row.question}: {row.cut}")


def _way(way: Way) -> Iterator[Line]:
    answer = way.answer
    seen = f"{answer.seen.kind} {answer.seen.where}".strip() if answer.seen else ""
    yield Line("", f"  {way.source} to {way.destination}: {f'seen as {seen}' if seen else 'cut'}")
    yield from (Line("", f"    {hop}") for hop in answer.hops)
    if not answer.reached:
        yield Line("", f"    {answer.code} {answer.stop}")
    yield from (Line("", f"    if {text}") for text in answer.assumes)


def needs_in_short(reachability: Reachability) -> str:
    """How much of what the cluster needs is open, and on how much that no template describes it rests."""
    rests = {text for row in reachability.needs for text in row.assumes}
    ways = sum(len(row.ways) for row in reachability.needs)
    text = f"{len(reachability.needs)} needs, {ways} ways"
    return f"{text}; they rest on {len(rests)} conditions that no template describes" if rests else text


def faults(reachability: Reachability) -> Iterable[tuple[str, str]]:
    """Each need that is cut, and where it ends."""
    return ((row.question, row.cut) for row in reachability.cut_needs)
