"""Boxes for equal pods, and arrows for what policies let pass or deny."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from cdk_eks_cilium.policy_analysis.evaluation import Direction, Endpoint, PortSet
from cdk_eks_cilium.policy_analysis.evaluation.explanation import Verdict

from .reduction import Among

Kind = Literal["workloads", "namespace", "part", "cluster", "outside", "summary"]

Turn = Literal["opens", "closes", "changes", "unknown"]
"""What an arrow says of a change: more passes, less, other requests, or nobody knows. The last also stands in
a picture of what is."""


@dataclass(frozen=True)
class Label:
    """What passes, or is denied.

    Attributes:
        ports: Ports where everything passes, or where nothing does.
        limits: Further ports, each with what passes there in words.
        word: What begins the text, such as ``opens``; empty without such a word.
        share: What ends the text, such as ``from some``, where an arrow is not about all of its boxes.
    """

    ports: PortSet
    limits: tuple[tuple[PortSet, str], ...] = ()
    word: str = ""
    share: str = ""

    @property
    def lines(self) -> tuple[str, ...]:
        """The label as text."""
        lines = [str(self.ports)] if self.ports else []
        lines += [f"{ports} {text}" for ports, text in self.limits]
        if self.share:
            lines = [*lines[:-1], f"{lines[-1]} {self.share}"]
        return (f"{self.word} {lines[0]}", *lines[1:]) if self.word and lines else tuple(lines)


@dataclass(frozen=True)
class GraphNode:
    """A box.

    Attributes:
        kind: Equal workloads, all of a namespace, many of the cluster (``part``), all of it, or a side other
            than pods. A ``summary`` holds the workloads of a namespace that are not equal; an arrow of
            it may be for some of them.
        names: The names of its members.
        namespace: The namespace, if they are of one.
        endpoints: Its members.
        open: The directions in which no policy isolates them.
        but_denied: Those of them in which rules deny something: of ClusterNetworkPolicies, or of policies
            that do not isolate.
        host_network: Whether they are on their nodes' network, where policies for pods do not hold.
        described: Whether they are in the files. Otherwise only policies mention them.
        world: Whether they are outside the cluster.
        directions: For sides other than pods: whether it is reached (egress), begins (ingress) or both.
        parts: For a summary: the boxes of equal workloads that it stands for.
    """

    kind: Kind
    names: tuple[str, ...]
    namespace: str | None = None
    endpoints: tuple[Endpoint, ...] = ()
    open: tuple[Direction, ...] = ()
    but_denied: tuple[Direction, ...] = ()
    host_network: bool = False
    described: bool = True
    world: bool = False
    directions: frozenset[Direction] = frozenset()
    parts: tuple[GraphNode, ...] = ()


@dataclass(frozen=True)
class Arrow:
    """What one box may or may not reach of another.

    Attributes:
        source: The index of the box that begins.
        destination: The index of the box that is reached.
        label: What passes, or is denied.
        denied: Whether a rule denies what another allows, or what would be open.
        among: From a box of workloads to itself: whether each reaches its own pods, the others, or all.
        turn: In a picture of changes: what happens. In a picture of what is: ``unknown`` if nobody knows
            whether it passes, else None.
        missing: What somebody must describe so that it becomes known.
    """

    source: int
    destination: int
    label: Label
    denied: bool = False
    among: Among | None = None
    turn: Turn | None = None
    missing: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """What holds for the ports."""
        if self.turn == "unknown":
            return "unknown"
        return "denied" if self.denied else "allowed"


@dataclass(frozen=True)
class Graph:
    """Who may talk to whom.

    Attributes:
        nodes: The boxes.
        arrows: The arrows between them.
        unknown: Rules whose meaning only a cluster knows, without arrows.
    """

    nodes: tuple[GraphNode, ...]
    arrows: tuple[Arrow, ...]
    unknown: tuple[str, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """What somebody must describe so that every arrow becomes known."""
        return tuple(dict.fromkeys(each for arrow in self.arrows for each in arrow.missing))

    def as_json(self) -> dict[str, Any]:
        """The graph as plain data; arrows name their boxes by index."""
        return {
            "nodes": [
                {
                    "kind": node.kind,
                    "namespace": node.namespace,
                    "names": list(node.names),
                    "open": sorted(node.open),
                    "but_denied": sorted(node.but_denied),
                    "host_network": node.host_network,
                    "described": node.described,
                    "world": node.world,
                }
                for node in self.nodes
            ],
            "arrows": [
                {
                    "source": arrow.source,
                    "destination": arrow.destination,
                    "ports": str(arrow.label.ports) if arrow.label.ports else "",
                    "limits": [{"ports": str(ports), "only": text} for ports, text in arrow.label.limits],
                    "denied": arrow.denied,
                    "share": arrow.label.share,
                    "among": arrow.among,
                    "verdict": arrow.verdict,
                    "missing": list(arrow.missing),
                }
                for arrow in self.arrows
            ],
            "unknown": list(self.unknown),
        }
