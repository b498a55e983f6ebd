"""All pairs of a folder's workloads, beside netpol-analyzer, which says the same of Kubernetes' policies.

It is a Go program (https://github.com/np-guard/netpol-analyzer), which neither PyPI nor npm has, so the
contest takes the one on ``PATH``. Its own largest folder is among the tests of its source, which
``NETPOL_ANALYZER_TESTS`` names: a folder with a folder for each test.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from bench.connections import differences, of_ours, of_theirs, points
from bench.contest import BenchmarkError, ratio
from bench.machine import ROOT
from cdk_eks_cilium.policy_analysis.pod_makers import POD_MAKERS
from cdk_eks_cilium.policy_analysis.reading import read_inventory, read_policies, read_sources
from cdk_eks_cilium.problems import InputError
from cdk_eks_cilium.versions.cilium import CiliumVersion

PROGRAM: Final = "netpol-analyzer"
TESTS: Final = "NETPOL_ANALYZER_TESTS"
"""The environment variable that names the folder of its tests."""

PODS: Final = 200
"""Number of pods, and of policies, of the folder that the benchmark makes."""

MISSING: Final = (
    f"{PROGRAM} is not in this comparison: it is not on PATH. It is a Go program, which neither PyPI nor npm "
    "has, and its policies are Kubernetes' own"
)
WITHOUT_TESTS: Final = f"its own largest folder is not in this comparison: {TESTS} does not name its tests"

_NAMESPACES: Final = 20
_SHOWN: Final = 3


@dataclass(frozen=True)
class Turn:
    """One run of a program.

    Attributes:
        seconds: CPU seconds.
        mib: Peak of the resident memory, in MiB.
        output: What it printed.
    """

    seconds: float
    mib: float
    output: Any


@dataclass(frozen=True)
class Pairing:
    """Both programs on one folder.

    Attributes:
        folder: The folder, with its size, in words.
        ours: Our turns.
        theirs: Their turns.
        connections: Number of pairs with a connection, as they say.
        differences: Pairs of which the two say something else, in words.
    """

    folder: str
    ours: tuple[Turn, ...]
    theirs: tuple[Turn, ...]
    connections: int
    differences: tuple[str, ...]

    @property
    def ratio(self) -> float:
        """Our CPU time by theirs."""
        return ratio((turn.seconds for turn in self.ours), (turn.seconds for turn in self.theirs))

    @property
    def agreement(self) -> str:
        """Whether both say the same, in words."""
        if not self.differences:
            return f"both say the same of {self.connections:,} pairs"
        named = "; ".join(self.differences[:_SHOWN])
        return f"{len(self.differences):,} pairs differ of {self.connections:,}: {named}"

    def rows(self) -> list[tuple[str, str, str]]:
        """The program and folder, the CPU seconds and the memory, in words."""
        turns = {"policy matrix": self.ours, f"{PROGRAM} list": self.theirs}
        return [
            (
                f"{name}, {self.folder}",
                f"{statistics.median(turn.seconds for turn in each):.2f}",
                f"{max(turn.mib for turn in each):.0f}",
            )
            for name, each in turns.items()
        ]

    def as_json(self) -> dict[str, Any]:
        """The pairing as plain data."""
        programs = {"ours": self.ours, "theirs": self.theirs}
        return {
            "folder": self.folder,
            **{f"{name}_cpu_seconds": [turn.seconds for turn in each] for name, each in programs.items()},
            **{f"{name}_mib": max(turn.mib for turn in each) for name, each in programs.items()},
            "ratio": self.ratio,
            "connections": self.connections,
            "differences": list(self.differences),
        }


@dataclass(frozen=True)
class Comparison:
    """The contest with netpol-analyzer.

    Attributes:
        pairings: Its folders; none where the program is missing.
        notes: What is missing, in words.
    """

    pairings: tuple[Pairing, ...] = ()
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The contest as plain data."""
        return {"folders": [each.as_json() for each in self.pairings], "notes": list(self.notes)}

    def lines(self) -> list[str]:
        """Ratios, agreement and what is missing, in words."""
        found = [
            f"policy matrix / {PROGRAM} list, {one.folder}: {one.ratio:.2f}; {one.agreement}"
            for one in self.pairings
        ]
        return [*found, *self.notes]


