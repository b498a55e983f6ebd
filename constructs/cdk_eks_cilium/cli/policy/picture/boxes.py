"""The text in boxes and beside arrows, and its size."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from cdk_eks_cilium.policy_analysis.evaluation import Direction
from cdk_eks_cilium.policy_analysis.graph import Arrow, Graph, GraphNode, Turn

Role = Literal["left", "inside", "right"]

MONO_WIDTH: Final = 0.62
"""Width of a letter of the widest monospaced font, in font sizes."""

BOLD_WIDTH: Final = 0.67
"""Width of a bold letter, also of a proportional font without a monospaced font."""

NAME_SIZE: Final = 12.5
LANE_NAME_SIZE: Final = 13
LABEL_SIZE: Final = 11
LINE: Final = 17
LABEL_LINE: Final = 14
ENTRY_GAP: Final = 10
EXIT: Final = 16
PADDING: Final = 10
MARK: Final = 24
"""Pixels of the mark for outside the cluster."""

_MOST_NAMES: Final = 7
_MOST_LINES: Final = 14
_LONGEST_NAME: Final = 34
_LONGEST_LABEL: Final = 32
_LONGEST_NOTE: Final = 44
_NARROWEST: Final = 96
_INDENT: Final = "  "

_AMONG: Final = {"own": "among its own pods", "others": "with the others", "all": "with each other"}


@dataclass(eq=False)
class Box:
    """A box; sides outside the cluster may have a box on the left and one on the right.

    Attributes:
        node: What it shows.
        role: Where it is. Outside the cluster, sides that begin are on the left, the others on the right.
        names: Lines of names.
        tags: Words about how open it is.
        notes: Lines about its members among themselves, each with whether it is denied.
        column: Its column.
        lane: The index of its namespace; None outside.
        x: Pixels.
        y: Pixels.
        width: Pixels.
        entries: The bundles that end here, from top to bottom.
        exits: The bundles that begin here, from top to bottom.
    """

    node: GraphNode
    role: Role
    names: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    notes: tuple[tuple[str, bool], ...] = ()
    column: int = 0
    lane: int | None = None
    x: float = 0
    y: float = 0
    width: float = 0
    entries: list[Bundle] = field(default_factory=list)
    exits: list[Bundle] = field(default_factory=list)

    @property
    def least_width(self) -> float:
        """Pixels that its text takes."""
        longest = max(map(len, self.names), default=0)
        tags = sum(tag_width(tag) + 6 for tag in self.tags)
        notes = max((len(text) * LABEL_SIZE * MONO_WIDTH for text, _ in self.notes), default=0)
        names = longest * NAME_SIZE * BOLD_WIDTH + (MARK if self.node.world else 0)
        # The lane holds its own name, too.
        lane = len(self.node.namespace or "every namespace") * LANE_NAME_SIZE * BOLD_WIDTH
        return max(_NARROWEST, names, tags, notes, lane) + 2 * PADDING

    @property
    def height(self) -> float:
        """Pixels: what its text takes, or its arrows."""
        lines = len(self.names) * LINE + len(self.notes) * LABEL_LINE + (22 if self.tags else 0)
        entries = sum(map(entry_height, self.entries))
        # A multiple of the grid of arrows, so that boxes end on it.
        return _rounded(max(lines + 2 * PADDING, entries + 8, len(self.exits) * EXIT + 8), 8)


@dataclass(eq=False)
class Bundle:
    """Equal arrows to one box, drawn as one line from several boxes.

    Attributes:
        destination: Where it ends.
        sources: Where it begins.
        lines: The label.
        full: The label, uncut.
        denied: Whether it shows a denial.
        turn: What happens, in a picture of changes.
        gap: The gap between lanes that it runs in, if a source is not in the column before.
        entry: Where it ends, in pixels from the top.
        exits: Where it leaves each source, in pixels from the top.
    """

    destination: Box
    sources: list[Box]
    lines: tuple[str, ...]
    full: str
    denied: bool
    turn: Turn | None = None
    gap: int | None = None
    entry: float = 0
    exits: dict[Box, float] = field(default_factory=dict)

    def far(self) -> list[Box]:
        """The sources that are not in the column before."""
        return [box for box in self.sources if box.column + 1 != self.destination.column]

    @property
    def label_width(self) -> float:
        """Pixels."""
        return max(map(len, self.lines), default=0) * LABEL_SIZE * MONO_WIDTH


def entry_height(bundle: Bundle) -> float:
    """Pixels of a box's side for an arrow with its text."""
    return len(bundle.lines) * LABEL_LINE + ENTRY_GAP


def tag_width(text: str) -> float:
    """Pixels of a tag."""
    return len(text) * 6.2 + 14


def boxes_of(graph: Graph) -> tuple[list[Box], list[Bundle]]:
    """The boxes of a graph with their text, and what runs between them."""
    places: dict[tuple[int, Role], Box] = {}
    bundles: dict[tuple[Box, tuple[str, ...], bool, Turn | None], Bundle] = {}
    loops: dict[int, list[Arrow]] = {}
    for arrow in graph.arrows:
        if arrow.source == arrow.destination:
            loops.setdefault(arrow.source, []).append(arrow)
    for number, node in enumerate(graph.nodes):
        if node.kind != "outside":
            places[number, "inside"] = _box(graph, node, "inside", loops.get(number, ()))
    for arrow in graph.arrows:
        if arrow.source == arrow.destination:
            continue
        source = _place(graph, places, arrow.source, "left")
        destination = _place(graph, places, arrow.destination, "right")
        lines = arrow.label.lines
        key = (destination, lines, arrow.denied, arrow.turn)
        if key not in bundles:
            shown = tuple(_shown(lines))
            bundles[key] = Bundle(destination, [], shown, "\n".join(lines), arrow.denied, arrow.turn)
            destination.entries.append(bundles[key])
        bundles[key].sources.append(source)
        source.exits.append(bundles[key])
    return list(places.values()), list(bundles.values())


