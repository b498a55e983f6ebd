"""The places of boxes: columns by who begins, lanes by namespace; most arrows run to the right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import permutations
from statistics import fmean
from typing import Final

import networkx

from .boxes import Box, Bundle

_MOST_PERMUTED: Final = 6
_SWEEPS: Final = 6


def place(boxes: Sequence[Box], bundles: Sequence[Bundle]) -> list[str | None]:
    """Give every box its column and its lane.

    Returns:
        The namespaces of the lanes, from top to bottom; None for the lane of the whole cluster.
    """
    inside = [box for box in boxes if box.role == "inside"]
    pairs = [(source, bundle.destination) for bundle in bundles for source in bundle.sources]
    _columns(boxes, inside, pairs)
    lanes = _lanes(inside, pairs)
    for box in inside:
        box.lane = lanes.index(box.node.namespace)
    return lanes


def _columns(boxes: Sequence[Box], inside: Sequence[Box], pairs: Sequence[tuple[Box, Box]]) -> None:
    order = {box: number for number, box in enumerate(inside)}
    graph: networkx.DiGraph[Box] = networkx.DiGraph()
    graph.add_nodes_from(inside)
    graph.add_edges_from((one, other) for one, other in pairs if one in order and other in order)
    ranks: dict[Box, int] = _forward(graph, order)
    forward = [(one, other) for one, other in graph.edges if ranks[one] < ranks[other]]
    acyclic: networkx.DiGraph[Box] = networkx.DiGraph()
    acyclic.add_nodes_from(inside)
    acyclic.add_edges_from(forward)
    first = 1 if any(box.role == "left" for box in boxes) else 0
    for box in networkx.lexicographical_topological_sort(acyclic, key=ranks.__getitem__):
        box.column = max((one.column + 1 for one in acyclic.predecessors(box)), default=first)
    # A box that nobody reaches stands beside the boxes that it reaches.
    for box in inside:
        after = [one.column for one in acyclic.successors(box)]
        if after and not acyclic.in_degree(box):
            box.column = min(after) - 1
    tied = [one for one in inside if graph.degree(one)]
    for box in inside:
        if box not in tied:
            near = [one.column for one in tied if one.node.namespace == box.node.namespace]
            box.column = min(near, default=first)
    last = max((box.column for box in inside), default=0)
    for box in boxes:
        if box.role == "right":
            box.column = last + 1


def _forward(graph: networkx.DiGraph[Box], order: dict[Box, int]) -> dict[Box, int]:
    """An order of boxes with few arrows against it: sources first, sinks last, then the best source.

    The heuristic of Eades, Lin and Smyth for the feedback arc set.
    """
    left = graph.copy()
    head: list[Box] = []
    tail: list[Box] = []
    while left:
        sinks = [box for box in left if not left.out_degree(box)]
        sources = [box for box in left if not left.in_degree(box)]
        if sinks:
            chosen = max(sinks, key=order.__getitem__)
            tail.append(chosen)
        elif sources:
            chosen = min(sources, key=order.__getitem__)
            head.append(chosen)
        else:
            chosen = min(left, key=lambda box: (left.in_degree(box) - left.out_degree(box), order[box]))
            head.append(chosen)
        left.remove_node(chosen)
    return {box: number for number, box in enumerate([*head, *reversed(tail)])}


def _lanes(inside: Iterable[Box], pairs: Iterable[tuple[Box, Box]]) -> list[str | None]:
    """The namespaces, ordered so that namespaces that talk are near."""
    names = sorted({box.node.namespace or "" for box in inside})
    weights: dict[tuple[str, str], int] = {}
    for one, other in pairs:
        if one.role == other.role == "inside" and one.node.namespace != other.node.namespace:
            first, second = sorted((one.node.namespace or "", other.node.namespace or ""))
            weights[first, second] = weights.get((first, second), 0) + 1

    def far(order: Sequence[str]) -> int:
        at = {name: number for number, name in enumerate(order)}
        return sum(
            weight * abs(at[one] - at[other])
            for (one, other), weight in weights.items()
            if one in at and other in at
        )

    best: Sequence[str]
    if len(names) <= _MOST_PERMUTED:
        best = min(permutations(names), key=far)
    else:
        best = []
        ties = {name: sum(weight for pair, weight in weights.items() if name in pair) for name in names}
        for name in sorted(names, key=lambda name: -ties[name]):
            best = min(([*best[:at], name, *best[at:]] for at in range(len(best) + 1)), key=far)
    return [name or None for name in best]


def cells(boxes: Iterable[Box], bundles: Sequence[Bundle]) -> dict[tuple[int, int | None], list[Box]]:
    """The boxes of each column and lane, ordered so that arrows cross little."""
    found: dict[tuple[int, int | None], list[Box]] = {}
    for box in boxes:
        found.setdefault((box.column, box.lane), []).append(box)
    near: dict[Box, list[Box]] = {}
    for bundle in bundles:
        for source in bundle.sources:
            near.setdefault(source, []).append(bundle.destination)
            near.setdefault(bundle.destination, []).append(source)
    for _ in range(_SWEEPS):
        at = heights(found)
        for cell in found.values():
            middle = {box: fmean([at[one] for one in near[box]]) if box in near else at[box] for box in cell}
            cell.sort(key=middle.__getitem__)
    return found


def heights(found: dict[tuple[int, int | None], list[Box]]) -> dict[Box, float]:
    """The rough height of each box, in lanes."""
    at: dict[Box, float] = {}
    for (_, lane), cell in found.items():
        for number, box in enumerate(cell):
            at[box] = (lane or 0) + (number + 1) / (len(cell) + 1)
    beside = [box for (_, lane), cell in found.items() if lane is None for box in cell]
    most = max((lane for _, lane in found if lane is not None), default=0) + 1
    for box in beside:
        ends = [bundle.destination for bundle in box.exits]
        ends += [one for bundle in box.entries for one in bundle.sources]
        at[box] = fmean([at[one] for one in ends]) if ends else most / 2
    return at
