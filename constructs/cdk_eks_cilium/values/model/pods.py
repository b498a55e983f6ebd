"""Cilium's own pods: how many, how large, and where they run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, Field, StrictBool, StrictInt, model_validator

from cdk_eks_cilium.problems import refusal

from .closed import Closed
from .marks import KNOWN, Chart, Since

__all__ = ["Agent", "Envoy", "Operator", "Prometheus", "Resources", "Toleration"]

# https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
_QUANTITY: Final = re.compile(r"[0-9]+(\.[0-9]+)?(m|k|[KMGTPE]i?|[eE][+-]?[0-9]+)?")


def _quantities(given: Mapping[str, str]) -> Mapping[str, str]:
    for name, quantity in given.items():
        if not _QUANTITY.fullmatch(quantity):
            raise refusal(
                f"{name} must be a Kubernetes quantity, not {quantity!r}",
                "write it as '100m' or '512Mi'",
                id="CEK2017",
            )
    return given


Quantities = Annotated[
    Mapping[Literal["cpu", "memory", "ephemeral-storage"], str], AfterValidator(_quantities)
]


class Resources(Closed):
    """Requests and limits of a container, as in Kubernetes."""

    requests: Quantities = Field(
        default_factory=dict, description="What the scheduler reserves: 'cpu', 'memory'."
    )
    limits: Quantities = Field(
        default_factory=dict, description="The most it may use. Kubernetes ends it if it takes more memory."
    )


class Toleration(Closed):
    """A taint that pods tolerate, as in Kubernetes."""

    key: str | None = Field(default=None, description="Key of the taint. By default any.")
    operator: Literal["Exists", "Equal"] = Field(
        default="Exists", description="'Exists' for any value of the taint, 'Equal' for one."
    )
    value: str | None = Field(default=None, description="The value, for 'Equal'.")
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = Field(
        default=None, description="Effect of the taint. By default any."
    )

    @model_validator(mode="after")
    def _as_in_kubernetes(self) -> Self:
        if self.operator == "Exists" and self.value is not None:
            raise refusal(
                "operator 'Exists' compares no value",
                "leave value out, or use operator 'Equal'",
                id="CEK2018",
            )
        if self.operator == "Equal" and (self.key is None or self.value is None):
            raise refusal(
                "operator 'Equal' needs a key and a value",
                "give both, or use operator 'Exists'",
                id="CEK2019",
            )
        return self

    def manifest(self) -> dict[str, Any]:
        """The toleration as in the manifest of a pod."""
        return self.model_dump(exclude_none=True)


def manifests(tolerations: tuple[Toleration, ...]) -> list[dict[str, Any]]:
    """The tolerations as in the manifest of a pod."""
    return [each.manifest() for each in tolerations]


#: The default of operator.tolerations from chart 1.18 on, which a list in the values replaces. The chart
#: adds the taint of nodes whose agent is not ready.
_CHART_S: Final = (
    Toleration(key="node-role.kubernetes.io/control-plane"),
    Toleration(key="node-role.kubernetes.io/master"),
    Toleration(key="node.kubernetes.io/not-ready"),
    Toleration(key="node.cloudprovider.kubernetes.io/uninitialized"),
)


def _with_the_chart_s(tolerations: tuple[Toleration, ...]) -> list[dict[str, Any]]:
    return manifests((*_CHART_S, *tolerations))


def _without_the_chart_s(given: Any) -> Any:
    """Further tolerations; the chart's own are always written."""
    return [each for each in given if each not in manifests(_CHART_S)] if isinstance(given, list) else given


class Agent(Closed):
    """The agent on each node (DaemonSet ``cilium``). It tolerates every taint."""

    resources: Annotated[Resources | None, Chart("resources", owned=False)] = Field(
        default=None, description="Requests and limits of its container. By default none."
    )
    priority_class: Annotated[str | None, Chart("priorityClassName", owned=False)] = Field(
        default=None, description="By default the chart's own, system-node-critical."
    )


class Operator(Closed):
    """cilium-operator, which makes the network interfaces. Each replica runs on a node of its own."""

    replicas: Annotated[StrictInt, Field(ge=1), Chart("operator.replicas", always=True)] = Field(
        default=2, description="Number of operators. A cluster of one node has room for one operator."
    )
    resources: Annotated[Resources | None, Since(KNOWN), Chart("operator.resources", owned=False)] = Field(
        default=None, description="Requests and limits of its container. By default none."
    )
    tolerations: Annotated[
        tuple[Toleration, ...],
        Since(KNOWN),
        Chart("operator.tolerations", to=_with_the_chart_s, back=_without_the_chart_s),
    ] = Field(
        default=(),
        description="Further taints that the operator tolerates, such as your own. Without an operator, "
        "nodes do not get addresses.",
    )
    priority_class: Annotated[str | None, Since(KNOWN), Chart("operator.priorityClassName", owned=False)] = (
        Field(default=None, description="By default the chart's own, system-cluster-critical.")
    )


class Envoy(Closed):
    """The proxy of layer 7: HTTP rules, Ingress, Gateway API."""

    daemon_set: Annotated[StrictBool, Chart("envoy.enabled")] = Field(
        default=True,
        description="Run Envoy in pods of its own, which restart apart from the agents. False: inside each "
        "agent.",
    )
    resources: Annotated[Resources | None, Chart("envoy.resources", owned=False)] = Field(
        default=None, description="Requests and limits of its container. By default none."
    )
    priority_class: Annotated[str | None, Chart("envoy.priorityClassName", owned=False)] = Field(
        default=None, description="By default the chart's own, system-node-critical."
    )


class Prometheus(Closed):
    """Metrics that Cilium's own parts serve. `Hubble.metrics` has the metrics of flows."""

    agent: Annotated[StrictBool, Chart("prometheus.enabled")] = Field(
        default=False, description="Metrics of each agent, on port 9962 of its node."
    )
    operator: Annotated[StrictBool, Chart("operator.prometheus.enabled")] = Field(
        default=True, description="Metrics of the operator, on port 9963 of its node."
    )
    envoy: Annotated[StrictBool, Chart("envoy.prometheus.enabled")] = Field(
        default=True, description="Metrics of each Envoy, on port 9964 of its node."
    )
