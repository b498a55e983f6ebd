"""What a Lambda function's code takes when it starts cold: fresh processes that take turns."""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.contest import BenchmarkError, output, ratio
from bench.machine import ROOT
from rehearsal.charts.toolchain import toolchain

REGION: Final = "eu-west-1"


@dataclass(frozen=True)
class Function:
    """A function to run.

    Attributes:
        name: What the report calls it.
        code: Folder of its code.
        event: What it is called with.
        prepare: Called before each turn: makes what the function is to find.
        undone: Called after each turn; says what the function should have done and has not.
    """

    name: str
    code: Path
    event: Mapping[str, Any]
    prepare: Callable[[], None]
    undone: Callable[[], str | None]


@dataclass(frozen=True)
class Turn:
    """What one run took.

    Attributes:
        import_seconds: From nothing imported to a handler that can be called.
        run_seconds: From the event to the answer.
        mib: Largest resident memory of the process, or of one that it started.
    """

    import_seconds: float
    run_seconds: float
    mib: float

    @property
    def seconds(self) -> float:
        """A cold start from end to end."""
        return self.import_seconds + self.run_seconds


@dataclass(frozen=True)
class FunctionCost:
    """What a function took, turn by turn; a measure is the name of an attribute of `Turn`."""

    turns: tuple[Turn, ...]

    def measured(self, measure: str) -> list[float]:
        """One measure of every turn."""
        return [getattr(turn, measure) for turn in self.turns]

    def ratio(self, to: FunctionCost, measure: str) -> float:
        """How many times as much as another one took, turn by turn."""
        return ratio(self.measured(measure), to.measured(measure))

    def as_json(self) -> dict[str, float]:
        """The medians as plain data."""
        return {
            measure: statistics.median(self.measured(measure))
            for measure in ("import_seconds", "run_seconds", "mib")
        }


def take_turns(functions: Sequence[Function], runs: int, aws: str) -> dict[str, FunctionCost]:
    """Run functions in turns.

    Args:
        functions: Who takes part, in the order of their turns.
        runs: Turns of each.
        aws: Address of AWS's services.

    Returns:
        Costs by name.

    Raises:
        BenchmarkError: If one fails, or does not do what it should.
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
        printed = output(
            function.name,
            [sys.executable, "-P", str(ROOT / "bench/function_probe.py"), str(function.code), str(event)],
            home,
            {
                "PATH": f"{toolchain().path}:/usr/bin:/bin",
                "HOME": str(home),
                "TEST_OUTDIR": str(home),
                "AWS_ACCESS_KEY_ID": "bench",
                "AWS_SECRET_ACCESS_KEY": "bench",
                "AWS_DEFAULT_REGION": REGION,
                "AWS_REGION": REGION,
                "AWS_ENDPOINT_URL": aws,
            },
        )
    found: dict[str, float] = json.loads(printed.splitlines()[-1])
    return Turn(found["import"], found["run"], found["mib"])
