"""Namespaces in bands from top to bottom; small namespaces stand beside each other and below each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, permutations
from typing import Final

from .boxes import Box

HEAD: Final = 26
"""Pixels above the boxes of a namespace, for its name."""

PAD: Final = 12
"""Pixels between boxes and the edge of their namespace."""

BETWEEN: Final = 12
"""Pixels between boxes, and between namespaces of a band."""

_LEAST_FULL: Final = 300
"""Pixels of a band up to which more namespaces stand below others. More would lead lines far around."""

_MOST_PERMUTED: Final = 6

Ties = Mapping[tuple[str, str], int]
"""The number of arrows between two namespaces, each pair in alphabetical order."""


@dataclass(eq=False)
class NamespaceBlock:
    """The boxes of a namespace.

    Attributes:
        name: The namespace; None for boxes that stand for several.
        boxes: Its boxes, which have their columns.
        stacks: The boxes of each column, from top to bottom.
        top: Pixels from the top of its band.
    """

    name: str | None
    boxes: Sequence[Box]
    stacks: dict[int, list[Box]] = field(init=False, default_factory=dict)
    top: float = 0

    def __post_init__(self) -> None:
        for box in self.boxes:
            self.stacks.setdefault(box.column, []).append(box)

    @property
    def columns(self) -> range:
        """The columns from its first box to its last, also those without a box."""
        return range(min(self.stacks), max(self.stacks) + 1)

    @property
    def height(self) -> float:
        """Pixels."""
        return HEAD + max(map(stack_height, self.stacks.values())) + PAD


@dataclass(eq=False)
class Band:
    """Namespaces between two gaps in which lines may run. No two have the same place of a column.

    Attributes:
        blocks: Its namespaces.
        height: Pixels.
    """

    blocks: list[NamespaceBlock] = field(default_factory=list)
    height: float = 0
    _used: dict[int, float] = field(default_factory=dict)

    def first_place(self, block: NamespaceBlock) -> float:
        """The pixels from the top at which a namespace would stand below those in it."""
        return max(self._used.get(column, 0) for column in block.columns)

    def fits(self, block: NamespaceBlock) -> bool:
        """Whether there is room for a namespace, also for several small ones below each other."""
        return self.first_place(block) + block.height <= max(self.height, _LEAST_FULL)

    def add(self, block: NamespaceBlock) -> None:
        """Put a namespace below those in it."""
        block.top = self.first_place(block)
        self.blocks.append(block)
        self.height = max(self.height, block.top + block.height)
        self._used |= dict.fromkeys(block.columns, block.top + block.height + BETWEEN)


def pack(blocks: Iterable[NamespaceBlock], ties: Ties) -> list[Band]:
    """Put namespaces in bands: into the band with room where most of its arrows lead, else into a new one.

    The tallest come first, so that small ones stand beside them.
    """
    bands: list[Band] = []
    for block in sorted(blocks, key=lambda one: (-one.height, one.name or "")):
        room = [band for band in bands if band.fits(block)]
        if not room:
            bands.append(Band())
            room = bands[-1:]
        max(room, key=lambda band: (_tied(block, band, ties), -band.first_place(block))).add(block)
    return _ordered(bands, ties)


def stack_height(stack: Sequence[Box]) -> float:
    """Pixels of boxes below each other."""
    return sum(box.height for box in stack) + BETWEEN * (len(stack) - 1)


def _tied(block: NamespaceBlock, band: Band, ties: Ties) -> int:
    return sum(_between(block, other, ties) for other in band.blocks)


def _between(one: NamespaceBlock, other: NamespaceBlock, ties: Ties) -> int:
    first, second = sorted((one.name or "", other.name or ""))
    return ties.get((first, second), 0)


def _ordered(bands: Sequence[Band], ties: Ties) -> list[Band]:
    """The bands, ordered so that bands with arrows between them are near."""
    weights = {
        (one, other): sum(_tied(block, other, ties) for block in one.blocks)
        for one, other in combinations(bands, 2)
    }

    def far(order: Iterable[Band]) -> int:
        at = {band: place for place, band in enumerate(order)}
        return sum(
            weight * abs(at[one] - at[other])
            for (one, other), weight in weights.items()
            if one in at and other in at
        )

    if len(bands) <= _MOST_PERMUTED:
        return list(min(permutations(bands), key=far))
    best: list[Band] = []
    count = {band: sum(each for pair, each in weights.items() if band in pair) for band in bands}
    for band in sorted(bands, key=lambda one: -count[one]):
        best = min(([*best[:at], band, *best[at:]] for at in range(len(best) + 1)), key=far)
    return best
