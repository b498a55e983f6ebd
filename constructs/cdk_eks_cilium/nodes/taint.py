"""Taints of nodes: what keeps pods away that do not tolerate them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from cdk_eks_cilium.problems import Problem

TaintEffect = Literal["NoSchedule", "PreferNoSchedule", "NoExecute"]
EFFECTS: Final[tuple[TaintEffect, ...]] = ("NoSchedule", "PreferNoSchedule", "NoExecute")
"""What a taint does, in the words of Kubernetes."""


@dataclass(frozen=True)
class Taint:
    """A taint of a node; as text ``key=value:effect``, as the kubelet reads it.

    Attributes:
        key: A label's key.
        value: A label's value; may be empty.
        effect: ``NoSchedule``, ``PreferNoSchedule`` or ``NoExecute``.
    """

    key: str
    value: str = ""
    effect: TaintEffect = "NoSchedule"

    def __str__(self) -> str:
        return f"{self.key}={self.value}:{self.effect}"

    @property
    def keeps_pods_off(self) -> bool:
        """Whether pods without a toleration stay away."""
        return self.effect != "PreferNoSchedule"

    @property
    def api_effect(self) -> str:
        """The effect in the words of EKS: ``NO_SCHEDULE``."""
        return {
            "NoSchedule": "NO_SCHEDULE",
            "PreferNoSchedule": "PREFER_NO_SCHEDULE",
            "NoExecute": "NO_EXECUTE",
        }[self.effect]

    def problems(self, where: str) -> Iterator[Problem]:
        """Yield why Kubernetes refuses the taint."""
        if self.effect not in EFFECTS:
            yield Problem(where, f"must have an effect of {', '.join(EFFECTS)}", self.effect, id="CEK3055")


# belief: CILIUM-taint, EKS-api-labels-come-late
AGENT_NOT_READY: Final = Taint("node.cilium.io/agent-not-ready", "true", "NoExecute")
"""Keeps pods off a node until Cilium runs there and takes the taint off.

https://docs.cilium.io/en/stable/installation/taints/. The boot data sets it, and the API of node groups does
not: EKS would set its taints again on a node that runs already, and a simulation of the Cluster Autoscaler,
which reads them from the API, would find no room for pods on a group of zero nodes
(https://github.com/kubernetes/autoscaler/issues/6481).
"""
