"""The places of boxes: columns by who begins, bands by namespace; most arrows run to the right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import fmean
from typing import Final

import networkx

from .bands import BETWEEN, HEAD, Band, NamespaceBlock, Ties, pack
from .boxes import Box, Bundle

_SWEEPS: Final = 6
_TALL: Final = 560
"""Pixels of the boxes in a column of a namespace from which some stand in other columns."""

_PAGE: Final = 1100
"""Pixels of all boxes in a column from which some stand in other columns."""

_MOST_ABREAST: Final = 7
"""Columns that a page is wide."""


def place(boxes: Sequence[Box], bundles: Sequence[Bundle]) -> list[Band]:
    """Give every box its column and every namespace its band.

    Returns:
        The bands, from top to bottom.
    """
    inside = [box for box in boxes if box.role == "inside"]
    pairs = [(source, bundle.destination) for bundle in bundles for source in bundle.sources]
    _columns(boxes, inside, pairs)
    spaces: dict[str, list[Box]] = {}
    for box in inside:
        spaces.setdefault(box.node.namespace or "", []).append(box)
    bands = pack(
        [NamespaceBlock(name or None, members) for name, members in sorted(spaces.items())], _ties(pairs)
    )
    _sort(boxes, bands, pairs)
    return bands


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
    spaces: dict[str | None, list[Box]] = {}
    for box in inside:
        spaces.setdefault(box.node.namespace, []).append(box)
    columns = range(first, last + 1)
    for members in spaces.values():
        _spread(members, members, _TALL, acyclic, columns)
    alone = [box for members in spaces.values() for box in members if len(members) == 1]
    _spread(alone, inside, _PAGE, acyclic, columns)
    _abreast(_families(graph, spaces.values()), columns)
    last = max((box.column for box in inside), default=0)
    for box in boxes:
        if box.role == "right":
            box.column = last + 1


def _families(graph: networkx.DiGraph[Box], spaces: Iterable[Sequence[Box]]) -> list[set[Box]]:
    """Boxes that arrows or namespaces connect, however far; the largest first."""
    connected = graph.to_undirected()
    for members in spaces:
        networkx.add_path(connected, members)
    return sorted(networkx.connected_components(connected), key=lambda one: -len(one))


def _abreast(families: Sequence[set[Box]], columns: range) -> None:
    """Move families that nothing connects beside each other, into as few more columns as a page needs."""
    starts = {id(family): min(box.column for box in family) for family in families}
    for last in range(columns[-1], max(columns[-1], _MOST_ABREAST) + 1):
        if _moved(families, starts, range(columns[0], last + 1)) <= _PAGE:
            break


def _moved(families: Sequence[set[Box]], starts: dict[int, int], columns: range) -> float:
    """Move each family to where columns stay lowest, and return the pixels of the tallest."""
    heights = dict.fromkeys(columns, 0.0)
    for family in families:
        start = min(box.column for box in family)
        own: dict[int, float] = {}
        for box in family:
            own[box.column - start] = own.get(box.column - start, 0) + box.height + BETWEEN + HEAD

        def tallest(at: int, own: dict[int, float] = own) -> float:
            return max(heights[at + column] + height for column, height in own.items())

        home = starts[id(family)]
        room = range(columns[0], columns[-1] + 1 - max(own))
        best = home if tallest(home) <= _PAGE else min(room, key=lambda at: (tallest(at), at))
        for box in family:
            box.column += best - start
        for column, height in own.items():
            heights[best + column] += height
    return max(heights.values(), default=0)


def _spread(
    boxes: Iterable[Box], among: Iterable[Box], tall: float, acyclic: networkx.DiGraph[Box], columns: range
) -> None:
    """Move boxes from columns that are taller than *tall*, counting those *among* which they stand.

    No arrow turns around.
    """
    heights = dict.fromkeys(columns, 0.0)
    for box in among:
        heights[box.column] += box.height + BETWEEN
    for box in boxes:
        earliest = max((one.column + 1 for one in acyclic.predecessors(box)), default=columns[0])
        latest = min((one.column - 1 for one in acyclic.successors(box)), default=columns[-1])
        column, height = box.column, box.height + BETWEEN
        best = min(range(earliest, latest + 1), key=lambda at: (heights[at], abs(at - column), at))
        if heights[column] > tall and heights[best] + height < heights[column]:
            heights[column] -= height
            heights[best] += height
            box.column = best


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


def _ties(pairs: Iterable[tuple[Box, Box]]) -> Ties:
    """How many arrows run between each two namespaces."""
    found: dict[tuple[str, str], int] = {}
    for one, other in pairs:
        if one.role == other.role == "inside" and one.node.namespace != other.node.namespace:
            first, second = sorted((one.node.namespace or "", other.node.namespace or ""))
            found[first, second] = found.get((first, second), 0) + 1
    return found


def _sort(boxes: Sequence[Box], bands: Sequence[Band], pairs: Iterable[tuple[Box, Box]]) -> None:
    """Put the boxes of each column of a namespace in order, so that arrows cross little."""
    near: dict[Box, list[Box]] = {}
    for source, destination in pairs:
        near.setdefault(source, []).append(destination)
        near.setdefault(destination, []).append(source)
    stacks = [stack for band in bands for block in band.blocks for stack in block.stacks.values()]
    for _ in range(_SWEEPS):
        at = heights(boxes, bands)
        for stack in stacks:
            middle = {box: fmean([at[one] for one in near[box]]) if box in near else at[box] for box in stack}
            stack.sort(key=middle.__getitem__)


def heights(boxes: Iterable[Box], bands: Sequence[Band]) -> dict[Box, float]:
    """The rough height of each box, in bands."""
    at: dict[Box, float] = {}
    for number, band in enumerate(bands):
        for block in band.blocks:
            for stack in block.stacks.values():
                for place, box in enumerate(stack):
                    share = (place + 1) / (len(stack) + 1)
                    at[box] = number + (block.top + share * block.height) / band.height
    for box in boxes:
        if box.role != "inside":
            ends = [bundle.destination for bundle in box.exits]
            ends += [one for bundle in box.entries for one in bundle.sources]
            at[box] = fmean([at[one] for one in ends if one in at] or [len(bands) / 2])
    return at
