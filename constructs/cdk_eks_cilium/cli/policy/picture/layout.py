"""The layout in pixels: bands from top to bottom, columns from left to right, tracks between."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cdk_eks_cilium.policy_analysis.graph import Graph

from .bands import BETWEEN, HEAD, PAD, NamespaceBlock, stack_height
from .boxes import EXIT, LABEL_LINE, Box, Bundle, boxes_of, entry_height
from .cards import MARGIN, Lane, idle_boxes, place_cards
from .placing import heights, place
from .routing import TRACK, Piece, choose_gaps, pieces

_LEAST_CHANNEL: Final = PAD + 10
"""Pixels between columns where no line runs, so that namespaces beside each other stand apart."""

_GAP: Final = 20
_GRID: Final = 8

Point = tuple[float, float]


class Layout:
    """The picture of a graph, in pixels; *top* is the first pixel.

    Attributes:
        boxes: All boxes.
        bundles: What runs between them.
        cards: The namespaces of many boxes without arrows, below all others.
        cards_top: The first pixel of the foot with the cards.
    """

    def __init__(self, graph: Graph, top: int) -> None:
        self.right: float = 0
        self.bottom: float = top
        self.boxes, self.bundles = boxes_of(graph)
        idle = idle_boxes(self.boxes)
        self._tied = [box for box in self.boxes if box not in idle]
        self._bands = place(self._tied, self.bundles)
        at = heights(self._tied, self._bands)
        self._gaps = choose_gaps(self.bundles, len(self._bands), at)
        _sort_ends(self._tied, at)
        self._rows(top)
        self._ends()
        self.pieces = pieces(self.bundles, self.gap_y)
        self._columns()
        self.lanes = [
            self._lane(block, y)
            for band, y in zip(self._bands, self._band_tops, strict=True)
            for block in band.blocks
        ]
        self.cards_top: float = self.bottom + _GAP
        self.cards = place_cards(idle, self.cards_top + HEAD, self.right)
        for card in self.cards:
            self.right = max(self.right, card.x + card.width + MARGIN)
            self.bottom = max(self.bottom, card.y + card.height)

    def gap_y(self, bundle: Bundle) -> float:
        """The height of a bundle's line in its gap."""
        assert bundle.gap is not None
        return self._gap_tops[bundle.gap] + _GAP / 2 + TRACK * self._gaps[bundle.gap][bundle]

    def track_x(self, channel: int, bundle: Bundle) -> float:
        """The horizontal position of a bundle's track in a channel."""
        return self._tracks[channel, bundle]

    def paths(self, bundle: Bundle) -> list[list[Point]]:
        """The lines of a bundle, one from each source."""
        end = bundle.destination.column
        last = self.track_x(end, bundle)
        found = []
        for source in bundle.sources:
            y = bundle.exits[source]
            points: list[Point] = [(source.x + source.width, y)]
            channel = source.column + 1
            if channel != end:
                x, along = self.track_x(channel, bundle), self.gap_y(bundle)
                points += [(x, y), (x, along), (last, along)]
            else:
                points.append((last, y))
            found.append([*points, (last, bundle.entry), (bundle.destination.x, bundle.entry)])
        return found

    def joints(self, bundle: Bundle) -> list[Point]:
        """Where lines of a bundle meet."""
        found: set[Point] = set()
        for channel, group in self.pieces.items():
            for piece in group:
                if piece.bundle is bundle:
                    inner = sorted({*piece.left, *piece.right})[1:-1]
                    found |= {(self.track_x(channel, bundle), y) for y in inner}
        if bundle.gap is not None:
            channels = {box.column + 1 for box in bundle.far()} | {bundle.destination.column}
            inner = sorted(self.track_x(channel, bundle) for channel in channels)[1:-1]
            found |= {(x, self.gap_y(bundle)) for x in inner}
        return sorted(found)

    def _rows(self, top: int) -> None:
        """Place gaps, bands and their boxes from top to bottom; boxes outside stand in the middle."""
        self._gap_tops: list[float] = []
        self._band_tops: list[float] = []
        y: float = top
        for number, gap in enumerate(self._gaps):
            self._gap_tops.append(y)
            tracks = max(gap.values(), default=-1) + 1
            y = _grid(y + (_GAP + TRACK * tracks if tracks else _GAP / 2))
            if number < len(self._bands):
                band = self._bands[number]
                self._band_tops.append(y)
                for block in band.blocks:
                    tallest = max(map(stack_height, block.stacks.values()))
                    for stack in block.stacks.values():
                        _stack(stack, _grid(y + block.top + HEAD + (tallest - stack_height(stack)) / 2))
                y = _grid(y + band.height)
        beside: dict[int, list[Box]] = {}
        for box in self._tied:
            if box.role != "inside":
                beside.setdefault(box.column, []).append(box)
        for stack in beside.values():
            _stack(stack, _grid(top + max(0, y - top - stack_height(stack)) / 2))
        self.bottom = max([y, *(box.y + box.height for box in self._tied)])

    def _ends(self) -> None:
        """Place the ends of lines on different lines of a grid, so that they do not overlap."""
        for box in self._tied:
            first = box.y + _GRID / 2 + _spare(box.height, sum(map(entry_height, box.entries)))
            for bundle in box.entries:
                bundle.entry = _grid(first + len(bundle.lines) * LABEL_LINE) + _GRID / 2
                first += entry_height(bundle)
            first = box.y + _spare(box.height, len(box.exits) * EXIT)
            for bundle in box.exits:
                bundle.exits[box] = _grid(first + EXIT / 2)
                first += EXIT

    def _columns(self) -> None:
        """Place tracks and boxes from left to right."""
        last = max((box.column for box in self._tied), default=0)
        self._tracks: dict[tuple[int, Bundle], float] = {}
        self._label_lefts: dict[int, float] = {}
        x: float = MARGIN
        for channel in range(last + 2):
            group: Sequence[Piece] = self.pieces.get(channel, ())
            for number, piece in enumerate(group):
                self._tracks[channel, piece.bundle] = x + PAD + TRACK * (number + 0.5)
            x += PAD + TRACK * (len(group) + 1) if group else _LEAST_CHANNEL
            self._label_lefts[channel] = x
            labels = [
                piece.bundle.label_width for piece in group if piece.bundle.destination.column == channel
            ]
            x += max(labels, default=0) + 18
            column = [box for box in self._tied if box.column == channel]
            width = max((box.least_width for box in column), default=0)
            for box in column:
                box.x, box.width = x, width
            x += width
        self.right = x + MARGIN

    def _lane(self, block: NamespaceBlock, band_top: float) -> Lane:
        left = min(self._label_lefts[box.column] for box in block.boxes)
        right = max(box.x + box.width for box in block.boxes) + PAD
        return Lane(block.name, left, band_top + block.top, right - left, block.height)


def _sort_ends(boxes: Sequence[Box], at: dict[Box, float]) -> None:
    """Sort ends so that lines from above enter above, and lines that go up leave above."""
    for box in boxes:
        box.entries.sort(key=lambda one: (sum(at[each] for each in one.sources) / len(one.sources), one.full))
        box.exits.sort(key=lambda one: (at[one.destination], one.destination.entries.index(one)))


def _stack(stack: Sequence[Box], y: float) -> None:
    for box in stack:
        box.y = y
        y += box.height + BETWEEN


def _spare(height: float, used: float) -> float:
    return max(0, (height - used) / 2)


def _grid(y: float) -> float:
    return -(-y // _GRID) * _GRID
