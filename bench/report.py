"""The results as tables and as JSON."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.contest import Result
from bench.removal import FunctionCost
from bench.suites import BUCKET, OURS, PLAIN


@dataclass(frozen=True)
class Report:
    """Everything measured in one run.

    Attributes:
        machine: What it was measured on.
        synths: Results of the three apps, by whether CDK validated the templates.
        imports: Results of the imports.
        rendering: Least, median and most milliseconds to render the values.
        removals: What removing aws-node costs a function, by function.
    """

    machine: str
    synths: Mapping[str, Mapping[str, Result]]
    imports: Mapping[str, Result]
    rendering: tuple[float, float, float]
    removals: Mapping[str, FunctionCost]

    def as_json(self) -> dict[str, Any]:
        """The report as plain data; seconds unless a key says otherwise."""
        return {
            "machine": self.machine,
            "synth": {
                name: {**{app: _plain(result) for app, result in results.items()}, "ratios": ratios(results)}
                for name, results in self.synths.items()
            },
            "imports": {name: _plain(result) for name, result in self.imports.items()},
            "rendering_milliseconds": dict(zip(("min", "median", "max"), self.rendering, strict=True)),
            "removals": {name: dataclasses.asdict(cost) for name, cost in self.removals.items()},
        }

    def print(self, console: Console) -> None:
        """Print the report as tables."""
        console.print(self.machine, highlight=False)
        for name, results in self.synths.items():
            console.print(_table(f"synth, {name}", results))
            for pair, ratio in ratios(results).items():
                console.print(f"  {pair}: [bold]{ratio:.2f}[/bold]", highlight=False)
            console.print()
        console.print(_table("import, as a process", self.imports))
        least, median, most = self.rendering
        console.print(
            f"values of a full configuration, built and rendered: "
            f"[bold]{median:.2f} ms[/bold] ({least:.2f} to {most:.2f})",
            highlight=False,
        )
        console.print()
        console.print(_costs(self.removals))


def _costs(costs: Mapping[str, FunctionCost]) -> Table:
    table = Table(title="removing aws-node, cold, medians", title_justify="left", min_width=72)
    table.add_column("")
    for column in ("import s", "run s", "MiB"):
        table.add_column(column, justify="right")
    for name, cost in costs.items():
        table.add_row(name, f"{cost.import_seconds:.2f}", f"{cost.run_seconds:.2f}", f"{cost.mib:.0f}")
    return table


def ratios(results: Mapping[str, Result]) -> dict[str, float]:
    """Our synth by each of the others': the median over the turns, each compared within itself."""
    ours = results[OURS].seconds
    return {
        f"ours / {other}": statistics.median(
            mine / theirs for mine, theirs in zip(ours, results[other].seconds, strict=True)
        )
        for other in (PLAIN, BUCKET)
    }


def _plain(result: Result) -> dict[str, Any]:
    data: dict[str, Any] = {
        "min": min(result.seconds),
        "median": result.median,
        "max": max(result.seconds),
        "runs": len(result.seconds),
    }
    return data if result.resources is None else {**data, "resources": result.resources}


def _table(title: str, results: Mapping[str, Result]) -> Table:
    table = Table(title=title, title_justify="left", min_width=72)
    table.add_column("")
    for column in ("resources", "min s", "median s", "max s"):
        table.add_column(column, justify="right")
    for name, result in results.items():
        times = (min(result.seconds), result.median, max(result.seconds))
        table.add_row(name, str(result.resources or ""), *(f"{seconds:.2f}" for seconds in times))
    return table
