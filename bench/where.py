"""Where a rehearsal's time goes: by phase, and by who."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from bench import rehearsal_probe, sampler
from bench.contest import BenchmarkError
from bench.environment import read, synthesize
from bench.machine import ROOT

LIMIT: Final = 30.0
"""Seconds that the default rehearsal may take on two idle cores."""
PAUSE: Final = 0.02
"""Seconds between two looks at the processes."""
OWN: Final = "our own code"
WAITING: Final = "waiting"
EVERYONE: Final = (
    sampler.FUNCTIONS,
    sampler.HANDLERS,
    sampler.HELM,
    sampler.KUBECTL,
    sampler.AWS_CLI,
    rehearsal_probe.MOTO,
    rehearsal_probe.KUBERNETES,
    sampler.CLEANING,
    OWN,
    WAITING,
)
# Less than that is what looking at sockets costs.
_IDLE_SHARE: Final = 0.1


@dataclass(frozen=True)
class Cost:
    """What somebody cost.

    Attributes:
        wall: Seconds in which it was there, for `WAITING` seconds in which nobody did anything.
        cpu: Seconds of CPU.
    """

    wall: float
    cpu: float

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.wall + other.wall, self.cpu + other.cpu)


@dataclass(frozen=True)
class Where:
    """Where the time of one rehearsal went.

    Attributes:
        wall: Seconds of the whole.
        phases: Seconds of each phase.
        costs: What everyone cost, by phase.
    """

    wall: float
    phases: Mapping[str, float]
    costs: Mapping[str, Mapping[str, Cost]]

    def total(self, who: str) -> Cost:
        """What somebody cost in all phases."""
        return sum((costs[who] for costs in self.costs.values() if who in costs), Cost(0.0, 0.0))

    def as_json(self) -> dict[str, Any]:
        """As plain data, in seconds."""
        return {
            "wall": self.wall,
            "limit": LIMIT,
            "phases": dict(self.phases),
            "costs": {
                phase: {who: {"wall": cost.wall, "cpu": cost.cpu} for who, cost in costs.items()}
                for phase, costs in self.costs.items()
            },
        }


def measure(assembly: Path | None = None) -> Where:
    """Rehearse once, and see where the time goes.

    Args:
        assembly: What to rehearse; by default our app with its settings.

    Raises:
        BenchmarkError: The rehearsal does not end well.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        chosen = assembly or synthesize(read(ROOT / "settings.yaml"), Path(folder) / "default")
        return _measured(chosen)


def _measured(assembly: Path) -> Where:
    command = [sys.executable, "-m", "bench.rehearsal_probe", str(assembly)]
    with subprocess.Popen(
        command, cwd=ROOT, env=os.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as probe:
        look = [sys.executable, "-m", "bench.sampler", str(probe.pid), str(PAUSE)]
        with subprocess.Popen(look, cwd=ROOT, stdout=subprocess.PIPE, text=True) as looking:
            out, errors = probe.communicate()
            samples, _ = looking.communicate()
    found = json.loads(out.splitlines()[-1]) if probe.returncode == 0 else {}
    if not found.get("succeeded"):
        raise BenchmarkError(f"the rehearsal: exit {probe.returncode}\n{errors}")
    return where(found["phases"], found["spans"], json.loads(samples))


def where(
    phases: Sequence[tuple[str, float, float]],
    spans: Iterable[tuple[str, float, float, float]],
    samples: Sequence[Mapping[str, Any]],
) -> Where:
    """Add up what the probe and the sampler saw."""
    spans = list(spans)
    costs = {name: _phase(began, ended, spans, samples) for name, began, ended in phases}
    walls = {name: ended - began for name, began, ended in phases}
    return Where(phases[-1][2] - phases[0][1], walls, costs)


def _phase(
    began: float,
    ended: float,
    spans: Sequence[tuple[str, float, float, float]],
    samples: Sequence[Mapping[str, Any]],
) -> dict[str, Cost]:
    costs: dict[str, Cost] = {}
    root = waiting = 0.0
    for before, sample in pairwise(samples):
        if not began <= sample["at"] < ended:
            continue
        seconds = sample["at"] - before["at"]
        for who, cpu in sample["used"].items():
            if who == sampler.ROOT:
                root += cpu
            else:
                there = seconds if who in sample["there"] else 0.0
                costs[who] = costs.get(who, Cost(0.0, 0.0)) + Cost(there, cpu)
        if sum(sample["used"].values()) < _IDLE_SHARE * seconds:
            waiting += seconds
    for who in {span[0] for span in spans}:
        own = [span for span in spans if span[0] == who and began <= span[2] < ended]
        costs[who] = Cost(_union([(start, end) for _, start, end, _ in own]), sum(span[3] for span in own))
        root -= costs[who].cpu
    costs[OWN] = Cost(ended - began, max(0.0, root))
    costs[WAITING] = Cost(waiting, 0.0)
    return costs


def _union(intervals: Iterable[tuple[float, float]]) -> float:
    """Seconds that are in one of the intervals at least."""
    total, until = 0.0, float("-inf")
    for start, end in sorted(intervals):
        total += max(0.0, end - max(start, until))
        until = max(until, end)
    return total
