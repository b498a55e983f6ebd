"""How fast recorded flows are replayed, beside the bare parsing of their JSON, and in how much memory."""

from __future__ import annotations

import gc
import json
import random
import statistics
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from bench.contest import ratio
from bench.policies import policies
from cdk_eks_cilium.policy.model import Policy
from cdk_eks_cilium.policy_analysis.flows import LineReader, Recording
from cdk_eks_cilium.policy_analysis.replay import Replay

LINES: Final = 100_000
"""Lines of a recording."""

FEW: Final = 20_000
"""Lines of the recording whose memory is compared with the whole."""

GOAL: Final = 100_000
"""Flows a second on one core."""

_POLICIES: Final = 100
_APPS: Final = 50
_NAMESPACES: Final = 20
_PAIRS: Final = 600
_REPLIES: Final = 0.45

# As many as nodes of EKS have, because they take a third of a line.
_NODE_LABELS: Final = (
    "alpha.eksctl.io/cluster-name=platform",
    "alpha.eksctl.io/nodegroup-name=workers",
    "beta.kubernetes.io/arch=amd64",
    "beta.kubernetes.io/instance-type=m6i.large",
    "beta.kubernetes.io/os=linux",
    "eks.amazonaws.com/capacityType=ON_DEMAND",
    "eks.amazonaws.com/nodegroup=workers",
    "failure-domain.beta.kubernetes.io/region=eu-central-1",
    "failure-domain.beta.kubernetes.io/zone=eu-central-1a",
    "kubernetes.io/arch=amd64",
    "kubernetes.io/os=linux",
    "node.kubernetes.io/instance-type=m6i.large",
    "topology.kubernetes.io/region=eu-central-1",
    "topology.kubernetes.io/zone=eu-central-1a",
)


@dataclass(frozen=True)
class FlowSpeed:
    """Seconds of each turn for a whole recording, and mebibytes at the peak.

    Attributes:
        lines: How many lines it has.
        replay: A replay, from the file to the report.
        parsing: `json.loads` of each line, and nothing else.
        mib: The peak of a replay's memory, by the number of lines.
    """

    lines: int
    replay: tuple[float, ...]
    parsing: tuple[float, ...]
    mib: dict[int, float]

    @property
    def per_second(self) -> float:
        """Flows a second of a replay."""
        return self.lines / statistics.median(self.replay)

    def ratios(self) -> dict[str, float]:
        """The time of a replay by that of bare parsing, and the memory of many lines by that of few."""
        few, many = min(self.mib), max(self.mib)
        return {
            "replay / json.loads": ratio(self.replay, self.parsing),
            f"memory, {many:,} / {few:,} lines": self.mib[many] / self.mib[few],
        }

    def as_json(self) -> dict[str, Any]:
        """The measurement as plain data."""
        return {
            "lines": self.lines,
            "flows_per_second": self.per_second,
            "parsing_per_second": self.lines / statistics.median(self.parsing),
            "mib": {str(count): peak for count, peak in self.mib.items()},
            "ratios": self.ratios(),
        }


def measure(turns: int = 5, *, lines: int = LINES, few: int = FEW) -> FlowSpeed:
    """Time a replay and bare parsing in turns, of which the first does not count, on this process's CPU."""
    with tempfile.TemporaryDirectory() as folder:
        file, start = Path(folder, "flows.jsonpb"), Path(folder, "few.jsonpb")
        write(file, lines)
        write(start, few)
        given = policies(_POLICIES)
        times: dict[str, list[float]] = {"replay": [], "parsing": []}
        for _ in range(turns + 1):
            times["replay"].append(_seconds(partial(_replay, file, given)))
            times["parsing"].append(_seconds(partial(_parse, file)))
        mib = {few: _peak(start, given), lines: _peak(file, given)}
    return FlowSpeed(lines, tuple(times["replay"][1:]), tuple(times["parsing"][1:]), mib)


def _replay(file: Path, given: Sequence[Policy]) -> int:
    return Replay(given).run(Recording(LineReader([file]))).judged


def _parse(file: Path) -> int:
    with file.open("rb") as stream:
        return sum(1 for line in stream if json.loads(line))


