"""What differs between an installation as it is and as it is imported."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import yaml

from cdk_eks_cilium.problems import MISSING
from cdk_eks_cilium.values.rendering.chart import CLUSTER_TAG, MANAGED_TAG, implied_values
from cdk_eks_cilium.values.rendering.cni_config import ANNOTATION
from cdk_eks_cilium.values.rendering.effective import EffectiveValues
from cdk_eks_cilium.values.rendering.merge import leaves, merged, same
from cdk_eks_cilium.versions.chart_catalogue import Catalogue
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .by_hand import FROM_THE_DEPLOYMENT, masquerades

#: What only the deployment knows.
_ITS_OWN: Final = frozenset(
    {
        *(tuple(key.split(".")) for key in FROM_THE_DEPLOYMENT),
        ("eni", "eniTags", CLUSTER_TAG),
        ("eni", "eniTags", MANAGED_TAG),
        ("podAnnotations", ANNOTATION),
    }
)
#: Switches that restart pods when their configuration changes; they are not configuration.
_ROLL_OUT: Final = ("rollOutPods", "rollOutCiliumPods")


@dataclass(frozen=True)
class ConfigDifference:
    """A value, as it is and as it is imported; `MISSING` where it is missing."""

    key: str
    before: Any
    after: Any


def effective_differences(
    theirs: Mapping[str, Any], ours: Mapping[str, Any], version: CiliumVersion
) -> list[ConfigDifference]:
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
    if not EffectiveValues(values, version).on("eni.enabled"):
        return {}
    return {**implied_values(version), "enableIPv4Masquerade": masquerades(values, version)}


def _differences(before: EffectiveValues, after: EffectiveValues) -> Iterator[ConfigDifference]:
    paths = {path for each in (before, after) for path, _ in leaves(each.written)}
    if not before.on("enableIPv4Masquerade") and not after.on("enableIPv4Masquerade"):
        # Without a translation nothing reads its interfaces.
        paths.discard(("egressMasqueradeInterfaces",))
    catalogue = Catalogue.of(before.version)
    for path in sorted(paths):
        one, other = before.at(path), after.at(path)
        own = path[-1] in _ROLL_OUT or path in _ITS_OWN
        if not own and not _alike(one, other) and _is_read(path, catalogue):
            yield ConfigDifference(".".join(path), one, other)


def _is_read(path: tuple[str, ...], catalogue: Catalogue) -> bool:
    """Whether the chart has the key, or a section around it that takes any key."""
    for size in range(len(path), 0, -1):
        if (key := catalogue.find(".".join(path[:size]))) is not None:
            return key.read and (size == len(path) or key.open)
    return False


def _alike(one: Any, other: Any) -> bool:
    """Whether two values are the same, or both say that there is nothing."""
    nothing: tuple[Any, ...] = (MISSING, None, "", [], {})
    as_text = {True: "true", False: "false"}
    switches = [as_text.get(each, each) if isinstance(each, bool) else each for each in (one, other)]
    return same(*switches) or (one in nothing and other in nothing)


def config_in(rendered: str) -> dict[str, str]:
    """The ConfigMap ``cilium-config`` among rendered manifests; empty if they lack it."""
    for found in yaml.load_all(rendered, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        if found and found["kind"] == "ConfigMap" and found["metadata"]["name"] == "cilium-config":
            return dict(found["data"])
    return {}


def config_differences(theirs: Mapping[str, str], ours: Mapping[str, str]) -> list[ConfigDifference]:
    """What differs between two ``cilium-config`` ConfigMaps, key by key."""
    return [
        ConfigDifference(key, theirs.get(key, MISSING), ours.get(key, MISSING))
        for key in sorted(theirs.keys() | ours.keys())
        if theirs.get(key, MISSING) != ours.get(key, MISSING)
    ]
