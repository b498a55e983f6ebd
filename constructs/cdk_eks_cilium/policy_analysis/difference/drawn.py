"""The graph of what changes: a box for sides that change together, and an arrow for each line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cdk_eks_cilium.policy_analysis.evaluation.compiled import DIRECTIONS
from cdk_eks_cilium.policy_analysis.evaluation.spans import PortSet
from cdk_eks_cilium.policy_analysis.graph import Arrow, Graph, GraphNode, Label

from .difference import PolicyDifference
from .ends import NamedEnd, within
from .grouping import ChangeLine
from .sides import OUTSIDE
from .standing import Standing

_WORDS = {"opens": "opens", "closes": "closes", "changes": "changes", "unknown": "not known:"}


def change_graph(difference: PolicyDifference, lines: Sequence[ChangeLine]) -> Graph:
    """Make the graph of some lines, with a box for each end; ends that always stand together share a box."""
    boxes = _Boxes(lines)
    arrows = [
        Arrow(
            source,
            destination,
            _label(line),
            line.kind == "closes",
            None if source != destination else "all",
            line.kind,
        )
        for line in lines
        for source in boxes.of(line.source_ends)
        for destination in boxes.of(line.destination_ends)
    ]
    return Graph(boxes.nodes(), tuple(arrows), difference.not_compared)


class _Boxes:
    """The ends of some lines, those together that always stand together."""

    def __init__(self, lines: Iterable[ChangeLine]) -> None:
        places: dict[NamedEnd, set[tuple[int, bool]]] = {}
        for number, line in enumerate(lines):
            for begins, ends in ((True, line.source_ends), (False, line.destination_ends)):
                for end in ends:
                    places.setdefault(end, set()).add((number, begins))
        groups: dict[tuple[object, ...], list[NamedEnd]] = {}
        for end, found in places.items():
            first = end.sides[0]
            one = end.text if end.whole else ""
            key = (one, first.tenant, first.is_pod, first.presence == "neither", frozenset(found))
            groups.setdefault(key, []).append(end)
        self._members = [tuple(group) for group in groups.values()]
        self._place = {end: number for number, group in enumerate(self._members) for end in group}

    def of(self, ends: Iterable[NamedEnd]) -> list[int]:
        """The boxes of some ends."""
        return sorted({self._place[end] for end in ends})

    def nodes(self) -> tuple[GraphNode, ...]:
        """The boxes."""
        return tuple(map(_node, self._members))


def _node(ends: Sequence[NamedEnd]) -> GraphNode:
    members = [side for end in ends for side in end.sides]
    first = members[0]
    endpoints = tuple(one.new for one in members)
    names = tuple(map(within, members))
    if ends[0].whole:
        tenant = first.tenant if ends[0].whole == "namespace" else None
        return GraphNode(ends[0].whole, names, tenant, endpoints)
    if first.new.workload is None:
        world = first.tenant == OUTSIDE
        return GraphNode("outside", names, None, endpoints, world=world, directions=frozenset(DIRECTIONS))
    return GraphNode(
        "workloads",
        names,
        first.tenant,
        endpoints,
        host_network=not first.is_pod,
        described=first.presence != "neither",
    )


def _label(line: ChangeLine) -> Label:
    word = _WORDS[line.kind]
    limits = _limits(line.before, line.after)
    if not limits:
        return Label(line.ports, word=word)
    return Label(PortSet({}), ((line.ports, limits),), word)


def _limits(before: Standing, after: Standing) -> str:
    """The limits of what passes now, else of what passed before."""
    shown = after if after.verdict != "denied" else before
    return str(shown) if shown.limits or shown.verdict == "unknown" else ""
