"""Lanes, boxes, lines and their text, as SVG."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from cdk_eks_cilium.cli.pictures.svg import GREY, INK, Picture
from cdk_eks_cilium.policy_analysis.graph import Graph, Turn

from .box_text import shown_open, wrapped
from .boxes import (
    BOLD_WIDTH,
    LABEL_LINE,
    LABEL_SIZE,
    LANE_NAME_SIZE,
    LINE,
    MONO_WIDTH,
    NAME_SIZE,
    PADDING,
    Box,
    Bundle,
    tag_width,
)
from .layout import Layout

_MARGIN: Final = 28
_HEAD: Final = 92
_LEAST_WIDTH: Final = 760

_DENIED: Final = "#b3261e"
_WORLD: Final = ("#fff4e5", "#c2560c")
_INSIDE: Final = ("#ffffff", "#6b7fb8")
_WHOLE: Final = ("#e7f0fb", "#6b7fb8")
_BESIDE: Final = ("#f1eafc", "#8d6bcf")
_UNKNOWN: Final = ("#ffffff", "#8c959f")
_LANE: Final = ("#f6f8fa", "#d1d9e0")
_OPEN: Final = ("#ffe9b8", "#7a4d00")
_CALM: Final = ("#eaeef2", "#59636e")

#: The colours of lines, by destination.
_LINES: Final = ("#1f5fbf", "#2c7a4b", "#6639ba", "#0b7285", "#7d6608", "#9c36b5")


#: Colour, and whether the line is dashed: words and dashes say the same without colours.
_TURNS: Final[dict[Turn, tuple[str, bool]]] = {
    "opens": ("#1a7f37", False),
    "closes": (_DENIED, True),
    "changes": ("#6639ba", False),
    "unknown": ("#7d6608", True),
}


def draw(graph: Graph, *, name: str = "", title: str = "", summary: str = "") -> str:
    """Return the picture of a graph as the text of an SVG file.

    Args:
        graph: The graph.
        name: The subject, for the title.
        title: Another title; by default it asks who may talk to whom.
        summary: The line below the title; by default it counts workloads.
    """
    layout = Layout(graph, _HEAD)
    title = title or (f"Who may talk to whom in {name}" if name else "Who may talk to whom")
    summary = summary or _summary(graph)
    heads = [len(title) * 22 * BOLD_WIDTH, len(summary) * 14 * MONO_WIDTH]
    width = int(max(layout.right, _LEAST_WIDTH, max(heads) + 2 * _MARGIN))
    longest = int((width - 2 * _MARGIN) / (12 * MONO_WIDTH))
    notes = [line for text in _notes(graph) for line in wrapped(text, longest)]
    legend = list(_legend(graph, layout))
    height = int(layout.bottom) + 40 + 20 * (len(notes) + len(legend)) + 16
    picture = Picture(width, height, f"{title}: {summary}")
    picture.text(_MARGIN, 44, title, size=22, bold=True)
    picture.text(_MARGIN, 68, f"{summary}.", size=14, colour=GREY)
    _lanes(picture, layout)
    colours = _colours(layout)
    for bundle in layout.bundles:
        _line(picture, layout, bundle, colours[bundle])
    for box in layout.boxes:
        _box(picture, box)
    for bundle in layout.bundles:
        _label(picture, bundle, colours[bundle])
    _foot(picture, layout.bottom + 40, legend, notes)
    return picture.render()


def _summary(graph: Graph) -> str:
    single = [part for node in graph.nodes for part in node.parts or (node,) if part.kind == "workloads"]
    count = sum(len(node.names) for node in single)
    namespaces = len({node.namespace for node in single})
    opened = sum(len(node.names) for node in single if shown_open(node))
    words = f"{_count(count, 'workload')} in {_count(namespaces, 'namespace')}"
    return f"{words}, {opened} of them open" if opened else words


def _count(number: int, one: str) -> str:
    return f"{number:,} {one}{'' if number == 1 else 's'}"


def _lanes(picture: Picture, layout: Layout) -> None:
    if layout.cards:
        text = "Without an arrow of their own"
        picture.text(_MARGIN, layout.cards_top + 18, text, size=LANE_NAME_SIZE, bold=True, colour=INK)
    for lane in (*layout.lanes, *layout.cards):
        picture.box(lane.x, lane.y, lane.width, lane.height, fill=_LANE[0], stroke=_LANE[1], radius=10)
        text = lane.name or "every namespace"
        picture.text(lane.x + 12, lane.y + 20, text, size=LANE_NAME_SIZE, bold=True, colour=GREY)


def _colours(layout: Layout) -> dict[Bundle, str]:
    boxes = list(dict.fromkeys(bundle.destination for bundle in layout.bundles))
    found = {}
    for bundle in layout.bundles:
        world = any(box.node.world for box in (bundle.destination, *bundle.sources))
        plain = _LINES[boxes.index(bundle.destination) % len(_LINES)]
        if bundle.turn is not None:
            found[bundle] = _TURNS[bundle.turn][0]
            continue
        found[bundle] = _DENIED if bundle.denied else _WORLD[1] if world else plain
    return found


def _line(picture: Picture, layout: Layout, bundle: Bundle, colour: str) -> None:
    says = f"{_who(bundle)}: {'denied ' if bundle.denied else ''}{bundle.full}"
    for points in layout.paths(bundle):
        dashed = bundle.turn is not None and _TURNS[bundle.turn][1]
        picture.line(points, colour=colour, dashed=dashed, arrow=not bundle.denied, title=says, radius=5)
    for x, y in layout.joints(bundle):
        picture.circle(x, y, 2.5, fill=colour, stroke=colour)
    if bundle.denied:
        _cross(picture, bundle.destination.x - 7, bundle.entry, colour)


def _cross(picture: Picture, x: float, y: float, colour: str) -> None:
    picture.line([(x - 4, y - 4), (x + 4, y + 4)], colour=colour, width=2, arrow=False)
    picture.line([(x - 4, y + 4), (x + 4, y - 4)], colour=colour, width=2, arrow=False)


def _who(bundle: Bundle) -> str:
    names = ", ".join(dict.fromkeys(name for box in bundle.sources for name in box.names))
    return f"{names} to {', '.join(bundle.destination.names)}"


def _label(picture: Picture, bundle: Bundle, colour: str) -> None:
    x = bundle.destination.x - 14 - bundle.label_width
    for number, line in enumerate(reversed(bundle.lines)):
        y = bundle.entry - 4 - number * LABEL_LINE
        picture.text(x, y, line, size=LABEL_SIZE, mono=True, colour=colour)


def _box(picture: Picture, box: Box) -> None:
    fill, stroke = _style(box)
    dashed = not box.node.described or box.node.kind in ("namespace", "part", "cluster")
    picture.box(box.x, box.y, box.width, box.height, fill=fill, stroke=stroke, dashed=dashed)
    rows = len(box.names) * LINE + len(box.notes) * LABEL_LINE + (22 if box.tags else 0)
    y = box.y + (box.height - rows) / 2
    if box.node.world:
        _globe(picture, box.x + box.width - 16, box.y + 15)
    for name in box.names:
        picture.text(box.x + PADDING, y + 12.5, name, size=NAME_SIZE, mono=True, bold=True)
        y += LINE
    for text, denied in box.notes:
        colour = _DENIED if denied else GREY
        picture.text(box.x + PADDING, y + 10, text, size=LABEL_SIZE, mono=True, colour=colour)
        y += LABEL_LINE
    x = box.x + PADDING
    for tag in box.tags:
        ground, ink = _OPEN if tag.startswith("open") else _CALM
        picture.box(x, y + 3, tag_width(tag), 16, fill=ground, stroke=ground, radius=8)
        picture.text(x + tag_width(tag) / 2, y + 14.5, tag, size=10.5, colour=ink, middle=True)
        x += tag_width(tag) + 6


def _style(box: Box) -> tuple[str, str]:
    node = box.node
    if node.world:
        return _WORLD
    if node.kind == "outside":
        return _BESIDE
    if node.kind not in ("workloads", "summary"):
        return _WHOLE
    return _INSIDE if node.described else _UNKNOWN


def _globe(picture: Picture, x: float, y: float) -> None:
    colour = _WORLD[1]
    picture.circle(x, y, 6, fill="none", stroke=colour)
    picture.line([(x - 6, y), (x + 6, y)], colour=colour, width=1, arrow=False)
    picture.line([(x, y - 6), (x, y + 6)], colour=colour, width=1, arrow=False)


_TURN_WORDS: Final[dict[Turn, str]] = {
    "opens": "opens: passes now, and did not before",
    "closes": "closes: passed before, and does not now",
    "changes": "changes: other requests pass than before",
    "unknown": "not known: depends on something that no file describes",
}


def _legend(graph: Graph, layout: Layout) -> Iterator[tuple[str, str]]:
    """The meaning of each mark in the picture."""
    tags = {tag for box in layout.boxes for tag in box.tags}
    turns = {bundle.turn for bundle in layout.bundles}
    yield from ((turn, text) for turn, text in _TURN_WORDS.items() if turn in turns)
    if any(not bundle.denied and bundle.turn is None for bundle in layout.bundles):
        yield "arrow", "may begin connections to the ports at its head; answers always pass"
    if any(bundle.denied and bundle.turn is None for bundle in layout.bundles):
        yield "denied", "is denied, though another rule allows it or nothing else refuses it"
    if any(tag.startswith("open") for tag in tags):
        but = ", unless an arrow denies it" if any("denials" in tag for tag in tags) else ""
        yield "open", f"not isolated by a policy: open out to open in passes{but}"
    if any(box.node.world for box in layout.boxes):
        yield "world", "outside the cluster"
    if any(not box.node.described for box in layout.boxes):
        yield "mentioned", "only policies mention it"
    if any(box.node.kind in ("namespace", "part", "cluster") for box in layout.boxes):
        yield "whole", "stands for all the workloads that it names, except those on their node's network"


_SUMMED: Final = (
    "A box holds the workloads of a namespace: an arrow 'from some' or 'to some' does not hold for all of "
    "them, 'between some' not for all pairs, and with 'some requests' it differs which requests pass."
)


_MOST_TOLD: Final = 20
"""Lines of a picture about what is not drawn."""


def _notes(graph: Graph) -> list[str]:
    things = [text for text in graph.missing if not text.startswith("whether ")]
    needs = [f"Not known until somebody describes {', '.join(things)}."] if things else []
    needs += [f"Not known: {text}." for text in graph.missing if text not in things]
    summed = [_SUMMED] if any(node.kind == "summary" for node in graph.nodes) else []
    told = graph.unknown if len(graph.unknown) <= _MOST_TOLD else graph.unknown[: _MOST_TOLD - 1]
    more = len(graph.unknown) - len(told)
    rest = [f"Not drawn, and listed by the command alone: {more} more."] if more else []
    return [*summed, *needs, *(f"Not drawn: {text}." for text in told), *rest]


def _foot(picture: Picture, y: float, legend: Sequence[tuple[str, str]], notes: Sequence[str]) -> None:
    for mark, text in legend:
        _mark(picture, mark, _MARGIN, y)
        picture.text(_MARGIN + 44, y + 4, text, size=12, colour=GREY)
        y += 20
    for text in notes:
        picture.text(_MARGIN, y + 4, text, size=12, colour=INK)
        y += 20


def _mark(picture: Picture, mark: str, x: float, y: float) -> None:
    match mark:
        case "opens" | "closes" | "changes" | "unknown":
            colour, dashed = _TURNS[mark]
            picture.line([(x, y), (x + 32, y)], colour=colour, dashed=dashed, arrow=mark != "closes")
            if mark == "closes":
                _cross(picture, x + 24, y, colour)
        case "arrow":
            picture.line([(x, y), (x + 32, y)], colour=_LINES[0])
        case "denied":
            picture.line([(x, y), (x + 32, y)], colour=_DENIED, arrow=False)
            _cross(picture, x + 24, y, _DENIED)
        case "open":
            picture.box(x, y - 7, 32, 14, fill=_OPEN[0], stroke=_OPEN[0], radius=7)
            picture.text(x + 16, y + 3.5, "open", size=10, colour=_OPEN[1], middle=True)
        case "world":
            picture.box(x, y - 7, 32, 14, fill=_WORLD[0], stroke=_WORLD[1], radius=4)
        case "mentioned":
            picture.box(x, y - 7, 32, 14, fill=_UNKNOWN[0], stroke=_UNKNOWN[1], radius=4, dashed=True)
        case _:
            picture.box(x, y - 7, 32, 14, fill=_WHOLE[0], stroke=_WHOLE[1], radius=4, dashed=True)
