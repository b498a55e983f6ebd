"""The cost of a Lambda function's cold start, measured in fresh processes that take turns."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from bench.contest import BenchmarkError, ratio
from bench.machine import ROOT
from rehearsal.charts.toolchain import toolchain

REGION: Final = "eu-west-1"
Measure = Literal["import_seconds", "run_seconds", "seconds", "mib"]


@dataclass(frozen=True)
class Function:
    """A function to run.

    Attributes:
        name: Its name in the report.
        code: Folder of its code.
        event: Its event.
        prepare: Called before each turn; makes what the function must find.
        undone: Called after each turn; returns what the function should have done, or None.
    """

    name: str
    code: Path
    event: Mapping[str, Any]
    prepare: Callable[[], None]
    undone: Callable[[], str | None]


@dataclass(frozen=True)
class Turn:
    """The cost of one run.

    Attributes:
        import_seconds: Seconds to import the handler.
        run_seconds: Seconds from the event to the answer.
        mib: Largest resident memory of the process or of a child process, in MiB.
    """

    import_seconds: float
    run_seconds: float
    mib: float

    @property
    def seconds(self) -> float:
        """A cold start from end to end."""
        return self.import_seconds + self.run_seconds

    def measured(self, measure: Measure) -> float:
        """The value of a measure."""
        return float(getattr(self, measure))


@dataclass(frozen=True)
class FunctionCost:
    """The cost of a function, turn by turn."""

    turns: tuple[Turn, ...] = field(default=())

    def median(self, measure: Measure) -> float:
        """Median over the turns."""
        return statistics.median(turn.measured(measure) for turn in self.turns)

    def ratio(self, to: FunctionCost, measure: Measure) -> float:
        """The cost by that of another function."""
        ours, theirs = ([turn.measured(measure) for turn in cost.turns] for cost in (self, to))
        return ratio(ours, theirs)

    def as_json(self) -> dict[str, float]:
        """The medians as plain data."""
        measures: tuple[Measure, ...] = ("import_seconds", "run_seconds", "mib")
        return {measure: self.median(measure) for measure in measures}


def take_turns(functions: Sequence[Function], runs: int, aws: str) -> dict[str, FunctionCost]:
    """Run functions in turns.

    Args:
        functions: The functions, in the order of their turns.
        runs: Turns of each.
        aws: Address of AWS's services.

    Returns:
        Costs by name.

    Raises:
        BenchmarkError: If a function fails, or does not do what it should.
    """
    turns: dict[str, list[Turn]] = {function.name: [] for function in functions}
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        for _ in range(runs):
            for function in functions:
                function.prepare()
                turns[function.name].append(_run(function, Path(folder), aws))
                if (undone := function.undone()) is not None:
                    raise BenchmarkError(f"{function.name}: {undone}")
    return {name: FunctionCost(tuple(taken)) for name, taken in turns.items()}


def _run(function: Function, folder: Path, aws: str) -> Turn:
    with tempfile.TemporaryDirectory(dir=folder) as name:
        home = Path(name)
        event = home / "event.json"
        event.write_text(json.dumps(function.event))
        done = subprocess.run(
            [sys.executable, "-P", str(ROOT / "bench/function_probe.py"), str(function.code), str(event)],
            cwd=home,
            env={
                "PATH": f"{toolchain().path}:/usr/bin:/bin",
                "HOME": str(home),
                "TEST_OUTDIR": str(home),
                "AWS_ACCESS_KEY_ID": "bench",
                "AWS_SECRET_ACCESS_KEY": "bench",
                "AWS_DEFAULT_REGION": REGION,
                "AWS_REGION": REGION,
                "AWS_ENDPOINT_URL": aws,
            },
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        raise BenchmarkError(f"{function.name}: exit {done.returncode}\n{done.stderr}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return Turn(found["import"], found["run"], found["mib"])
