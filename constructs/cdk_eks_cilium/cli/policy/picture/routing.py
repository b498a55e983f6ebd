"""The paths of lines: out to the right, up or down between columns, along gaps, in from the left.

Every bundle has its own track between two columns, and in a gap. So overlapping lines belong to one bundle,
and no line runs behind a box.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Final

from .boxes import Box, Bundle

TRACK: Final = 7
"""Pixels from one track to the next."""

_ROUNDS: Final = 60


@dataclass(eq=False)
class Piece:
    """A bundle between two columns, with the heights at which lines meet its track on either side."""

    bundle: Bundle
    left: list[float] = field(default_factory=list)
    right: list[float] = field(default_factory=list)

    @property
    def span(self) -> tuple[float, float]:
        """Where it begins and ends, from top to bottom."""
        ends = [*self.left, *self.right]
        return min(ends), max(ends)


def choose_gaps(bundles: Sequence[Bundle], bands: int, at: dict[Box, float]) -> list[dict[Bundle, int]]:
    """Choose the gap and the track of each bundle.

    Args:
        bundles: The bundles; bundles with a far source get their gap.
        bands: How many bands there are. Gap *n* is above band *n*, and one more is below the last.
        at: The rough height of each box, in bands.

    Returns:
        For every gap the bundles in it, each with the number of its track.
    """
    gaps: list[list[Bundle]] = [[] for _ in range(bands + 1)]
    for bundle in bundles:
        far = bundle.far()
        if not far:
            continue
        ends = [at[box] for box in (*far, bundle.destination)]
        bundle.gap = min(
            range(bands + 1), key=lambda gap: (sum(abs(end - gap) for end in ends), len(gaps[gap]), gap)
        )
        gaps[bundle.gap].append(bundle)
    return [_tracks(gap) for gap in gaps]


def _tracks(bundles: Sequence[Bundle]) -> dict[Bundle, int]:
    """A track for each bundle; bundles that do not overlap share one."""
    tracks: list[list[tuple[int, int]]] = []
    found: dict[Bundle, int] = {}
    for bundle in sorted(bundles, key=lambda one: (_reach(one), one.full)):
        first, last = _reach(bundle)
        free = (
            place
            for place, taken in enumerate(tracks)
            if all(last < begin or end < first for begin, end in taken)
        )
        number = next(free, len(tracks))
        if number == len(tracks):
            tracks.append([])
        tracks[number].append((first, last))
        found[bundle] = number
    return found


def _reach(bundle: Bundle) -> tuple[int, int]:
    """The first and the last channel that a bundle's line in a gap touches."""
    channels = [box.column + 1 for box in bundle.far()] + [bundle.destination.column]
    return min(channels), max(channels)


def pieces(bundles: Sequence[Bundle], gap_y: Callable[[Bundle], float]) -> dict[int, list[Piece]]:
    """The pieces in each channel; channel *n* is left of column *n*."""
    found: dict[tuple[int, Bundle], Piece] = {}

    def piece(channel: int, bundle: Bundle) -> Piece:
        return found.setdefault((channel, bundle), Piece(bundle))

    for bundle in bundles:
        end = bundle.destination.column
        piece(end, bundle).right.append(bundle.entry)
        for source in bundle.sources:
            channel = source.column + 1
            piece(channel, bundle).left.append(bundle.exits[source])
            if channel != end:
                along = gap_y(bundle)
                (piece(channel, bundle).right if channel < end else piece(channel, bundle).left).append(along)
                (piece(end, bundle).left if channel < end else piece(end, bundle).right).append(along)
    by_channel: dict[int, list[Piece]] = {}
    for (channel, _), one in found.items():
        by_channel.setdefault(channel, []).append(one)
    return {channel: ordered(group) for channel, group in by_channel.items()}


def ordered(group: Sequence[Piece]) -> list[Piece]:
    """The pieces of a channel from left to right, so that lines cross little.

    Moves one piece at a time to where it crosses least, while that helps.
    """
    order = sorted(group, key=lambda one: (fmean(one.left) if one.left else 0, one.span))
    costs = {(a, b): _crossings(a, b) for a in order for b in order if a is not b}
    for _ in range(_ROUNDS):
        moved = False
        for piece in list(order):
            at = order.index(piece)
            rest = order[:at] + order[at + 1 :]
            before = [0]
            for one in rest:
                # The cost of standing after one more piece.
                before.append(before[-1] + costs[one, piece] - costs[piece, one])
            best = min(range(len(before)), key=lambda place: (before[place], abs(place - at)))
            if before[best] < before[at]:
                order = [*rest[:best], piece, *rest[best:]]
                moved = True
        if not moved:
            break
    return order


def _crossings(first: Piece, second: Piece) -> int:
    """How often lines cross if the track of *first* is left of that of *second*."""
    (top, bottom), (other_top, other_bottom) = first.span, second.span
    return sum(top <= y <= bottom for y in second.left) + sum(
        other_top <= y <= other_bottom for y in first.right
    )
