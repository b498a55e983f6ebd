"""The words in a box: names, members, tags; and how text is broken into lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from cdk_eks_cilium.policy_analysis.evaluation import Direction
from cdk_eks_cilium.policy_analysis.graph import Arrow, Graph, GraphNode

_MOST_NAMES: Final = 7
_MOST_SUMMED: Final = 4
"""Lines with the members of a namespace."""

_LONGEST_NAME: Final = 28
_LONGEST_NOTE: Final = 36
_INDENT: Final = "  "

_AMONG: Final = {"own": "among its own pods", "others": "with the others", "all": "with each other"}


def box_names(node: GraphNode, graph: Graph) -> Iterator[str]:
    """The lines in bold letters."""
    if node.kind == "summary":
        yield f"{len(node.names)} workloads"
    elif node.kind in ("namespace", "cluster"):
        yield f"all {len(node.names)} workloads"
    elif node.kind == "part":
        yield from part_names(node, graph)
    else:
        for name in some(node.names, _MOST_NAMES):
            yield from wrapped(name, _LONGEST_NAME)


def box_notes(node: GraphNode, loops: Iterable[Arrow]) -> Iterator[tuple[str, bool]]:
    """The lines about its members and among themselves, each with whether it is denied."""
    yield from ((line, False) for line in _members(node))
    for arrow in loops:
        yield from (
            (line, arrow.denied) for text in _said(node, arrow) for line in wrapped(text, _LONGEST_NOTE)
        )


def _members(node: GraphNode) -> list[str]:
    """The members of a summary, as far as they stand in few lines."""
    if node.kind != "summary":
        return []
    # A name takes three letters at least, with the comma.
    most = min(len(node.names), _MOST_SUMMED * _LONGEST_NOTE // 3)
    for count in range(most, 0, -1):
        left = len(node.names) - count
        text = ", ".join(node.names[:count]) + (f" and {left} more" if left else "")
        lines = wrapped(text, _LONGEST_NOTE)
        if len(lines) <= _MOST_SUMMED:
            return lines
    return wrapped(f"{node.names[0]} and {len(node.names) - 1} more", _LONGEST_NOTE)


def _said(node: GraphNode, arrow: Arrow) -> Iterator[str]:
    """What a box says of its members among themselves."""
    if node.kind == "summary":
        yield f"within{' not' if arrow.denied and arrow.turn is None else ''}: {', '.join(arrow.label.lines)}"
    else:
        yield from (f"{_among(arrow)}: {line}" for line in arrow.label.lines)


def _among(arrow: Arrow) -> str:
    """Among whom an arrow of a box to itself is. The word of a change says by itself that it closes."""
    return _AMONG[arrow.among or "all"] + (" not" if arrow.denied and arrow.turn is None else "")


def part_names(node: GraphNode, graph: Graph) -> Iterator[str]:
    """Many workloads of the cluster in few lines: by whole namespaces, or all without some."""
    every: dict[str, set[str]] = {}
    for one in graph.nodes:
        if one.kind in ("workloads", "summary") and not one.host_network and one.namespace is not None:
            every.setdefault(one.namespace, set()).update(one.names)
    own: dict[str, set[str]] = {}
    for endpoint, name in zip(node.endpoints, node.names, strict=True):
        assert endpoint.workload is not None
        own.setdefault(endpoint.workload.namespace, set()).add(name)
    left = {space: names - own.get(space, set()) for space, names in every.items()}
    listed = _spaces if any(one.kind == "summary" for one in graph.nodes) else _workloads
    among = listed(own, every)
    beside = listed({space: names for space, names in left.items() if names}, every)
    yield f"{len(node.names)} workloads"
    lines, first = (beside, "all but") if _letters(beside) < _letters(among) else (among, "of")
    for place, line in enumerate(lines):
        yield from wrapped(line if place else f"{first} {line}", _LONGEST_NAME)


def _letters(lines: Iterable[str]) -> int:
    return sum(len(line) for line in lines)


def _workloads(chosen: dict[str, set[str]], every: dict[str, set[str]]) -> list[str]:
    """Workloads by namespace; a namespace by its name alone if all of it is there."""
    lines: list[str] = []
    for space, names in sorted(chosen.items()):
        if names >= every.get(space, set()):
            lines.append(f"{space}/*")
        else:
            lines += [f"{space}/{name}" for name in sorted(names)]
    return lines


def _spaces(chosen: dict[str, set[str]], every: dict[str, set[str]]) -> list[str]:
    """Namespaces, and how many of their workloads if not all, in a paragraph."""
    found = [
        f"{space}/*" if names >= every.get(space, set()) else f"{len(names)} of {space}"
        for space, names in sorted(chosen.items())
    ]
    return [", ".join(found)]


def box_tags(node: GraphNode) -> Iterator[str]:
    """Words about how open it is, and where it is from."""
    if node.kind == "summary":
        yield from _summed(node)
    if node.kind != "workloads":
        return
    if node.host_network:
        yield "on the node's network"
    words = {"ingress": "open in", "egress": "open out"}
    for direction in shown_open(node):
        yield f"{words[direction]}{' but for denials' if direction in node.but_denied else ''}"


def _summed(node: GraphNode) -> Iterator[str]:
    """How many of a summary each tag is about; each of *parts* has its own."""
    counts: dict[str, int] = {}
    for part in node.parts:
        for tag in box_tags(part):
            counts[tag] = counts.get(tag, 0) + len(part.names)
    for tag, count in counts.items():
        yield tag if count == len(node.names) else f"{count} {tag}"


def shown_open(node: GraphNode) -> list[Direction]:
    """The directions in which a box is shown as open.

    On the node's network policies do not hold. Pods that are only peers of policies are not shown as open:
    their own policies may be somewhere else.
    """
    if node.kind != "workloads" or node.host_network or (not node.described and len(node.open) > 1):
        return []
    return sorted(node.open, reverse=True)


def some(texts: Sequence[str], most: int, what: str = "") -> list[str]:
    """At most so many texts; the last says how many are left out."""
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
