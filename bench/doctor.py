"""What the doctor takes for a large cluster: time, CPU and memory, of a live cluster and of a dump."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from bench.contest import BenchmarkError
from bench.large_cluster import NODES, every_kind, system
from bench.large_cluster.objects import API_VERSION, PODS_PER_NODE, SYSTEM
from bench.machine import ROOT

SECONDS: Final = 10.0
MIB: Final = 500.0
"""The goals for a cluster of `NODES` nodes, on two idle cores."""
LIVE: Final = "live cluster"
DUMP: Final = "dump"


@dataclass(frozen=True)
class DoctorCost:
    """What one call of the command took.

    Attributes:
        wall: Seconds.
        cpu: Seconds of CPU, of the command alone.
        mib: The most memory, resident.
        status: Its exit status.
    """

    wall: float
    cpu: float
    mib: float
    status: int

    @property
    def within(self) -> bool:
        """Whether it meets the goals."""
        return self.wall <= SECONDS and self.mib <= MIB


@dataclass(frozen=True)
class DoctorCosts:
    """What the doctor took for each source.

    Attributes:
        nodes: How many nodes the cluster has.
        costs: By source.
    """

    nodes: int
    costs: Mapping[str, DoctorCost]

    def as_json(self) -> dict[str, Any]:
        """As plain data, in seconds and MiB."""
        return {
            "nodes": self.nodes,
            "pods": self.nodes * PODS_PER_NODE,
            "goals": {"wall": SECONDS, "mib": MIB},
            "costs": {name: {**asdict(cost), "within": cost.within} for name, cost in self.costs.items()},
        }


def measure(nodes: int = NODES) -> DoctorCosts:
    """Examine a generated cluster once live, and once from a dump.

    The cluster is healthy, so that every check does its work: one that gives up early would be fast.

    Raises:
        BenchmarkError: The doctor does not end with a report, or does not find all well.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        with _served(nodes, Path(folder)) as kubeconfig:
            live = cost_of(["--kubeconfig", str(kubeconfig), "--no-aws"])
        dump = Path(folder) / "dump"
        _write_dump(dump, nodes)
        costs = {LIVE: live, DUMP: cost_of(["--from", str(dump)])}
    for source, cost in costs.items():
        if cost.status:
            raise BenchmarkError(f"the doctor of a healthy {source}: must end with 0, got {cost.status}")
    return DoctorCosts(nodes, costs)


def cost_of(words: list[str]) -> DoctorCost:
    """What a call of the command takes.

    Raises:
        BenchmarkError: It does not end with a report.
    """
    command = [sys.executable, "-m", "cdk_eks_cilium", "doctor", *words, "--json"]
    began = time.monotonic()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        with subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=errors) as process:
            # wait4 tells the memory of this process alone: https://man7.org/linux/man-pages/man2/wait4.2.html
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.monotonic() - began
        out.seek(0)
        errors.seek(0)
        try:
            json.loads(out.read())
        except ValueError:
            told = errors.read().decode(errors="replace")
            raise BenchmarkError(f"the doctor: exit {process.returncode}\n{told}") from None
    return DoctorCost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, process.returncode)


@contextmanager
def _served(nodes: int, folder: Path) -> Iterator[Path]:
    """A process that serves the cluster; the kubeconfig to reach it."""
    command = [sys.executable, "-m", "bench.large_cluster.server", str(nodes)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        if server.stdin is None or server.stdout is None:
            raise BenchmarkError("the server has no pipes")
        kubeconfig = folder / "kubeconfig"
        kubeconfig.write_bytes(server.stdout.readline())
        try:
            yield kubeconfig
        finally:
            server.stdin.close()


def _write_dump(folder: Path, nodes: int) -> None:
    """Files as `kubectl get KIND --all-namespaces --output json` writes them, logs and metrics."""
    folder.mkdir()
    for (path, kind), objects in every_kind(nodes).items():
        of_pods = path.endswith(f"{SYSTEM}/pods")  # all pods are in another list
        group = "/".join(path.split("/")[2:4]) if path.startswith("/apis/") else "v1"
        if not of_pods:
            with (folder / f"{path.rpartition('/')[2]}.json").open("w", encoding="utf-8") as file:
                file.write('{"apiVersion": "v1", "kind": "List", "items": [\n')
                for number, each in enumerate(objects()):
                    file.write(",\n" if number else "")
                    json.dump({"apiVersion": group, "kind": kind, **each}, file)
                file.write("\n]}\n")
    for (pod, container), text in system.logs(nodes).items():
        (folder / f"{pod}-{container}.log").write_text(text, encoding="utf-8")
    for (pod, port), text in system.metrics(nodes).items():
        (folder / f"metrics-{pod}-{port}.txt").write_text(text, encoding="utf-8")
    version = {"serverVersion": {"major": "1", "minor": "35", "gitVersion": API_VERSION}}
    (folder / "version.json").write_text(json.dumps(version), encoding="utf-8")
