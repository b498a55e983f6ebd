"""How long one answer, and the whole matrix, take as policies grow in number."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bench.contest import milliseconds, ratio
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
"""How many policies."""

PODS: Final = 10_000
"""Among how many pods one flow is explained."""

WORKLOADS: Final = 500
"""How many a matrix is of."""

_NAMESPACES: Final = 20
_APPS: Final = 50
_FLOWS: Final = 200


@dataclass(frozen=True)
class Growth:
    """Milliseconds of each turn, by the number of policies.

    Attributes:
        load: Making the policies ready to be asked.
        explain: One explanation, the mean over some hundred flows of other pods each.
        matrix: Everything of everyone.
    """

    load: Mapping[int, tuple[float, ...]]
    explain: Mapping[int, tuple[float, ...]]
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
                for name, found in vars(self).items()
            },
            "ratios": self.ratios(),
        }

    def ratios(self) -> dict[str, float]:
        """How much longer the most policies take than the fewest, turn by turn."""
        few, many = min(COUNTS), max(COUNTS)
        return {
            f"{name}, {many:,} / {few:,} policies": ratio(found[many], found[few])
            for name, found in vars(self).items()
        }


def measure(turns: int = 5, *, pods: int = PODS, workloads: int = WORKLOADS) -> Growth:
    """Time all counts in turns, the first one not counted.

    Args:
        turns: How often each is timed.
        pods: Among how many a flow is explained.
        workloads: How many the matrix is of.
    """
    many, some = inventory(pods), inventory(workloads)
    given = {count: policies(count) for count in COUNTS}
    found = [{count: _turn(given[count], many, some) for count in COUNTS} for _ in range(turns + 1)]
    parts = ({count: tuple(turn[count][part] for turn in found[1:]) for count in COUNTS} for part in range(3))
    return Growth(*parts)


def _turn(
    given: Sequence[CiliumNetworkPolicy], many: Inventory, some: Inventory
) -> tuple[float, float, float]:
    return (
        milliseconds(lambda: list(Evaluation(given, many).rules)),
        _explaining(given, many),
        milliseconds(lambda: list(Matrix(Evaluation(given, some)))),
    )


def _explaining(given: Sequence[CiliumNetworkPolicy], about: Inventory) -> float:
    """Milliseconds of one explanation, each of two pods that were not asked for before."""
    evaluation = Evaluation(given, about)
    pods = [Endpoint.pod(workload) for workload in about.workloads[: 2 * _FLOWS]]
    flows = [Flow(source, target, 80) for source, target in zip(pods[::2], pods[1::2], strict=True)]
    return milliseconds(lambda: [evaluation.explain(flow) for flow in flows]) / len(flows)


def inventory(size: int) -> Inventory:
    """Pods of some namespaces, with labels that policies tell apart."""
    return Inventory(
        tuple(
            Workload(_namespace(number), f"pod-{number}", {"app": _app(number), "tier": "any"})
            for number in range(size)
        )
    )


def policies(count: int) -> list[CiliumNetworkPolicy]:
    """Policies that each let one app of a namespace talk to a few others."""
    return [_policy(number) for number in range(count)]


def _policy(number: int) -> CiliumNetworkPolicy:
    port = (PortRule(ports=(PortProtocol(port=str(80 + number % 7), protocol="TCP"),)),)
    other = {"app": _app(number + 1), "k8s:io.kubernetes.pod.namespace": _namespace(number + 3)}
    return CiliumNetworkPolicy(
        metadata=Metadata(name=f"policy-{number}", namespace=_namespace(number)),
        spec=Rule(
            endpoint_selector=LabelSelector.of(app=_app(number)),
            ingress=(IngressRule(from_endpoints=(LabelSelector.of(app=_app(number + 1)),), to_ports=port),),
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
