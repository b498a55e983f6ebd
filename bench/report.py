"""The results, as tables and as JSON."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import doctor, flows, netpol_analyzer, policies, policy_scale, sweep, where
from bench.contest import Result, ratio
from bench.function_cost import FunctionCost
from bench.large_cluster.objects import PODS_PER_NODE
from bench.removal import CDKS
from bench.removal import OURS as OUR_REMOVAL
from bench.rendering import Rendering
from bench.suites import BUCKET, OURS, PLAIN


@dataclass(frozen=True)
class Report:
    """The measurements of one run.

    Attributes:
        machine: The machine, in words.
        synths: Results of the three apps, by whether CDK validated the templates.
        imports: Results of the imports.
        rendering: Milliseconds to render the values, beside Helm's rendering of the chart.
        policies: The time of answers by the number of policies.
        flows: The speed of replays of recorded flows.
        policy_scale: The cost of policies of large clusters.
        peer: All pairs beside netpol-analyzer.
        functions: The cost of each Lambda function.
        rehearsal: Where the time of the default rehearsal goes.
        doctor: What the doctor takes for a large cluster.
    """

    machine: str
    synths: Mapping[str, Mapping[str, Result]]
    imports: Mapping[str, Result]
    rendering: Rendering
    policies: policies.Growth
    flows: flows.FlowSpeed
    policy_scale: policy_scale.Scale
    peer: netpol_analyzer.Comparison
    functions: Mapping[str, FunctionCost]
    rehearsal: where.Where
    doctor: doctor.DoctorCosts

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
            "flows": self.flows.as_json(),
            "policy_scale": self.policy_scale.as_json(),
            "netpol_analyzer": self.peer.as_json(),
            "functions": {
                **{name: cost.as_json() for name, cost in self.functions.items()},
                "ratios": function_ratios(self.functions),
            },
            "rehearsal": self.rehearsal.as_json(),
            "doctor": self.doctor.as_json(),
        }

    def print(self, console: Console) -> None:
        """Print the report as tables."""

        def compared(found: Mapping[str, float]) -> None:
            for pair, times in found.items():
                console.print(f"  {pair}: [bold]{times:.2f}[/bold]", highlight=False)

        console.print(self.machine, highlight=False)
        for name, results in self.synths.items():
            console.print(_table(f"synth, {name}", results))
            compared(ratios(results))
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
        compared(self.policies.ratios())
        console.print()
        console.print(replayed(self.flows), highlight=False)
        compared(self.flows.ratios())
        console.print()
        console.print(_scaled(self.policy_scale))
        compared(self.policy_scale.ratios())
        if self.peer.pairings:
            console.print(_beside(self.peer))
        for line in self.peer.lines():
            console.print(f"  {line}", highlight=False)
        console.print()
        console.print(_costs(self.functions))
        compared(function_ratios(self.functions))
        console.print()
        console.print(rehearsed(self.rehearsal))
        console.print(within(self.rehearsal), highlight=False)
        console.print()
        console.print(examined(self.doctor))
        goals = f"  the goals are {doctor.SECONDS:.0f} s and {doctor.MIB:.0f} MiB, on two idle cores"
        console.print(goals, highlight=False)


def rehearsed(found: where.Where) -> Table:
    """Where the time of a rehearsal goes: a row for everyone, a column for each phase."""
    table = titled("default rehearsal, wall clock / CPU, seconds", *found.phases, "all")
    for who in where.EVERYONE:
        costs = [phase.get(who, where.Cost(0.0, 0.0)) for phase in found.costs.values()]
        table.add_row(who, *(_pair(cost) for cost in (*costs, found.total(who))))
    cpu = [sum(cost.cpu for cost in phase.values()) for phase in found.costs.values()]
    everything = [*zip(found.phases.values(), cpu, strict=True), (found.wall, sum(cpu))]
    table.add_row("all", *(_pair(where.Cost(*each)) for each in everything))
    return table


def _pair(cost: where.Cost) -> str:
    return f"{cost.wall:.2f} / {cost.cpu:.2f}" if max(cost.wall, cost.cpu) >= 0.005 else ""


def within(found: where.Where) -> str:
    """The time of the default rehearsal beside its limit, for information: a busy machine exceeds it."""
    verdict = "within" if found.wall <= where.LIMIT else "over"
    return f"  default rehearsal: {found.wall:.1f} s, {verdict} the {where.LIMIT:.0f} s for two idle cores"


def replayed(found: flows.FlowSpeed) -> str:
    """The speed of replays beside its goal, for information: a busy machine is slower."""
    verdict = "within" if found.per_second >= flows.GOAL else "below"
    return (
        f"policy replay of {found.lines:,} flows: {found.per_second:,.0f} a second on one core, {verdict} "
        f"the {flows.GOAL:,}; peak {max(found.mib.values()):.0f} MiB"
    )


def examined(found: doctor.DoctorCosts) -> Table:
    """What the doctor takes, for each source."""
    pods = found.nodes * PODS_PER_NODE
    table = titled(f"doctor, {found.nodes:,} nodes with {pods:,} pods", "wall s", "CPU s", "MiB", "within")
    for name, cost in found.costs.items():
        verdict = "yes" if cost.within else "no"
        table.add_row(name, f"{cost.wall:.1f}", f"{cost.cpu:.1f}", f"{cost.mib:.0f}", verdict)
    return table


def titled(title: str, *columns: str, first: str = "") -> Table:
    """A table with a title, a first column, and columns of numbers."""
    table = Table(title=title, title_justify="left", min_width=72)
    table.add_column(first)
    for column in columns:
        table.add_column(column, justify="right")
    return table


def _growth(growth: policies.Growth) -> Table:
    title = (
        f"policies: explain a flow among {policies.PODS:,} pods, a matrix of {policies.WORKLOADS} workloads, "
        "medians"
    )
    table = titled(title, "load ms", "explain ms", "first ms", "matrix ms", first="policies")
    for count in policies.COUNTS:
        parts = (growth.load, growth.explain, growth.first, growth.matrix)
        times = [statistics.median(found[count]) for found in parts]
        table.add_row(
            f"{count:,}", f"{times[0]:.2f}", f"{times[1]:.3f}", f"{times[2]:.2f}", f"{times[3]:,.0f}"
        )
    return table


def _scaled(scale: policy_scale.Scale) -> Table:
    table = titled("policies of large clusters, medians", "CPU s", "MiB", first="what")
    for row in scale.rows():
        table.add_row(*row)
    return table


def _beside(peer: netpol_analyzer.Comparison) -> Table:
    table = titled("all pairs beside netpol-analyzer, in turns", "CPU s", "MiB", first="what")
    for row in (row for pairing in peer.pairings for row in pairing.rows()):
        table.add_row(*row)
    return table


def _costs(costs: Mapping[str, FunctionCost]) -> Table:
    table = titled("Lambda functions, cold, medians", "import s", "run s", "MiB")
    for name, cost in costs.items():
        table.add_row(
            name,
            f"{cost.median('import_seconds'):.2f}",
            f"{cost.median('run_seconds'):.2f}",
            f"{cost.median('mib'):.0f}",
        )
    return table


def ratios(results: Mapping[str, Result]) -> dict[str, float]:
    """The time of our synth by that of each other app."""
    ours = results[OURS].seconds
    return {f"ours / {other}": ratio(ours, results[other].seconds) for other in (PLAIN, BUCKET)}


def function_ratios(costs: Mapping[str, FunctionCost]) -> dict[str, float]:
    """The cost of our removal by CDK's, and of our sweep by a smaller sweep and by the removal."""
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
    table = titled(title, "resources", "min s", "median s", "max s")
    for name, result in results.items():
        times = (min(result.seconds), result.median, max(result.seconds))
        table.add_row(name, str(result.resources or ""), *(f"{seconds:.2f}" for seconds in times))
    return table
