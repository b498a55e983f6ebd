"""What a person reads from a graph of policies."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from cdk_eks_cilium.policy.evaluation import Direction, Endpoint
from cdk_eks_cilium.policy.graph import Arrow, Graph, Node


def box(graph: Graph, endpoint: Endpoint) -> Node:
    """The box that shows a side by itself."""
    (found,) = [node for node in graph.nodes if _is_single(node) and endpoint in node.endpoints]
    return found


def _is_single(node: Node) -> bool:
    return node.kind in ("workloads", "outside")


def pairs(graph: Graph, arrow: Arrow) -> Iterator[tuple[Endpoint, Endpoint]]:
    """The pairs that an arrow speaks of."""
    source, destination = graph.nodes[arrow.source], graph.nodes[arrow.destination]
    wholes = not _is_single(source) and not _is_single(destination)
    for one, other in product(source.endpoints, destination.endpoints):
        if arrow.among is not None:
            if arrow.among == "all" or (one == other) == (arrow.among == "own"):
                yield one, other
        elif wholes or box(graph, one) != box(graph, other):
            yield one, other


class Reading:
    """All arrows of a graph, taken apart."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.said: dict[tuple[Endpoint, Endpoint], list[Arrow]] = {}
        for arrow in graph.arrows:
            for pair in pairs(graph, arrow):
                self.said.setdefault(pair, []).append(arrow)

    def passes(self, source: Endpoint, destination: Endpoint, protocol: str, port: int) -> tuple[bool, bool]:
        """Whether a flow may pass, and whether it may for some requests only."""
        arrows = self.said.get((source, destination), [])
        denied = any((protocol, port) in arrow.label.ports for arrow in arrows if arrow.denied)
        plain = any((protocol, port) in arrow.label.ports for arrow in arrows if not arrow.denied)
        limited = any((protocol, port) in ports for arrow in arrows for ports, _ in arrow.label.limits)
        assert not (denied and (plain or limited)), "an arrow lets through what another one denies"
        is_open = self._is_open(source, "egress") and self._is_open(destination, "ingress")
        return plain or limited or (is_open and not denied), limited

    def _is_open(self, side: Endpoint, direction: Direction) -> bool:
        return side.workload is None or direction in box(self.graph, side).open
