"""A trial: the values of a deployment, rendered by its Helm, and the setting behind a refusal."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cdk_eks_cilium.problems import MISSING, Problem
from cdk_eks_cilium.values.model import CiliumValues
from cdk_eks_cilium.values.model.marks import plain
from cdk_eks_cilium.values.model.typed_fields import TYPED_FIELDS, is_used, value_at
from cdk_eks_cilium.values.rendering.chart import chart_values
from cdk_eks_cilium.values.rendering.merge import leaves
from cdk_eks_cilium.values.rendering.references import References
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .rendering import ChartError, template

#: The API versions that the groups of `CiliumValues.existing_crds` serve, as charts ask for them.
SERVED: Final = {
    "cert-manager.io": ("cert-manager.io/v1",),
    "gateway.networking.k8s.io": (
        "gateway.networking.k8s.io/v1/GatewayClass",
        "gateway.networking.k8s.io/v1beta1/GatewayClass",
    ),
    "monitoring.coreos.com": ("monitoring.coreos.com/v1", "monitoring.coreos.com/v1/ServiceMonitor"),
    "policy.networking.k8s.io": (
        "policy.networking.k8s.io/v1alpha2",
        "policy.networking.k8s.io/v1alpha2/ClusterNetworkPolicy",
    ),
}
#: The search for the setting ends after so many renders or seconds, and then names what is left.
_RENDERS: Final = 40
_SECONDS: Final = 30.0
#: So many settings are named beside the first.
_NAMED: Final = 4


@dataclass(frozen=True)
class Suspect:
    """A setting that may be left out: an override, or a typed field.

    Attributes:
        where: Its name, ``overrides.hubble.enabled`` or ``kube_proxy_replacement``.
        value: Its value.
        path: The keys of an override; None for a typed field.
    """

    where: str
    value: Any
    path: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Trial:
    """What Helm makes of a chart.

    Attributes:
        helm: The binary.
        chart: The packaged chart, or its folder.
        version: Its release.
        refs: What the values refer to.
        kubernetes: The release of the cluster.
    """

    helm: Path
    chart: Path
    version: CiliumVersion
    refs: References
    kubernetes: str

    def manifests(self, values: CiliumValues, patience: float = _SECONDS * 10) -> str:
        """What Helm makes of *values*, one YAML document each.

        Raises:
            ChartError: Helm does not render it.
            subprocess.TimeoutExpired: Helm took longer than *patience* in seconds.
        """
        return template(
            self.helm,
            self.chart,
            chart_values(values, self.version, self.refs),
            api_versions=[each for group in values.existing_crds for each in SERVED[group]],
            kubernetes=self.kubernetes,
            patience=patience,
        )

    def error(self, values: CiliumValues, patience: float = _SECONDS * 10) -> ChartError | None:
        """Why Helm does not render the chart with *values*; None if it does."""
        try:
            self.manifests(values, patience)
        except ChartError as error:
            return error
        return None


def try_chart(trial: Trial, values: CiliumValues, where: str = "cilium") -> Iterator[Problem]:
    """Why Helm does not render the chart with *values*: the chart's own words, and the setting to blame."""
    refused = trial.error(values)
    if refused is None:
        return
    parts = list(_parts(values))
    search = _Search(lambda kept: _same(refused, trial.error(_only(values, kept), _SECONDS)))
    yield _problem(
        f"Cilium's chart {trial.version} refuses it: {refused.words}", search.conflict(parts), where
    )


