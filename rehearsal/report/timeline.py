"""When each resource would be created on AWS, computed from the dependency graph and typical durations."""

# belief: CFN-durations

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import networkx as nx

from rehearsal.aws.names import shorten
from rehearsal.cloudformation.assembly import Assembly, Stack
from rehearsal.cloudformation.catalogue import traits
from rehearsal.cloudformation.graph import creation_graph

_NOTABLE_SECONDS = 25.0


@dataclass(frozen=True)
class Bar:
    """One resource's place in time, seconds from the start of the deployment."""

    stack: str
    logical_id: str
    type: str
    start: float
    end: float
    critical: bool = False

    @property
    def seconds(self) -> float:
        """How long it takes."""
        return self.end - self.start


@dataclass(frozen=True)
class Timeline:
    """The whole deployment in time."""

    bars: tuple[Bar, ...]
    critical_path: tuple[Bar, ...]

    @property
    def total(self) -> float:
        """Seconds from the first resource to the last."""
        return max((bar.end for bar in self.bars), default=0.0)

    def text(self, width: int = 60) -> list[str]:
        """The notable resources as a Gantt chart, then the critical path; one line each."""
        drawn = [bar for bar in self.bars if notable(bar)]
        column = max((len(label(bar)) for bar in drawn), default=0)
        scale = width / max(self.total, 1.0)
        lines = []
        for bar in sorted(drawn, key=lambda bar: (bar.start, bar.end)):
            length = max(1, round(bar.seconds * scale))
            line = " " * round(bar.start * scale) + ("#" if bar.critical else "=") * length
            lines.append(
                f"{label(bar):<{column}}  {clock(bar.start)}  |{line:<{width + 1}}| {bar.seconds:4.0f} s"
            )
        lines.append("")
        lines.append(f"critical path (#), {clock(self.total)} min in all:")
        lines += [
            f"  {clock(bar.start)} {label(bar)} ({bar.seconds:.0f} s)"
            for bar in self.critical_path
            if bar.seconds > 3
        ]
        return lines


def clock(seconds: float) -> str:
    """Minutes and seconds, `12:05`."""
    return f"{int(seconds) // 60:3d}:{int(seconds) % 60:02d}"


def timeline(assembly: Assembly) -> Timeline:
    """Lays the assembly out in time: stacks one after the other, resources as early as possible."""
    ends: dict[str, float] = {}
    bars: list[Bar] = []
    path_of: dict[str, list[Bar]] = {}
    for stack in assembly.stacks:
        before = max(stack.dependencies, key=lambda name: ends.get(name, 0.0), default=None)
        start = ends.get(before, 0.0) if before else 0.0
        stack_bars, path = _stack(stack, start)
        bars += stack_bars
        ends[stack.name] = max((bar.end for bar in stack_bars), default=start)
        path_of[stack.name] = [*(path_of.get(before, []) if before else []), *path]
    last = max(ends, key=lambda name: ends[name], default=None)
    critical = path_of[last] if last else []
    keys = {(bar.stack, bar.logical_id) for bar in critical}
    marked = [replace(bar, critical=(bar.stack, bar.logical_id) in keys) for bar in bars]
    return Timeline(tuple(marked), tuple(bar for bar in marked if bar.critical))


def _stack(stack: Stack, start: float) -> tuple[list[Bar], list[Bar]]:
    graph = creation_graph(stack.template)
    bars: dict[str, Bar] = {}
    because: dict[str, str] = {}
    for name in nx.lexicographical_topological_sort(graph):
        definition = stack.resources[name]
        last = max(graph.predecessors(name), key=lambda needed: (bars[needed].end, needed), default=None)
        begin = bars[last].end if last else start
        if last:
            because[name] = last
        bars[name] = Bar(stack.name, name, definition["Type"], begin, begin + _seconds(definition))
    name = max(bars, key=lambda name: (bars[name].end, name), default="")
    path: list[Bar] = []
    while name:
        path.insert(0, bars[name])
        name = because.get(name, "")
    return list(bars.values()), path


def _seconds(definition: Mapping[str, Any]) -> float:
    return traits(definition["Type"]).duration_for(definition.get("Properties", {})).seconds


def notable(bar: Bar) -> bool:
    """Whether timelines show the resource: it is slow, critical, or of a type that matters."""
    return bar.critical or bar.seconds >= _NOTABLE_SECONDS or traits(bar.type).notable


def label(bar: Bar) -> str:
    """The type and the logical id, short enough for a line."""
    kind = bar.type.removeprefix("AWS::").removeprefix("Custom::AWSCDK-EKS-")
    return f"{kind.removeprefix('Custom::')} {shorten(bar.logical_id)}"
