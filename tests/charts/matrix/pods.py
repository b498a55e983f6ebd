"""Cilium's own pods."""

from __future__ import annotations

from typing import Any

from cdk_eks_cilium.values import Agent, Envoy, Operator, Resources, Toleration
from tests.charts.matrix.case import (
    AGENT,
    AGENT_POD,
    ENVOY,
    ENVOY_POD,
    MAINTAINED,
    OPERATOR,
    OPERATOR_POD,
    Case,
)

SIZE = Resources(requests={"cpu": "100m", "memory": "128Mi"}, limits={"memory": "1Gi"})
SIZED = {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "1Gi"}}
#: The chart's own tolerations, and the one more that is always there.
OPERATOR_TOLERATES = [
    {"key": "node-role.kubernetes.io/control-plane", "operator": "Exists"},
    {"key": "node-role.kubernetes.io/master", "operator": "Exists"},
    {"key": "node.kubernetes.io/not-ready", "operator": "Exists"},
    {"key": "node.cloudprovider.kubernetes.io/uninitialized", "operator": "Exists"},
    {"key": "pool", "operator": "Equal", "value": "infra", "effect": "NoSchedule"},
    {"key": "node.cilium.io/agent-not-ready", "operator": "Exists"},
]
CONTAINERS: list[tuple[str, str, str, dict[str, Any]]] = [
    ("agents", AGENT, AGENT_POD, {"agent": Agent(resources=SIZE, priority_class="high")}),
    ("operators", OPERATOR, OPERATOR_POD, {"operator": Operator(resources=SIZE, priority_class="high")}),
    ("Envoys", ENVOY, ENVOY_POD, {"envoy": Envoy(resources=SIZE, priority_class="high")}),
]

CASES = [
    *(
        Case(
            f"{who} have a size and a priority",
            values,
            fields={f"{container}.resources": SIZED, f"{pod}.spec.priorityClassName": "high"},
            since=MAINTAINED,
        )
        for who, container, pod, values in CONTAINERS
    ),
    Case(
        "operators are as many as asked",
        {"operator": Operator(replicas=3)},
        fields={"Deployment/cilium-operator:spec.replicas": 3},
    ),
    Case(
        "operators tolerate one taint more, and none less",
        {
            "operator": Operator(
                tolerations=(Toleration(key="pool", operator="Equal", value="infra", effect="NoSchedule"),)
            )
        },
        fields={f"{OPERATOR_POD}.spec.tolerations": OPERATOR_TOLERATES},
        since=MAINTAINED,
    ),
]