def _shown(lines: Sequence[str]) -> list[str]:
    """The text at an arrow; long alternatives get lines of their own, and long lines go on in the next."""
    parts: list[str] = []
    for line in lines:
        one, *others = line.split(" or ") if len(line) > _LONGEST_LABEL else [line]
        for part in (one, *(f"or {other}" for other in others)):
            parts += wrapped(part, _LONGEST_LABEL)
    return _some(parts, _MOST_LINES, "lines")


def _place(graph: Graph, places: dict[tuple[int, Role], Box], number: int, beside: Role) -> Box:
    node = graph.nodes[number]
    role: Role = beside if node.kind == "outside" else "inside"
    if (number, role) not in places:
        places[number, role] = _box(graph, node, role, ())
    return places[number, role]


def _box(graph: Graph, node: GraphNode, role: Role, loops: Sequence[Arrow]) -> Box:
    notes = tuple(
        (text, arrow.denied)
        for arrow in loops
        for line in arrow.label.lines
        for text in wrapped(f"{_among(arrow)}: {line}", _LONGEST_NOTE)
    )
    return Box(node, role, tuple(_names(node, graph)), tuple(_tags(node)), notes)


def _among(arrow: Arrow) -> str:
    """Among whom an arrow of a box to itself is. The word of a change says by itself that it closes."""
    return _AMONG[arrow.among or "all"] + (" not" if arrow.denied and arrow.turn is None else "")


def _names(node: GraphNode, graph: Graph) -> Iterator[str]:
    if node.kind in ("namespace", "cluster"):
        yield f"all {len(node.names)} workloads"
    elif node.kind == "part":
        yield from part_names(node, graph)
    else:
        for name in _some(node.names, _MOST_NAMES):
            yield from wrapped(name, _LONGEST_NAME)


def part_names(node: GraphNode, graph: Graph) -> Iterator[str]:
    """Many workloads of the cluster in few lines: by whole namespaces, or all without some."""
    every: dict[str, set[str]] = {}
    for one in graph.nodes:
        if one.kind == "workloads" and not one.host_network and one.namespace is not None:
            every.setdefault(one.namespace, set()).update(one.names)
    own: dict[str, set[str]] = {}
    for endpoint, name in zip(node.endpoints, node.names, strict=True):
        assert endpoint.workload is not None
        own.setdefault(endpoint.workload.namespace, set()).add(name)
    left = {space: names - own.get(space, set()) for space, names in every.items()}
    among, beside = (
        _listed(own, every),
        _listed({space: names for space, names in left.items() if names}, every),
    )
    yield f"{len(node.names)} workloads"
    lines, first = (beside, "all but") if len(beside) < len(among) else (among, "of")
    for place, line in enumerate(lines):
        yield from wrapped(line if place else f"{first} {line}", _LONGEST_NAME)


def _listed(some: dict[str, set[str]], every: dict[str, set[str]]) -> list[str]:
    """Workloads by namespace; a namespace by its name alone if all of it is there."""
    lines: list[str] = []
    for space, names in sorted(some.items()):
        if names >= every.get(space, set()):
            lines.append(f"{space}/*")
        else:
            lines += [f"{space}/{name}" for name in sorted(names)]
    return lines


def _tags(node: GraphNode) -> Iterator[str]:
    if node.kind != "workloads":
        return
    if not node.described:
        yield "not in the files"
    if node.host_network:
        yield "on the node's network"
    words = {"ingress": "open in", "egress": "open out"}
    for direction in shown_open(node):
        yield f"{words[direction]}{' but for denials' if direction in node.but_denied else ''}"


def shown_open(node: GraphNode) -> list[Direction]:
    """The directions in which a box is shown as open.

    On the node's network policies do not hold. Pods that are only peers of policies are not shown as open:
    their own policies may be somewhere else.
    """
    if node.kind != "workloads" or node.host_network or (not node.described and len(node.open) > 1):
        return []
    return sorted(node.open, reverse=True)


def _some(texts: Sequence[str], most: int, what: str = "") -> list[str]:
    if len(texts) <= most:
        return list(texts)
    return [*texts[: most - 1], f"and {len(texts) - most + 1} more {what}".rstrip()]


def wrapped(text: str, most: int) -> list[str]:
    """A text as lines that are not too long: broken after spaces and marks, else anywhere.

    Nothing is left out: names often differ in one letter.
    """
    lines = [""]
    for word in re.findall(r"[^\s,/|=-]*[\s,/|=-]?", text):
        room = most - len(lines[-1])
        if len(word.rstrip()) > room and lines[-1].strip():
            lines.append(_INDENT)
        while len((lines[-1] + word).rstrip()) > most:
            room = most - len(lines[-1])
            lines[-1] += word[:room]
            word = word[room:]
            lines.append(_INDENT)
        lines[-1] += word
    return [line.rstrip() for line in lines if line.strip()]


def _rounded(number: float, step: int) -> int:
    return -(-int(number) // step) * step