def _seconds(call: Callable[[], object]) -> float:
    gc.collect()
    start = time.process_time()
    call()
    return time.process_time() - start


def _peak(file: Path, given: Sequence[Policy]) -> float:
    """Mebibytes of a replay."""
    gc.collect()
    tracemalloc.start()
    try:
        _replay(file, given)
        return tracemalloc.get_traced_memory()[1] / 2**20
    finally:
        tracemalloc.stop()


def write(file: Path, lines: int) -> None:
    """Write a recording of some hundred pairs of pods, as nodes with default aggregation make it."""
    with file.open("w", encoding="utf-8") as stream:
        stream.writelines(_lines(lines))


def _lines(count: int) -> Iterator[str]:
    chance = random.Random(1)
    pairs = [
        (chance.randrange(_APPS), chance.randrange(_APPS), chance.choice([80, 443, 5432, 8080]))
        for _ in range(_PAIRS)
    ]
    for number in range(count):
        source, destination, port = chance.choice(pairs)
        yield json.dumps(_record(chance, number, (source, destination), port), separators=(",", ":")) + "\n"


def _record(chance: random.Random, number: int, sides: tuple[int, int], port: int) -> dict[str, Any]:
    is_reply, ephemeral = chance.random() < _REPLIES, chance.randrange(32_768, 61_000)
    source, destination = sides[::-1] if is_reply else sides
    at = f"2026-11-30T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}"
    when = f"{at}.{chance.randrange(10**9):09}Z"
    node = f"ip-10-0-{destination}-1.ec2.internal"
    flow = {
        "time": when,
        "uuid": str(UUID(int=chance.getrandbits(128))),
        "emitter": {"name": "Hubble", "version": "1.19.6+g0123456"},
        "verdict": "FORWARDED",
        "ethernet": {"source": _ethernet(chance), "destination": "0a:00:00:00:00:02"},
        "IP": {
            "source": f"100.64.0.{source}",
            "destination": f"100.64.0.{destination}",
            "ipVersion": "IPv4",
        },
        "l4": {
            "TCP": {
                "source_port": port if is_reply else ephemeral,
                "destination_port": ephemeral if is_reply else port,
                "flags": {"PSH": True, "ACK": True},
            }
        },
        "source": _endpoint(source),
        "destination": _endpoint(destination),
        "Type": "L3_L4",
        "node_name": node,
        "node_labels": [*_NODE_LABELS, f"kubernetes.io/hostname={node}"],
        "event_type": {"type": 4, "sub_type": 101},
        "traffic_direction": "INGRESS",
        "trace_observation_point": "TO_ENDPOINT",
        "trace_reason": "REPLY" if is_reply else "ESTABLISHED",
        "is_reply": is_reply,
        "interface": {"index": 12, "name": "lxc0123456789"},
        "Summary": "TCP Flags: ACK, PSH",
    }
    return {"flow": flow, "node_name": node, "time": when}


def _ethernet(chance: random.Random) -> str:
    return ":".join(f"{chance.randrange(256):02x}" for _ in range(6))


def _endpoint(number: int) -> dict[str, Any]:
    name, namespace = f"app-{number}", f"team-{number % _NAMESPACES}"
    labels = [
        f"k8s:app={name}",
        "k8s:app.kubernetes.io/instance=release",
        f"k8s:app.kubernetes.io/name={name}",
        "k8s:app.kubernetes.io/part-of=shop",
        f"k8s:io.cilium.k8s.namespace.labels.kubernetes.io/metadata.name={namespace}",
        "k8s:io.cilium.k8s.policy.cluster=default",
        "k8s:io.cilium.k8s.policy.serviceaccount=default",
        f"k8s:io.kubernetes.pod.namespace={namespace}",
    ]
    return {
        "ID": 1000 + number,
        "identity": 20_000 + number,
        "cluster_name": "default",
        "namespace": namespace,
        "labels": labels,
        "pod_name": f"{name}-6d4cf56db6-x2x7z",
        "workloads": [{"name": name, "kind": "Deployment"}],
    }
