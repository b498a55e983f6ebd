"""What differs between an installation as it is and as it is imported."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cdk_eks_cilium.problems import MISSING
from cdk_eks_cilium.values.rendering.chart import implied_values
from cdk_eks_cilium.values.rendering.effective import EffectiveValues
from cdk_eks_cilium.values.rendering.merge import leaves, merged, same
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .by_hand import masquerades

#: Switches that restart pods when their configuration changes; they are not configuration.
_ROLL_OUT: Final = ("rollOutPods", "rollOutCiliumPods")


@dataclass(frozen=True)
class Difference:
    """A value, as it is and as it is imported; `MISSING` where there is no value."""

    key: str
    before: Any
    after: Any


def effective_differences(
    theirs: Mapping[str, Any], ours: Mapping[str, Any], version: CiliumVersion
) -> list[Difference]:
    """What templates of the chart read differently, with the chart's defaults below both.

    Args:
        theirs: The chart values of the installation, in the spelling of *version*.
        ours: The chart values of the deployment.
    """
    before, after = (
        EffectiveValues(merged(_implied(each, version), each), version) for each in (theirs, ours)
    )
    return list(_differences(before, after))


def _implied(values: Mapping[str, Any], version: CiliumVersion) -> dict[str, Any]:
    on = EffectiveValues(values, version).on("eni.enabled")
    return {
        **(implied_values(version) if on else {}),
        **({"enableIPv4Masquerade": masquerades(values, version)} if on else {}),
    }


def _differences(before: EffectiveValues, after: EffectiveValues) -> Iterator[Difference]:
    paths = {path for each in (before, after) for path, _ in leaves(each.written)}
    for path in sorted(paths):
        one, other = before.at(path), after.at(path)
        if not _alike(one, other) and path[-1] not in _ROLL_OUT:
            yield Difference(".".join(path), one, other)


def _alike(one: Any, other: Any) -> bool:
    """Whether two values are the same, or both say that there is nothing."""
    nothing = (MISSING, None, "", [], {})
    return same(one, other) or (one in nothing and other in nothing)


def config_differences(theirs: Mapping[str, str], ours: Mapping[str, str]) -> list[Difference]:
    """What differs between two ``cilium-config`` ConfigMaps, key by key."""
    return [
        Difference(key, theirs.get(key, MISSING), ours.get(key, MISSING))
        for key in sorted(theirs.keys() | ours.keys())
        if theirs.get(key, MISSING) != ours.get(key, MISSING)
    ]
