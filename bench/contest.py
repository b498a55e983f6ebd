"""Whole processes, taking turns against the clock."""

from __future__ import annotations

import gc
import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.machine import ROOT, node


@dataclass(frozen=True)
class Contestant:
    """A process to time.

    Attributes:
        name: What the report calls it.
        command: What is run, in the root of the checkout.
        env: What it finds in its environment, besides ours.
    """

    name: str
    command: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """What became of one contestant.

    Attributes:
        seconds: Wall time of each run.
        resources: CloudFormation resources it synthesized; None where it does not synthesize.
    """

    seconds: tuple[float, ...]
    resources: int | None = None

    @property
    def median(self) -> float:
        """Median of the wall times, in seconds."""
        return statistics.median(self.seconds)


class BenchmarkError(Exception):
    """A contestant that does not run; its time would mean nothing."""


def ratio(mine: Iterable[float], theirs: Iterable[float]) -> float:
    """How many times as much the first took: the median over the turns, each compared within itself."""
    return statistics.median(one / other for one, other in zip(mine, theirs, strict=True))


def milliseconds(call: Callable[[], object]) -> float:
    """How long a call in this process takes, from a heap without garbage."""
    gc.collect()
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1000


def contest(
    contestants: Sequence[Contestant],
    runs: int,
    *,
    warm_up: bool = True,
    on_run: Callable[[Contestant, float], None] = lambda contestant, seconds: None,
) -> dict[str, Result]:
    """Run the contestants in turns.

    Args:
        contestants: Who takes part, in the order of their turns.
        runs: Timed turns of each.
        warm_up: Whether each has one turn before that is not counted, for byte code and file caches.
        on_run: Called after every timed turn.

    Returns:
        Results by name.

    Raises:
        BenchmarkError: If one fails.
    """
    seconds: dict[str, list[float]] = {contestant.name: [] for contestant in contestants}
    resources: dict[str, int | None] = {}
    for turn in range(-1 if warm_up else 0, runs):
        for contestant in contestants:
            elapsed, resources[contestant.name] = run(contestant)
            if turn >= 0:
                seconds[contestant.name].append(elapsed)
                on_run(contestant, elapsed)
    return {name: Result(tuple(times), resources[name]) for name, times in seconds.items()}


def run(contestant: Contestant) -> tuple[float, int | None]:
    """Run one contestant once, into an assembly of its own.

    Returns:
        Wall time in seconds, and how many resources it synthesized.

    Raises:
        BenchmarkError: If it fails.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        start = time.perf_counter()
        run_into(Path(folder), contestant)
        return time.perf_counter() - start, count_resources(Path(folder))


def run_into(assembly: Path, contestant: Contestant) -> None:
    """Run one contestant once; an app leaves its assembly in the folder.

    Raises:
        BenchmarkError: If it fails.
    """
    env = {**os.environ, "JSII_NODE": str(node()), "CDK_OUTDIR": str(assembly), **contestant.env}
    output(contestant.name, contestant.command, ROOT, env)


def output(name: str, command: Sequence[str], folder: Path, env: Mapping[str, str]) -> str:
    """What a process prints.

    Raises:
        BenchmarkError: If it fails; with its name and its own words.
    """
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BenchmarkError(f"{name}: exit {done.returncode}\n{done.stderr}")
    return done.stdout


def count_resources(assembly: Path) -> int | None:
    """CloudFormation resources in all templates of an assembly; None without a template."""
    templates = [json.loads(path.read_text(encoding="utf-8")) for path in assembly.glob("*.template.json")]
    return sum(len(template["Resources"]) for template in templates) if templates else None
