"""What a person reads from a graph of policies."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from cdk_eks_cilium.policy_analysis.evaluation import Direction, Endpoint, Verdict
from cdk_eks_cilium.policy_analysis.graph import Arrow, Graph, GraphNode


def box(graph: Graph, endpoint: Endpoint) -> GraphNode:
    """The box that shows a side by itself."""
    (found,) = [node for node in graph.nodes if _is_single(node) and endpoint in node.endpoints]
    return found


def _is_single(node: GraphNode) -> bool:
    return node.kind in ("workloads", "outside")


def pairs(graph: Graph, arrow: Arrow) -> Iterator[tuple[Endpoint, Endpoint]]:
    """The pairs that an arrow speaks of."""
    source, destination = graph.nodes[arrow.source], graph.nodes[arrow.destination]
    wholes = not _is_single(source) or not _is_single(destination)
    for one, other in product(source.endpoints, destination.endpoints):
        if arrow.among is not None:
            if arrow.among == "all" or (one == other) == (arrow.among == "own"):
                yield one, other
        elif wholes or not _share_a_box(graph, one, other):
            yield one, other


def _share_a_box(graph: Graph, one: Endpoint, other: Endpoint) -> bool:
    return any({one, other} <= {*node.endpoints} for node in graph.nodes if _is_single(node))


class Reading:
    """All arrows of a graph, taken apart."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.arrows: dict[tuple[Endpoint, Endpoint], list[Arrow]] = {}
        for arrow in graph.arrows:
            for pair in pairs(graph, arrow):
                self.arrows.setdefault(pair, []).append(arrow)

    def verdict(
        self, source: Endpoint, destination: Endpoint, protocol: str, port: int
    ) -> tuple[Verdict, bool]:
        """Whether a flow may pass, and whether it may for some requests only."""
        at = (protocol, port)
        own, whole = self.arrows.get((source, destination), []), list(self._arrows(source, destination))
        # Arrows of a part of the world go before arrows of the world.
        for arrows in (own, whole):
            if any(at in arrow.label.ports for arrow in arrows if arrow.verdict == "denied"):
                return "denied", False
            plain = any(at in arrow.label.ports for arrow in arrows if arrow.verdict == "allowed")
            limited = any(at in ports for arrow in arrows for ports, _ in arrow.label.limits)
            if plain or limited:
                return "allowed", limited and not plain
            if any(at in arrow.label.ports for arrow in arrows if arrow.verdict == "unknown"):
                return "unknown", False
        opened = self._is_open(source, "egress") and self._is_open(destination, "ingress")
        return "allowed" if opened else "denied", False

    def _arrows(self, source: Endpoint, destination: Endpoint) -> Iterator[Arrow]:
        """The arrows of a pair, and of the world if a side is part of it."""
        for one in (source, *_whole(source)):
            for other in (destination, *_whole(destination)):
                yield from self.arrows.get((one, other), ())

    def _is_open(self, side: Endpoint, direction: Direction) -> bool:
        return side.workload is None or direction in box(self.graph, side).open


def _whole(side: Endpoint) -> tuple[Endpoint, ...]:
    is_part = side.kind in ("fqdn", "address") or side.name == "kube-apiserver"
    return (Endpoint.entity("world"),) if is_part else ()


def lines(graph: Graph) -> list[str]:
    """The arrows as text, in order."""
    return sorted(_line(graph, arrow) for arrow in graph.arrows)


def _line(graph: Graph, arrow: Arrow) -> str:
    source, destination = (_text(graph.nodes[place]) for place in (arrow.source, arrow.destination))
    says = f"{'not ' if arrow.denied else ''}{'; '.join(arrow.label.lines)}"
    return f"{source} {arrow.among}: {says}" if arrow.among else f"{source} -> {destination}: {says}"


def _text(node: GraphNode) -> str:
    if node.kind == "part":
        return f"{len(node.names)} of the cluster"
    if not _is_single(node):
        return f"all of {node.namespace or 'the cluster'}"
    within = f"{node.namespace}/" if node.namespace else ""
    return "+".join(f"{within}{name}" for name in node.names)
