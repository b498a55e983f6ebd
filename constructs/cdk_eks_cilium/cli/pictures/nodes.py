"""A picture of nodes and subnets: a card for each node, in a large cluster a tile, by zone and group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Final

from .svg import GREY, INK, Picture

if TYPE_CHECKING:
    from cdk_eks_cilium.doctor.checks.views.subnet_rooms import SubnetRoom
    from cdk_eks_cilium.doctor.overview import NodeLine, Overview

_WIDTH: Final = 1240
_MARGIN: Final = 36
_INNER: Final = _WIDTH - 2 * _MARGIN
_MOST_CARDS: Final = 24
"""Nodes up to which each has a card with words; of more the picture shows tiles."""
_MOST_NAMED: Final = 8
_CARD: Final = (378, 104, 16)
_TILE: Final = (32, 38, 6)
_HEAD: Final = 92
_GROUP: Final = 34
_ROOM: Final = 46

_USED: Final = "#0550ae"
_ALLOCATED: Final = "#b6d7ff"
_FREE: Final = "#e9edf1"
_SPOILT: Final = "#e0a100"
_PROBLEM: Final = "#b3261e"
_LINE: Final = "#d1d9e0"

_Size = tuple[int, int, int]
"""Width, height and gap."""


def draw(found: Overview, name: str) -> str:
    """The picture of a cluster as the text of an SVG file; *name* says which."""
    size = _CARD if len(found.nodes) <= _MOST_CARDS else _TILE
    groups = [
        (words, list(nodes)) for words, nodes in groupby(found.nodes, key=lambda each: _group_words(each))
    ]
    named = _named(found) if size is _TILE else []
    height = _HEAD + 18 * len(named) + sum(_height(len(nodes), size) for _, nodes in groups)
    height += (_GROUP + _ROOM * len(found.subnets) if found.subnets else 0) + 64
    bad = sum(not each.is_well for each in found.nodes)
    summary = f"{len(found.nodes):,} nodes, {sum(each.pods or 0 for each in found.nodes):,} pods"
    summary += f", {bad:,} {'node' if bad == 1 else 'nodes'} not well" if bad else ", all nodes well"
    picture = Picture(_WIDTH, height, f"Nodes of {name}: {summary}")
    picture.text(_MARGIN, 46, f"Nodes of {name}", size=22, bold=True)
    picture.text(_MARGIN, 72, f"{summary}.", size=14, bold=bool(bad), colour=_PROBLEM if bad else INK)
    for number, words in enumerate(named):
        picture.text(_MARGIN, _HEAD + 4 + 18 * number, words, size=12.5, colour=_PROBLEM)
    top = _HEAD + 18 * len(named)
    for words, nodes in groups:
        picture.text(_MARGIN, top + 20, f"{words}: {len(nodes):,}", size=14, bold=True)
        for node, left, place in _places(nodes, top + _GROUP, size):
            (_card if size is _CARD else _tile)(picture, node, left, place)
        top += _height(len(nodes), size)
    if found.subnets:
        picture.text(_MARGIN, top + 20, "Subnets of pods", size=14, bold=True)
        for number, room in enumerate(found.subnets):
            _room(picture, room, top + _GROUP + number * _ROOM)
        top += _GROUP + _ROOM * len(found.subnets)
    _legend(picture, top + 20, subnets=bool(found.subnets))
    return picture.render()


def _named(found: Overview) -> list[str]:
    """The first nodes that are not well, with their states: tiles have no names."""
    bad = [each for each in found.nodes if not each.is_well]
    lines = [f"{_short(each.name)} in {each.zone}: {_agent(each)}" for each in bad[:_MOST_NAMED]]
    return [*lines, f"and {len(bad) - _MOST_NAMED} more"] if len(bad) > _MOST_NAMED else lines


def _agent(node: NodeLine) -> str:
    """The agent with its state, and whether the node itself is not ready."""
    agent = f"{f'Cilium {node.agent}' if node.agent else 'agent'} {node.state}".strip()
    return f"{agent}, node not ready" if node.ready is False else agent


def _group_words(node: NodeLine) -> str:
    return ", ".join(part for part in (node.zone or "no zone", node.group, node.instance_type) if part)


def _columns(size: _Size) -> int:
    return (_INNER + size[2]) // (size[0] + size[2])


def _height(count: int, size: _Size) -> int:
    return _GROUP + -(-count // _columns(size)) * (size[1] + size[2]) + 8


def _places(nodes: Sequence[NodeLine], top: int, size: _Size) -> Iterator[tuple[NodeLine, int, int]]:
    columns = _columns(size)
    for number, node in enumerate(nodes):
        row, column = divmod(number, columns)
        yield node, _MARGIN + column * (size[0] + size[2]), top + row * (size[1] + size[2])


def _card(picture: Picture, node: NodeLine, left: int, top: int) -> None:
    width, height, _ = _CARD
    picture.box(left, top, width, height, fill="#ffffff", stroke=_LINE if node.is_well else _PROBLEM)
    picture.text(left + 10, top + 20, _short(node.name), size=12.5, bold=True)
    words = ", ".join(part for part in (node.image if node.is_well else "", _agent(node)) if part)
    picture.text(left + 10, top + 37, words, size=11, colour=GREY if node.is_well else _PROBLEM)
    _bar(picture, left + 10, top + 46, width - 20, 8, node.used, node.allocated)
    picture.text(left + 10, top + 67, _addresses(node), size=11, colour=GREY)
    _bar(picture, left + 10, top + 74, width - 20, 8, node.pods, node.max_pods)
    picture.text(left + 10, top + 95, f"{_of(node.pods, node.max_pods)} pods", size=11, colour=GREY)


def _short(name: str) -> str:
    return name.partition(".")[0]


def _addresses(node: NodeLine) -> str:
    if node.interfaces is None:
        return "no CiliumNode"
    prefixes = f"{node.prefixes} {'prefix' if node.prefixes == 1 else 'prefixes'}"
    interfaces = f"{node.interfaces} interface{'' if node.interfaces == 1 else 's'}"
    return f"{_of(node.used, node.allocated)} addresses, {prefixes}, {interfaces}"


def _of(part: int | None, whole: int | None) -> str:
    return f"{'?' if part is None else part} of {'?' if whole is None else whole}"


def _bar(
    picture: Picture,
    left: float,
    top: float,
    width: float,
    height: float,
    part: int | None,
    whole: int | None,
) -> None:
    picture.area(left, top, width, height, fill=_ALLOCATED if whole else _FREE)
    if part and whole:
        picture.area(left, top, width * min(1, part / whole), height, fill=_USED)


def _tile(picture: Picture, node: NodeLine, left: int, top: int) -> None:
    """A node as two columns, addresses and pods, each filled from below as far as it is used."""
    width, height, _ = _TILE
    picture.box(
        left, top, width, height, fill="#ffffff", stroke=_LINE if node.is_well else _PROBLEM, radius=3
    )
    if not node.is_well:
        picture.area(left + 2, top + 2, width - 4, 4, fill=_PROBLEM)
    for number, (part, whole) in enumerate(((node.used, node.allocated), (node.pods, node.max_pods))):
        x, y, tall = left + 4 + number * 13, top + 8, height - 12
        picture.area(x, y, 11, tall, fill=_ALLOCATED if whole else _FREE)
        if part and whole:
            filled = tall * min(1, part / whole)
            picture.area(x, y + tall - filled, 11, filled, fill=_USED)


def _room(picture: Picture, room: SubnetRoom, top: int) -> None:
    picture.text(_MARGIN, top + 12, f"{room.id}, {room.zone}, {room.range}", size=12, mono=True)
    words = f"{room.free:,} of {room.blocks:,} /28 blocks are free"
    picture.text(_MARGIN + 460, top + 12, words, size=12, colour=GREY if room.free > 0 else _PROBLEM)
    picture.area(_MARGIN, top + 18, _INNER, 12, fill=_FREE)
    if room.blocks:
        scale = _INNER / room.blocks
        picture.area(_MARGIN, top + 18, room.prefixes * scale, 12, fill=_USED)
        picture.area(_MARGIN + room.prefixes * scale, top + 18, room.spoilt * scale, 12, fill=_SPOILT)


def _legend(picture: Picture, top: int, *, subnets: bool) -> None:
    left = _MARGIN
    kinds = [(_USED, "used"), (_ALLOCATED, "allocated, or allowed"), (_PROBLEM, "not ready")]
    kinds += [(_SPOILT, "/28 lost to single addresses"), (_FREE, "free")] if subnets else []
    for fill, label in kinds:
        picture.area(left, top, 14, 14, fill=fill)
        picture.text(left + 21, top + 12, label, size=12)
        left += 46 + round(6.3 * len(label))
    picture.text(left + 10, top + 12, "Addresses first, then pods.", size=12, colour=GREY)
