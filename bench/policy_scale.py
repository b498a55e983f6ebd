"""Policies of large clusters: all pairs at once, reading, and the judging of recorded flows."""

from __future__ import annotations

import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

import yaml

from bench.contest import BenchmarkError, ratio
from bench.machine import ROOT
from bench.policies import inventory, policies
from cdk_eks_cilium.policy.documents import dump, load_policies, read_text
from cdk_eks_cilium.policy_analysis.evaluation import Endpoint, Evaluation, FlowJudge

SIZES: Final = ((500, 1_000), (2_000, 2_000), (10_000, 10_000))
"""Numbers of pods that all differ, and of policies."""

READ: Final = 5_000
"""Number of policies that are read from a file."""

FLOWS: Final = 200_000
"""Number of recorded flows."""

_SEED: Final = 7
_TALKING: Final = 50


@dataclass(frozen=True)
class Scale:
    """CPU seconds of each turn, which other processes disturb less than the clock.

    Attributes:
        matrices: The seconds of all pairs, by the numbers of pods and of policies.
        mib: The largest resident memory of such a process, in MiB.
        c_loader: Parsing a file of policies by PyYAML with libyaml, the measure of reading.
        reading: Reading the same file here, strictly and with lines.
        checking: Making policies of it, with everything checked.
        first: Judging recorded flows, kinds of flows that are new among them.
        again: Judging the same flows once more.
    """

    matrices: Mapping[tuple[int, int], tuple[float, ...]]
    mib: Mapping[tuple[int, int], float]
    c_loader: tuple[float, ...]
    reading: tuple[float, ...]
    checking: tuple[float, ...]
    first: tuple[float, ...]
    again: tuple[float, ...]

    @property
    def flows_per_second(self) -> tuple[float, float]:
        """Flows that are judged in a second, the first time and again."""
        return FLOWS / statistics.median(self.first), FLOWS / statistics.median(self.again)

    def ratios(self) -> dict[str, float]:
        """Reading, without and with checking, by libyaml alone, and the growth of all pairs."""
        few, many = min(self.matrices), max(self.matrices)
        checked = [read + check for read, check in zip(self.reading, self.checking, strict=True)]
        growth = statistics.median(self.matrices[many]) / statistics.median(self.matrices[few])
        return {
            f"reading {READ:,} policies / PyYAML with libyaml": ratio(self.reading, self.c_loader),
            f"reading and checking {READ:,} policies / PyYAML with libyaml": ratio(checked, self.c_loader),
            f"all pairs, {_name(many)} / {_name(few)}": growth,
        }

    def as_json(self) -> dict[str, Any]:
        """The measurement as plain data."""
        first, again = self.flows_per_second
        return {
            "matrix_cpu_seconds": {
                _name(size): statistics.median(each) for size, each in self.matrices.items()
            },
            "matrix_mib": {_name(size): each for size, each in self.mib.items()},
            "c_loader_cpu_seconds": statistics.median(self.c_loader),
            "reading_cpu_seconds": statistics.median(self.reading),
            "checking_cpu_seconds": statistics.median(self.checking),
            "flows_per_second": {"first": first, "again": again},
            "ratios": self.ratios(),
        }

    def rows(self) -> list[tuple[str, str, str]]:
        """What was done, the CPU seconds and the memory, in words."""
        matrices = [
            (f"all pairs of {_name(size)}", f"{statistics.median(each):.2f}", f"{self.mib[size]:.0f}")
            for size, each in self.matrices.items()
        ]
        others = {
            f"parse {READ:,} policies with libyaml": self.c_loader,
            f"read {READ:,} policies": self.reading,
            f"check {READ:,} policies": self.checking,
            f"judge {FLOWS:,} flows": self.first,
            f"judge {FLOWS:,} flows again": self.again,
        }
        return [*matrices, *((name, f"{statistics.median(each):.2f}", "") for name, each in others.items())]


def measure(turns: int = 3) -> Scale:
    """Time everything in turns; the largest matrix once.

    Args:
        turns: Number of turns.
    """
    matrices: dict[tuple[int, int], list[float]] = {size: [] for size in SIZES}
    mib: dict[tuple[int, int], float] = {}
    for turn, size in product(range(turns), SIZES):
        if turn and size == max(SIZES):
            continue
        cost = _probe(*size)
        matrices[size].append(cost["seconds"])
        mib[size] = max(mib.get(size, 0.0), cost["mib"])
    text = dump(policies(READ))
    read = [_reading(text) for _ in range(turns)]
    judged = [_judging() for _ in range(turns)]
    return Scale(
        {size: tuple(each) for size, each in matrices.items()},
        mib,
        *zip(*read, strict=True),
        *zip(*judged, strict=True),
    )


def _name(size: tuple[int, int]) -> str:
    return f"{size[0]:,} pods with {size[1]:,} policies"


def _c_loader() -> Any:
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _probe(pods: int, count: int) -> Mapping[str, float]:
    command = [sys.executable, "-m", "bench.policy_probe", str(pods), str(count)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchmarkError(f"all pairs of {pods} pods: {done.stderr.strip()}")
    found: Mapping[str, float] = json.loads(done.stdout)
    return found


def _reading(text: str) -> tuple[float, float, float]:
    """CPU seconds of libyaml's loader, of reading, and of checking."""
    documents = read_text(text, "policies.yaml")
    return (
        _seconds(lambda: list(yaml.load_all(text, Loader=_c_loader()))),
        _seconds(lambda: read_text(text, "policies.yaml")),
        _seconds(lambda: load_policies(documents)),
    )


def _judging() -> tuple[float, float]:
    """CPU seconds for flows among pods and addresses, the first time and again."""
    about = inventory(1_000)
    judge = FlowJudge(Evaluation(policies(1_000), about))
    addresses = [Endpoint.address(f"203.0.{number % 250}.{number // 250}") for number in range(1_000)]
    pods = map(Endpoint.pod, about.workloads[:_TALKING])
    sides = [judge.identity(each) for each in (*pods, *addresses)]
    choose = random.Random(_SEED)
    flows = [(choose.choice(sides), choose.choice(sides), choose.choice((80, 443))) for _ in range(FLOWS)]

    def all_of_them() -> None:
        for source, destination, port in flows:
            judge.judge(source, destination, "TCP", port)

    return _seconds(all_of_them), _seconds(all_of_them)


def _seconds(call: Callable[[], object]) -> float:
    start = time.process_time()
    call()
    return time.process_time() - start
