"""The graph with one box for each namespace, for pictures where one for each workload is too much to read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Final

from cdk_eks_cilium.policy_analysis.evaluation import PortSet

from .nodes import Arrow, Graph, GraphNode, Label, Turn

SOME_REQUESTS: Final = "some requests"
"""What passes where the arrows that one stands for let different requests pass."""


def by_namespace(graph: Graph) -> Graph:
    """Merge the workloads of each namespace, and the arrows between the same boxes.

    An arrow of the result says that something passes between its boxes, and where not all workloads of a box
    take part, its label says ``some``. Workloads on their nodes' network are apart, for policies of pods do
    not hold there. What stands for many namespaces stays.
    """
    members: dict[tuple[str | None, bool], list[int]] = {}
    for number, node in enumerate(graph.nodes):
        if node.kind == "workloads":
            members.setdefault((node.namespace, node.host_network), []).append(number)
    boxes: list[GraphNode] = []
    ends: dict[int, _End] = {}
    for number, node in enumerate(graph.nodes):
        key = (node.namespace, node.host_network)
        if node.kind == "namespace" and key in members:
            continue
        if node.kind != "workloads":
            ends[number] = _End(len(boxes), (number,), 1)
            boxes.append(node)
        elif members[key][0] == number:
            ends |= {each: _End(len(boxes), (each,), len(members[key])) for each in members[key]}
            boxes.append(_summary([graph.nodes[each] for each in members[key]]))
    for number, node in enumerate(graph.nodes):
        if number not in ends:
            inside = members[node.namespace, False]
            ends[number] = _End(ends[inside[0]].box, tuple(inside), len(inside))
    merged: dict[tuple[int, int, bool, Turn | None], _Merged] = {}
    for arrow in graph.arrows:
        source, destination = ends[arrow.source], ends[arrow.destination]
        merged.setdefault(
            (source.box, destination.box, arrow.denied, arrow.turn), _Merged(source.of, destination.of)
        ).add(arrow, source.members, destination.members)
    arrows = [
        Arrow(
            source,
            destination,
            each.label(within=source == destination),
            denied,
            "all" if source == destination else None,
            turn,
            each.missing,
        )
        for (source, destination, denied, turn), each in merged.items()
    ]
    return Graph(*_with_places_merged(boxes, arrows), graph.unknown)


def _with_places_merged(
    boxes: Sequence[GraphNode], arrows: Sequence[Arrow]
) -> tuple[tuple[GraphNode, ...], tuple[Arrow, ...]]:
    """The boxes and arrows with one box for names and addresses that have equal arrows now."""
    ends: dict[int, set[tuple[object, ...]]] = {}
    for arrow in arrows:
        said = (arrow.label.lines, arrow.verdict, arrow.turn, arrow.missing)
        ends.setdefault(arrow.source, set()).add(("to", arrow.destination, *said))
        ends.setdefault(arrow.destination, set()).add(("from", arrow.source, *said))
    groups: dict[object, list[int]] = {}
    for number, box in enumerate(boxes):
        is_place = box.kind == "outside" and {one.kind for one in box.endpoints} <= {"fqdn", "address"}
        key = (box.world, box.directions, frozenset(ends.get(number, ()))) if is_place else number
        groups.setdefault(key, []).append(number)
    place = {number: at for at, group in enumerate(groups.values()) for number in group}
    merged = [
        replace(
            boxes[group[0]],
            names=tuple(name for number in group for name in boxes[number].names),
            endpoints=tuple(endpoint for number in group for endpoint in boxes[number].endpoints),
        )
        for group in groups.values()
    ]
    moved = (
        replace(arrow, source=place[arrow.source], destination=place[arrow.destination]) for arrow in arrows
    )
    once = {(one.source, one.destination, one.label.lines, one.verdict, one.turn): one for one in moved}
    return tuple(merged), tuple(once.values())


@dataclass(frozen=True)
class _End:
    """Where an arrow ends in the new graph: a box, the members that it is about, and how many the box has."""

    box: int
    members: tuple[int, ...]
    of: int


def _summary(parts: Sequence[GraphNode]) -> GraphNode:
    """The box of a namespace; a single kind of workload stays as it is."""
    if len(parts) == 1:
        return parts[0]
    first = parts[0]
    return GraphNode(
        "summary",
        tuple(name for part in parts for name in part.names),
        first.namespace,
        tuple(endpoint for part in parts for endpoint in part.endpoints),
        host_network=first.host_network,
        described=any(part.described for part in parts),
        parts=tuple(parts),
    )


@dataclass
class _Merged:
    """The arrows of two boxes of which one arrow remains."""

    of_sources: int
    of_destinations: int
    _arrows: list[Arrow] = field(default_factory=list)
    _pairs: set[tuple[int, int]] = field(default_factory=set)

    def add(self, arrow: Arrow, sources: Iterable[int], destinations: Iterable[int]) -> None:
        self._arrows.append(arrow)
        self._pairs |= set(product(sources, destinations))

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(text for arrow in self._arrows for text in arrow.missing))

    def label(self, *, within: bool) -> Label:
        labels = [arrow.label for arrow in self._arrows]
        plain = PortSet.union(label.ports for label in labels)
        limited = [limit for label in labels for limit in label.limits]
        texts = {text for _, text in limited}
        ports = PortSet.union(each for each, _ in limited) - plain
        text = texts.pop() if len(texts) == 1 else SOME_REQUESTS
        limits = ((ports, text),) if ports else ()
        return Label(plain, limits, labels[0].word, self._share(within=within))

    def _share(self, *, within: bool) -> str:
        """Whom of the two boxes it is about, if it is not about all."""
        sources, destinations = ({pair[end] for pair in self._pairs} for end in (0, 1))
        if within:
            every = len(self._pairs) == self.of_sources * self.of_destinations
            return "" if every and self._is_one else "between some"
        one, other = len(sources) < self.of_sources, len(destinations) < self.of_destinations
        if self._is_one and len(self._pairs) == len(sources) * len(destinations):
            return " ".join(["from some"] * one + ["to some"] * other)
        if self.of_destinations == 1:
            return "from some"
        return "to some" if self.of_sources == 1 else "between some"

    @property
    def _is_one(self) -> bool:
        """Whether all arrows say the same."""
        return len({(arrow.label.lines, arrow.among) for arrow in self._arrows}) == 1
