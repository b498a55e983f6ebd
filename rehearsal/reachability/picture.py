"""The answers as a picture: who begins in rows, whom it is for in columns."""

# no belief: a picture

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Final

from cdk_eks_cilium.cli.pictures.svg import GREY, INK, Picture
from rehearsal.reachability import paths
from rehearsal.reachability.answers import Reachability, Row

_MARGIN: Final = 32
_LABEL: Final = 236
_CELL_WIDTH: Final = 146
_LINE: Final = 15
_HEAD: Final = 118
_WRAP: Final = 20
_NOTE_WIDTH: Final = 8

_OPEN: Final = ("#dff3e4", "#1a7f37")
_CUT: Final = ("#f1f3f5", "#59636e")
_BAD: Final = ("#ffe2e0", "#b3261e")
_LEGEND: Final = (
    (_OPEN, "open, with the address that the other side sees"),
    (_BAD, "cut, and the cluster needs it"),
    (_CUT, "cut, and the cluster does not need it"),
)
_RESTS: Final = "a broken line: only if others' routes and filters let it through, too"
_SHORT: Final = {
    paths.OWN: "own address",
    paths.OWN_PUBLIC: "own public address",
    paths.NAT: "NAT's address",
    paths.NAT_PUBLIC: "NAT's public address",
    paths.OWNERS: "others' routes decide",
}


def draw(reachability: Reachability) -> str:
    """The picture of a cluster's reachability as the text of an SVG file."""
    rows = list(dict.fromkeys(row.source for row in reachability.rows))
    columns = list(dict.fromkeys(_column(row) for row in reachability.rows))
    cells = {
        (source, column): [r for r in reachability.rows if (r.source, _column(r)) == (source, column)]
        for source in rows
        for column in columns
    }
    heights = [max(2, *(3 * len(cells[source, column]) for column in columns)) * _LINE + 8 for source in rows]
    width = 2 * _MARGIN + _LABEL + _CELL_WIDTH * len(columns)
    notes = list(_notes(reachability, (width - 2 * _MARGIN) // _NOTE_WIDTH))
    bottom = _HEAD + sum(heights) + 34
    height = bottom + 26 * (len(_LEGEND) + 1) + 18 * len(notes) + 40
    picture = Picture(width, height, f"Who reaches whom in the network of cluster {reachability.cluster}")
    _head(picture, reachability, columns)
    top = _HEAD
    for source, tall in zip(rows, heights, strict=True):
        for number, text in enumerate(textwrap.wrap(source, 30)):
            picture.text(_MARGIN, top + 20 + number * _LINE, text, bold=True)
        for number, column in enumerate(columns):
            left = _MARGIN + _LABEL + number * _CELL_WIDTH
            _cell(picture, left, top, tall, cells[source, column])
        top += tall
    _foot(picture, bottom, notes)
    return picture.render()


def _column(row: Row) -> str:
    return "AWS's services" if row.destination.startswith("AWS: ") else row.destination


def _head(picture: Picture, reachability: Reachability, columns: Sequence[str]) -> None:
    picture.text(_MARGIN, 44, f"Who reaches whom: cluster {reachability.cluster}", size=20, bold=True)
    cut = len(reachability.cut_needs)
    text = f"{cut} of {len(reachability.needs)} needs are cut" if cut else "Everything it needs is open"
    picture.text(_MARGIN, 66, f"{text}.", colour=_BAD[1] if cut else GREY, bold=bool(cut))
    for number, column in enumerate(columns):
        left = _MARGIN + _LABEL + number * _CELL_WIDTH
        for line, part in enumerate(textwrap.wrap(column, _WRAP)[:2]):
            picture.text(left + 4, 92 + line * _LINE, part, size=12, bold=True)


def _cell(picture: Picture, left: float, top: float, tall: float, rows: Sequence[Row]) -> None:
    if not rows:
        picture.box(left + 2, top + 2, _CELL_WIDTH - 4, tall - 4, fill="#ffffff", stroke="#eaeef2", radius=4)
        return
    part = (tall - 4) / len(rows)
    for number, row in enumerate(rows):
        fill, stroke = _OPEN if row.reached else _BAD if row.needed else _CUT
        edge = top + 2 + number * part
        dashed = bool(row.assumes)
        picture.box(
            left + 2, edge, _CELL_WIDTH - 4, part - 2, fill=fill, stroke=stroke, radius=4, dashed=dashed
        )
        picture.text(left + 9, edge + 16, row.traffic, size=11.5, colour=INK)
        for line, text in enumerate(_seen(row)[:2]):
            picture.text(left + 9, edge + 16 + (line + 1) * 13, text, size=10.5, colour=stroke)


def _seen(row: Row) -> list[str]:
    if not row.reached:
        stopped = sum(not way.answer.reached for way in row.ways)
        return ["cut"] if stopped == len(row.ways) else [f"{stopped} of {len(row.ways)} ways cut"]
    kinds = dict.fromkeys(way.answer.seen.kind for way in row.ways if way.answer.seen)
    return [_SHORT.get(kind, kind) for kind in kinds]


def _notes(reachability: Reachability, letters: int) -> Iterator[str]:
    for row in reachability.cut_needs:
        yield from textwrap.wrap(f"{row.question}: {row.cut}", letters)


def _foot(picture: Picture, top: float, notes: Sequence[str]) -> None:
    for (fill, stroke), text in _LEGEND:
        picture.box(_MARGIN, top - 12, 16, 16, fill=fill, stroke=stroke, radius=3)
        picture.text(_MARGIN + 26, top + 1, text, size=12)
        top += 26
    picture.box(_MARGIN, top - 12, 16, 16, fill="#ffffff", stroke=INK, radius=3, dashed=True)
    picture.text(_MARGIN + 26, top + 1, _RESTS, size=12)
    top += 26
    for note in notes:
        picture.text(_MARGIN, top + 6, note, size=11.5, colour=_BAD[1])
        top += 18
