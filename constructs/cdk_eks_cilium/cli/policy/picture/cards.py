"""Boxes without arrows, in rows at the foot of a picture: one card for each namespace."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from .bands import HEAD, PAD
from .boxes import Box

MARGIN: Final = 28
_FEW: Final = 8
"""The number of boxes without arrows from which they stand at the foot: so many make lanes long."""

_BETWEEN: Final = 12
_WIDTH: Final = 1180
_MOST_ABREAST: Final = 12


@dataclass(frozen=True)
class Lane:
    """The box of a namespace; ``name`` is None for the lane of the whole cluster."""

    name: str | None
    x: float
    y: float
    width: float
    height: float


def idle_boxes(boxes: Iterable[Box]) -> list[Box]:
    """The boxes to put at the foot: those without an arrow of their own, if there are many."""
    found = [
        box for box in boxes if box.node.kind == "workloads" and not (box.entries or box.exits or box.notes)
    ]
    return found if len(found) >= _FEW else []


def place_cards(boxes: Sequence[Box], top: float, width: float) -> list[Lane]:
    """Place boxes in cards, and the cards in rows from *top*, within *width* or that of a page.

    A row of a card has so many boxes that all cards take the least height.
    """
    if not boxes:
        return []
    most = min(range(1, _MOST_ABREAST + 1), key=lambda number: _bottom(_placed(boxes, number, top, width)))
    return _placed(boxes, most, top, width)


def _bottom(cards: Iterable[Lane]) -> float:
    return max(card.y + card.height for card in cards)


def _placed(boxes: Iterable[Box], most: int, top: float, width: float) -> list[Lane]:
    """The cards with at most *most* boxes in a row."""
    right = max(width, _WIDTH) - MARGIN
    spaces: dict[str | None, list[Box]] = {}
    for box in boxes:
        spaces.setdefault(box.node.namespace, []).append(box)
    found: list[Lane] = []
    x, y, bottom = float(MARGIN), top, top
    for name, inside in sorted(spaces.items(), key=lambda one: one[0] or ""):
        card = _card(name, inside, most, right)
        if x > MARGIN and x + card.width > right:
            x, y = MARGIN, bottom + _BETWEEN
        for box in inside:
            box.x += x
            box.y += y
        found.append(Lane(name, x, y, card.width, card.height))
        x += card.width + _BETWEEN
        bottom = max(bottom, y + card.height)
    return found


def _card(name: str | None, boxes: Sequence[Box], most: int, right: float) -> Lane:
    """A card at the origin, with its boxes in rows."""
    x, y, widest, tallest, row = float(PAD), float(HEAD), 0.0, 0.0, 0
    for box in boxes:
        box.width = box.least_width
        if row and (row == most or MARGIN + x + box.width + PAD > right):
            x, y, tallest, row = PAD, y + tallest + _BETWEEN, 0, 0
        box.x, box.y = x, y
        x, row = x + box.width + _BETWEEN, row + 1
        widest, tallest = max(widest, box.x + box.width), max(tallest, box.height)
    return Lane(name, 0, 0, widest + PAD, y + tallest + PAD)