def chart_error(helm: Path, chart: Path, values: Mapping[str, Any], served: Sequence[str] = ()) -> str | None:
    """Why Helm does not render a chart with *values*, and which of them are to blame; None if it does.

    Args:
        helm: The binary.
        chart: The packaged chart, or its folder.
        values: The values of the release.
        served: Versions that the cluster serves beside Kubernetes' own, as `SERVED` has them.
    """

    def error(kept: Mapping[str, Any], patience: float) -> ChartError | None:
        try:
            template(helm, chart, kept, api_versions=served, patience=patience)
        except ChartError as refused:
            return refused
        return None

    refused = error(values, _SECONDS * 10)
    if refused is None:
        return None
    parts = [Suspect(".".join(path), value, path) for path, value in leaves(values)]
    search = _Search(lambda kept: _same(refused, error(_nested(kept), _SECONDS)))
    blamed = ", ".join(part.where for part in search.conflict(parts)[: _NAMED + 1])
    return f"{refused.words} ({blamed})" if blamed else refused.words


def _problem(rule: str, blamed: Sequence[Suspect], where: str) -> Problem:
    others = blamed[1:]
    names = [f"{where}.{each.where}" for each in others[:_NAMED]]
    more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
    fix = f"change it, or {', '.join(names)}{more}" if names else "change it, or remove it" if blamed else ""
    at, got = (f"{where}.{blamed[0].where}", blamed[0].value) if blamed else (where, MISSING)
    return Problem(at, rule, got, fix, id="CEK2250")


def _parts(values: CiliumValues) -> Iterator[Suspect]:
    for path, value in leaves(values.overrides):
        yield Suspect(f"overrides.{'.'.join(path)}", value, path)
    for field in TYPED_FIELDS:
        if "." not in field.path and field.path not in _KEPT and is_used(values, field.path):
            value = plain(value_at(values, field.path))
            yield Suspect(field.path, MISSING if isinstance(value, Mapping) else value)


#: Fields that are not parts: each of the overrides is a part of its own.
_KEPT: Final = ("overrides", "existing_crds", "profile")


def _only(values: CiliumValues, parts: Sequence[Suspect]) -> CiliumValues:
    """The values with nothing but *parts*, and defaults in place of the rest."""
    typed = [part.where for part in parts if part.path is None]
    kept = {name: getattr(values, name) for name in (*typed, "existing_crds", "profile")}
    return CiliumValues.model_construct(**kept, overrides=_nested(parts))


def _nested(parts: Sequence[Suspect]) -> dict[str, Any]:
    """The chart values among *parts*, section by section."""
    values: dict[str, Any] = {}
    for part in parts:
        if part.path is not None:
            inside = values
            for name in part.path[:-1]:
                inside = inside.setdefault(name, {})
            inside[part.path[-1]] = part.value
    return values


def _same(refused: ChartError, other: ChartError | None) -> bool:
    return other is not None and other.words == refused.words


class _Search:
    """Finds the fewest parts that are refused together, by leaving out halves.

    It is the QuickXplain of Ulrich Junker (AAAI 2004), within bounds of time and number.
    """

    def __init__(self, fails: Callable[[Sequence[Suspect]], bool]) -> None:
        self._fails = fails
        self._left = _RENDERS
        self._deadline = time.monotonic() + _SECONDS

    def conflict(self, parts: Sequence[Suspect]) -> list[Suspect]:
        """The parts to blame; empty if they are refused without any part."""
        if not parts or self._refused([]):
            return []
        return self._within([], parts, added=False)

    def _within(self, base: Sequence[Suspect], parts: Sequence[Suspect], *, added: bool) -> list[Suspect]:
        if added and self._refused(base):
            return []
        if len(parts) == 1:
            return list(parts)
        middle = len(parts) // 2
        left, right = parts[:middle], parts[middle:]
        found = self._within([*base, *left], right, added=True)
        return [*self._within([*base, *found], left, added=bool(found)), *found]

    def _refused(self, parts: Sequence[Suspect]) -> bool:
        """Whether *parts* are refused; from the bounds on, nothing is, so that the search ends soon."""
        self._left -= 1
        if self._left < 0 or time.monotonic() > self._deadline:
            return False
        try:
            return self._fails(parts)
        except subprocess.TimeoutExpired:
            return False
