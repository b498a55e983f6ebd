"""A feature, and what its values must mean in a rendered chart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cdk_eks_cilium.values import CiliumValues, problems
from cdk_eks_cilium.versions import CiliumVersion
from tests.charts.versions import values_for
from tests.releases import NEWEST

AGENT_POD: Final = "DaemonSet/cilium:spec.template"
AGENT: Final = f"{AGENT_POD}.spec.containers[cilium-agent]"
OPERATOR_POD: Final = "Deployment/cilium-operator:spec.template"
OPERATOR: Final = f"{OPERATOR_POD}.spec.containers[cilium-operator]"
ENVOY_POD: Final = "DaemonSet/cilium-envoy:spec.template"
ENVOY: Final = f"{ENVOY_POD}.spec.containers[cilium-envoy]"

REPLACED: Final[dict[str, Any]] = {"kube_proxy_replacement": True}
#: The first version that every feature is known for.
MAINTAINED: Final = "1.18"


@dataclass(frozen=True)
class Case:
    """Typed values, and what charts make of them.

    The expectation None means a missing key or field, which must be there without the feature.

    Attributes:
        title: What the feature does, as a sentence.
        values: Arguments of `CiliumValues`.
        config: Keys of ``cilium-config``, the file that agent and operator read.
        fields: Places in objects, see `Rendered.at`.
        appear: Objects that are there only with the feature.
        vanish: Objects that are there only without it.
        beside: Arguments that the feature needs: the values without the feature have them, too.
        since: The first version with these expectations.
        before: The first version without them.
        apis: What the cluster serves besides Kubernetes' own.
        refused: Arguments that the model does not take, as it says.
    """

    title: str
    values: Mapping[str, Any]
    config: Mapping[str, str | None] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)
    appear: frozenset[str] = frozenset()
    vanish: frozenset[str] = frozenset()
    beside: Mapping[str, Any] = field(default_factory=dict)
    since: str = "1.12"
    before: str = "2.0"
    apis: tuple[str, ...] = ()
    refused: tuple[tuple[Mapping[str, Any], str], ...] = ()

    @property
    def numbers(self) -> list[str]:
        """The charts that the expectations are for; each of them must take the values."""
        versions = [CiliumVersion.of(number) for number in NEWEST]
        return [v.number for v in versions if v.at_least(self.since) and not v.at_least(self.before)]

    @property
    def model(self) -> CiliumValues:
        return CiliumValues(**self.beside, **self.values)

    def with_feature(self, number: str) -> dict[str, Any]:
        """The chart's values with the feature."""
        assert problems(self.model, CiliumVersion.of(number)) == []
        return values_for(number, self.model)

    def without_feature(self, number: str) -> dict[str, Any]:
        """The chart's values without it, else the same."""
        return values_for(number, CiliumValues(**self.beside))
