"""A whole upgrade: its steps, and what holds for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cdk_eks_cilium.problems import Problem, refuse
from cdk_eks_cilium.values.model import CiliumValues
from cdk_eks_cilium.values.rendering.merge import override
from cdk_eks_cilium.values.rendering.references import References
from cdk_eks_cilium.values.rules.problems import problems
from cdk_eks_cilium.values.rules.references import reference_problems
from cdk_eks_cilium.versions.cilium import CiliumVersion
from cdk_eks_cilium.versions.upgrade_notes import KEPT_DEFAULTS

from .path import entered, index, path
from .step import Render, Step, step

#: What the deployment writes in every release, whatever the default of the chart is.
_WRITTEN: frozenset[str] = frozenset({"enableIPv4Masquerade"})
_COMPATIBILITY = "upgradeCompatibility"


@dataclass(frozen=True)
class Upgrade:
    """What an upgrade changes.

    Attributes:
        old: The version that runs.
        new: The version to install.
        steps: The steps of the way, one minor at a time.
        advice: What to do, in order, for the whole way.
    """

    old: CiliumVersion
    new: CiliumVersion
    steps: tuple[Step, ...]
    advice: tuple[str, ...]

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Why the values cannot be installed on the way, in the order of the steps."""
        return tuple(problem for each in self.steps for problem in each.problems)


def upgrade(
    values: CiliumValues,
    refs: References,
    old: CiliumVersion,
    new: CiliumVersion,
    where: str = "cilium",
    render: Render | None = None,
) -> Upgrade:
    """Compare what *values* install from one version to another; placeholders will do for *refs*.

    Args:
        values: The values of the environment.
        refs: What the values refer to.
        old: The version that runs.
        new: The version to install.
        where: The place of the values in errors.
        render: Renders the chart of each step by Helm; by default the rules alone judge.

    Raises:
        InputError: If *old* does not take the values, which then cannot be running.
    """
    refuse([*problems(values, old, where), *reference_problems(values, refs)])
    steps = tuple(step(values, refs, one, other, where, render) for one, other in path(old, new))
    return Upgrade(old, new, steps, tuple(_advice(values, old, new)))


def _advice(values: CiliumValues, old: CiliumVersion, new: CiliumVersion) -> Iterator[str]:
    yield from _route(old, new)
    yield from _compatibility(values, old, new)
    yield (
        "Helm gets every value again, as it must (never --reuse-values), and the deploy ends before the "
        "agents have restarted: run `cilium status --wait` after each step"
    )
    if values.image_registry is not None:
        releases = ", ".join(str(other) for _, other in path(old, new))
        yield f"copy the images of {releases} to {values.image_registry} before you deploy"


def _route(old: CiliumVersion, new: CiliumVersion) -> Iterator[str]:
    steps = index(new) - index(old)
    stops = path(old, new)
    if len(stops) > 1:
        way = " -> ".join(str(version) for version in (old, *(other for _, other in stops)))
        yield f"Cilium supports one minor at a time, from the newest patch of each: go {way}"
    if steps < 0:
        yield (
            f"this is a downgrade by {-steps} minor{'s' if steps < -1 else ''}: Cilium supports going back "
            "only to the minor that the cluster came from, and only before new features are used"
        )
    if steps > 0:
        yield (
            "run Cilium's pre-flight check before each minor, which pulls the images and validates your "
            "policies: "
            "https://docs.cilium.io/en/stable/operations/upgrade/#running-pre-flight-check-required"
        )


def _compatibility(values: CiliumValues, old: CiliumVersion, new: CiliumVersion) -> Iterator[str]:
    """What ``upgradeCompatibility`` would keep on this way."""
    kept = {
        KEPT_DEFAULTS[minor]: minor
        for minor in entered(old, new)
        if minor in KEPT_DEFAULTS and KEPT_DEFAULTS[minor] not in _WRITTEN
    }
    given = override(values, _COMPATIBILITY, otherwise=None)
    if given is not None:
        yield f"overrides set {_COMPATIBILITY} {given!r}, so defaults that later charts changed stay the old"
    elif kept:
        yield (
            f"the defaults of {' and '.join(kept)} change; set {_COMPATIBILITY} in the overrides to the "
            f"minor that was installed first, {old.minor} or older, to keep the old ones"
        )
