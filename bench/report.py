"""The results as tables and as JSON."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import policies, sweep
from bench.contest import Result, ratio
from bench.function_cost import FunctionCost
from bench.removal import CDKS
from bench.removal import OURS as OUR_REMOVAL
from bench.rendering import Rendering
from bench.suites import BUCKET, OURS, PLAIN


@dataclass(frozen=True)
class Report:
    """Everything measured in one run.

    Attributes:
        machine: What it was measured on.
        synths: Results of the three apps, by whether CDK validated the templates.
        imports: Results of the imports.
        rendering: Milliseconds to render the values, beside Helm's rendering of the chart.
        policies: How the time of answers about policies grows.
        functions: What Lambda functions cost, by function.
    """

    machine: str
    synths: Mapping[str, Mapping[str, Result]]
    imports: Mapping[str, Result]
    rendering: Rendering
    policies: policies.Growth
    functions: Mapping[str, FunctionCost]

    def as_json(self) -> dict[str, Any]:
        """The report as plain data; seconds unless a key says otherwise."""
        return {
            "machine": self.machine,
            "synth": {
                name: {**{app: _plain(result) for app, result in results.items()}, "ratios": ratios(results)}
                for name, results in self.synths.items()
            },
            "imports": {name: _plain(result) for name, result in self.imports.items()},
            "rendering": self.rendering.as_json(),
            "policies": self.policies.as_json(),
            "functions": {
                **{name: cost.as_json() for name, cost in self.functions.items()},
                "ratios": function_ratios(self.functions),
            },
        }

    def print(self, console: Console) -> None:
        """Print the report as tables."""
        console.print(self.machine, highlight=False)
        for name, results in self.synths.items():
            console.print(_table(f"synth, {name}", results))
            _print_ratios(ratios(results), console)
            console.print()
        console.print(_table("import, as a process", self.imports))
        rendered = self.rendering.as_json()
        console.print(
            "values of a full configuration, built, checked and rendered: "
            f"[bold]{rendered['values_milliseconds']:.2f} ms[/bold]; helm template of {self.rendering.chart} "
            f"chart: {rendered['helm_template_milliseconds']:.0f} ms; ratio [bold]{self.rendering.ratio:.4f}"
            "[/bold]",
            highlight=False,
        )
        console.print()
        console.print(_growth(self.policies))
        _print_ratios(self.policies.ratios(), console)
        console.print()
        console.print(_costs(self.functions))
        _print_ratios(function_ratios(self.functions), console)


def _print_ratios(found: Mapping[str, float], console: Console) -> None:
    for pair, value in found.items():
        console.print(f"  {pair}: [bold]{value:.2f}[/bold]", highlight=False)


def table(title: str, *columns: str) -> Table:
    """A table of numbers; its first column holds names, without a head."""
    made = Table("", title=title, title_justify="left", min_width=72)
    for column in columns:
        made.add_column(column, justify="right")
    return made


def _growth(growth: policies.Growth) -> Table:
    title = (
        f"policies: explain a flow among {policies.PODS:,} pods, a matrix of {policies.WORKLOADS} workloads, "
        "medians"
    )
    grown = Table(title=title, title_justify="left", min_width=72)
    for column in ("policies", "load ms", "explain ms", "matrix ms"):
        grown.add_column(column, justify="right")
    for count in policies.COUNTS:
        times = [statistics.median(found[count]) for found in (growth.load, growth.explain, growth.matrix)]
        grown.add_row(f"{count:,}", f"{times[0]:.2f}", f"{times[1]:.3f}", f"{times[2]:,.0f}")
    return grown


def _costs(costs: Mapping[str, FunctionCost]) -> Table:
    made = table("Lambda functions, cold, medians", "import s", "run s", "MiB")
    for name, cost in costs.items():
        imported, ran, mib = cost.as_json().values()
        made.add_row(name, f"{imported:.2f}", f"{ran:.2f}", f"{mib:.0f}")
    return made


def ratios(results: Mapping[str, Result]) -> dict[str, float]:
    """Our synth by each of the others': the median over the turns, each compared within itself."""
    ours = results[OURS].seconds
    return {f"ours / {other}": ratio(ours, results[other].seconds) for other in (PLAIN, BUCKET)}


def function_ratios(costs: Mapping[str, FunctionCost]) -> dict[str, float]:
    """Our removal by CDK's way, and our sweep by itself and by the removal, turn by turn."""
    ours, cdks = costs[OUR_REMOVAL], costs[CDKS]
    few, many = costs[sweep.name(sweep.FEW)], costs[sweep.name(sweep.MANY)]
    return {
        "removal, ours / CDK's: import and run": ours.ratio(cdks, "seconds"),
        "removal, ours / CDK's: memory": ours.ratio(cdks, "mib"),
        f"sweep, {sweep.MANY:,} / {sweep.FEW:,} interfaces: run": many.ratio(few, "run_seconds"),
        f"sweep, {sweep.MANY:,} / {sweep.FEW:,} interfaces: memory": many.ratio(few, "mib"),
        "sweep / removal: import": few.ratio(ours, "import_seconds"),
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
    made = table(title, "resources", "min s", "median s", "max s")
    for name, result in results.items():
        times = (min(result.seconds), result.median, max(result.seconds))
        made.add_row(name, str(result.resources or ""), *(f"{seconds:.2f}" for seconds in times))
    return made