def measure(turns: int = 3, *, environment: Mapping[str, str] = os.environ) -> Comparison:
    """Run both programs in turns, on its own largest folder and on one with more pods.

    Args:
        turns: Timed turns of each program and folder.
        environment: The environment variables.

    Raises:
        BenchmarkError: If a program fails.
    """
    program = shutil.which(PROGRAM, path=environment.get("PATH"))
    if program is None:
        return Comparison(notes=(MISSING,))
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        made = Path(scratch, f"{PODS} pods with {PODS} NetworkPolicies of ours")
        made.mkdir()
        Path(made, "cluster.yaml").write_text(yaml.safe_dump_all(cluster(PODS)), encoding="utf-8")
        pairings = [_pair(program, made, made.name, turns, environment)]
    tests = environment.get(TESTS)
    if not tests:
        return Comparison(tuple(pairings), (WITHOUT_TESTS,))
    folder, name = largest(Path(tests))
    return Comparison((_pair(program, folder, name, turns, environment), *pairings))


def largest(tests: Path) -> tuple[Path, str]:
    """The folder with the most workloads times policies, and its name with both numbers.

    Raises:
        BenchmarkError: If no folder has both.
    """
    sizes = [(*_size(each), each) for each in sorted(tests.iterdir()) if each.is_dir()]
    found = [(pods * policies, pods, policies, each) for pods, policies, each in sizes if pods and policies]
    if not found:
        raise BenchmarkError(f"{TESTS}: must name a folder whose folders have pods and policies, got {tests}")
    _, pods, policies, folder = max(found, key=lambda one: one[0])
    return (
        folder,
        f"{folder.name}, its largest ({pods} pods and makers of pods with {policies} NetworkPolicies)",
    )


def _size(folder: Path) -> tuple[int, int]:
    """Numbers of pods and what makes pods, and of policies; zeros where a part is unreadable or invalid."""
    try:
        reading = read_sources([folder])
        policies, wrong = read_policies(reading.documents, CiliumVersion.DEFAULT)
        _, unknown = read_inventory(reading.documents, "default")
    except InputError:
        return 0, 0
    if any(each.problem for each in (*reading.left_out, *wrong, *unknown)):
        return 0, 0
    makers = [each for each in reading.documents if each.kind == "Pod" or each.kind in POD_MAKERS]
    return len(makers), len(policies)


def cluster(count: int) -> Iterator[dict[str, Any]]:
    """Pods that all differ, and as many policies, each of which lets two pods of a namespace talk."""
    names = [f"team-{number}" for number in range(_NAMESPACES)]
    for name in names:
        labels = {"kubernetes.io/metadata.name": name}
        yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
    for number in range(count):
        where = {"name": f"pod-{number}", "namespace": names[number % _NAMESPACES]}
        labels = {"app": f"app-{number}"}
        container = {"name": "main", "image": "example.org/main"}
        status = {"phase": "Running", "hostIP": "192.0.2.1", "podIP": f"10.0.{number // 250}.{number % 250}"}
        yield {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {**where, "labels": labels},
            "spec": {"containers": [container]},
            "status": {**status, "podIPs": [{"ip": status["podIP"]}]},
        }
        client = {"matchLabels": {"app": f"app-{(number + _NAMESPACES) % count}"}}
        yield {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": where,
            "spec": {
                "podSelector": {"matchLabels": labels},
                "policyTypes": ["Ingress"],
                "ingress": [
                    {
                        "from": [{"podSelector": client}],
                        "ports": [{"protocol": "TCP", "port": 8000 + number % 7}],
                    }
                ],
            },
        }


def _pair(program: str, folder: Path, name: str, turns: int, environment: Mapping[str, str]) -> Pairing:
    their_command = [program, "list", "--quiet", "--output", "json", "--dirpath", str(folder)]
    theirs = [_run(PROGRAM, their_command, environment)]
    also = [part for address in points(theirs[0].output) for part in ("--also", f"cidr:{address}")]
    our_command = [sys.executable, "-m", "cdk_eks_cilium", "policy", "matrix", "--json", *also, str(folder)]
    ours = [_run("policy matrix", our_command, environment)]
    for _ in range(turns):
        theirs.append(_run(PROGRAM, their_command, environment))
        ours.append(_run("policy matrix", our_command, environment))
    said = of_ours(ours[0].output)
    other = of_theirs(theirs[0].output, said)
    return Pairing(
        name,
        tuple(ours[1:]),
        tuple(theirs[1:]),
        len(said.keys() | other.keys()),
        tuple(differences(said, other)),
    )


def _run(name: str, command: Sequence[str], environment: Mapping[str, str]) -> Turn:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        output = Path(folder, "output")
        done = subprocess.run(
            [sys.executable, "-m", "bench.process_probe", str(output), *command],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise BenchmarkError(f"{name}: exit {done.returncode}\n{done.stderr}")
        cost = json.loads(done.stdout)
        return Turn(cost["seconds"], cost["mib"], json.loads(output.read_text(encoding="utf-8")))
