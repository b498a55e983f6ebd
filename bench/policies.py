"""The time of one answer, and of the whole matrix, by the number of policies."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from bench.contest import ratio
from cdk_eks_cilium.policy.model import (
    CiliumNetworkPolicy,
    EgressRule,
    FqdnSelector,
    IngressRule,
    LabelSelector,
    Metadata,
    PortProtocol,
    PortRule,
    Rule,
)
from cdk_eks_cilium.policy_analysis.evaluation import Endpoint, Evaluation, Flow, Matrix
from cdk_eks_cilium.policy_analysis.workloads import Inventory, Workload

COUNTS: Final = (10, 100, 1_000)
"""Numbers of policies."""

PODS: Final = 10_000
"""Number of pods among which a flow is explained."""

WORKLOADS: Final = 500
"""Number of workloads of a matrix."""

_NAMESPACES: Final = 20
_APPS: Final = 50
_FLOWS: Final = 200


@dataclass(frozen=True)
class Growth:
    """Milliseconds of this process's CPU for each turn, by the number of policies.

    Attributes:
        load: Loading the policies.
        explain: One explanation, the mean over some hundred flows between different pods.
        first: The very first explanation.
        matrix: The whole matrix.
    """

    load: Mapping[int, tuple[float, ...]]
    explain: Mapping[int, tuple[float, ...]]
    first: Mapping[int, tuple[float, ...]]
    matrix: Mapping[int, tuple[float, ...]]

    def as_json(self) -> dict[str, Any]:
        """The measurement as plain data."""
        return {
            "pods": PODS,
            "workloads": WORKLOADS,
            **{
                f"{name}_milliseconds": {
                    str(count): statistics.median(times) for count, times in found.items()
                }
                for name, found in self._parts().items()
            },
            "ratios": self.ratios(),
        }

    def ratios(self) -> dict[str, float]:
        """The time with the most policies by that with the fewest."""
        few, many = min(COUNTS), max(COUNTS)
        return {
            f"{name}, {many:,} / {few:,} policies": ratio(found[many], found[few])
            for name, found in self._parts().items()
        }

    def _parts(self) -> dict[str, Mapping[int, tuple[float, ...]]]:
        return {"load": self.load, "explain": self.explain, "first": self.first, "matrix": self.matrix}


def measure(turns: int = 5, *, pods: int = PODS, workloads: int = WORKLOADS) -> Growth:
    """Time all counts in turns, of which the first does not count.

    Args:
        turns: Number of timed turns.
        pods: Number of pods among which a flow is explained.
        workloads: Number of workloads of the matrix.
    """
    load: dict[int, list[float]] = {count: [] for count in COUNTS}
    explain: dict[int, list[float]] = {count: [] for count in COUNTS}
    first: dict[int, list[float]] = {count: [] for count in COUNTS}
    matrix: dict[int, list[float]] = {count: [] for count in COUNTS}
    many, some = inventory(pods), inventory(workloads)
    given = {count: policies(count) for count in COUNTS}
    for _ in range(turns + 1):
        for count in COUNTS:
            load[count].append(_milliseconds(partial(_load, given[count], many)))
            one, mean = _explaining(given[count], many)
            first[count].append(one)
            explain[count].append(mean)
            matrix[count].append(_milliseconds(partial(_reach, given[count], some)))
    return Growth(
        _without_first(load), _without_first(explain), _without_first(first), _without_first(matrix)
    )


def _load(given: Sequence[CiliumNetworkPolicy], about: Inventory) -> int:
    return len(list(Evaluation(given, about).rules))


def _reach(given: Sequence[CiliumNetworkPolicy], about: Inventory) -> int:
    return len(list(Matrix(Evaluation(given, about))))


def _explaining(given: Sequence[CiliumNetworkPolicy], about: Inventory) -> tuple[float, float]:
    """Milliseconds of the first explanation, and of one on average, each of two new pods."""
    evaluation = Evaluation(given, about)
    pods = [Endpoint.pod(workload) for workload in about.workloads[: 2 * _FLOWS]]
    flows = [Flow(source, target, 80) for source, target in zip(pods[::2], pods[1::2], strict=True)]
    first = _milliseconds(lambda: evaluation.explain(flows[0]))
    rest = _milliseconds(lambda: [evaluation.explain(flow) for flow in flows[1:]])
    return first, (first + rest) / len(flows)


def _without_first(times: dict[int, list[float]]) -> dict[int, tuple[float, ...]]:
    return {count: tuple(each[1:]) for count, each in times.items()}


def inventory(size: int) -> Inventory:
    """Pods of some namespaces, with labels that policies select."""
    return Inventory(
        tuple(
            Workload(f"team-{number % _NAMESPACES}", f"pod-{number}", {"app": _app(number), "tier": "any"})
            for number in range(size)
        )
    )


def policies(count: int, *, apps: int = _APPS) -> list[CiliumNetworkPolicy]:
    """Policies, each of which lets one app of a namespace talk to two others there, and to names outside."""
    return [_policy(number, apps) for number in range(count)]


def _policy(number: int, apps: int) -> CiliumNetworkPolicy:
    # Both sides of a flow must name the same port, so it is the namespace's.
    port = (PortRule(ports=(PortProtocol(port=str(80 + number % _NAMESPACES % 7), protocol="TCP"),)),)
    app, client, server = (
        f"app-{each % apps}" for each in (number, number + _NAMESPACES, number - _NAMESPACES)
    )
    other = {"app": server, "k8s:io.kubernetes.pod.namespace": _namespace(number)}
    return CiliumNetworkPolicy(
        metadata=Metadata(name=f"policy-{number}", namespace=_namespace(number)),
        spec=Rule(
            endpoint_selector=LabelSelector.of(app=app),
            ingress=(IngressRule(from_endpoints=(LabelSelector.of(app=client),), to_ports=port),),
            egress=(
                EgressRule(to_endpoints=(LabelSelector(match_labels=other),), to_ports=port),
                EgressRule(to_fqdns=(FqdnSelector(match_pattern="*.example.com"),), to_ports=port),
            ),
        ),
    )


def _app(number: int) -> str:
    return f"app-{number % _APPS}"


def _namespace(number: int) -> str:
    return f"team-{number % _NAMESPACES}"


def _milliseconds(call: Callable[[], object]) -> float:
    gc.collect()
    start = time.process_time()
    call()
    return (time.process_time() - start) * 1000
