"""What an import changes of an installation: by Helm where the chart is at hand, else by its defaults."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cdk_eks_cilium.helm import ChartError, LayerError, find_chart, helm_of_layer, template
from cdk_eks_cilium.helm.trial import SERVED
from cdk_eks_cilium.settings import ImportedSettings, cilium_values, references
from cdk_eks_cilium.values import helm_values
from cdk_eks_cilium.values.importing import (
    ConfigDifference,
    Source,
    config_differences,
    config_in,
    effective_differences,
)
from cdk_eks_cilium.versions.cilium import CiliumVersion
from cdk_eks_cilium.versions.kubectl_layer import layer_for

#: Kinds that charts install only where the cluster knows them; an installation that has them knows them.
_ALL_SERVED: Final = tuple(version for group in SERVED.values() for version in group)

Render = Callable[[Mapping[str, Any]], str]


@dataclass(frozen=True)
class Comparison:
    """What differs between an installation and its import.

    Attributes:
        differences: The keys that differ.
        by: What was compared, in words.
        notes: Why Helm did not render something.
    """

    differences: Sequence[ConfigDifference]
    by: str
    notes: tuple[str, ...] = ()


def compare(source: Source, found: ImportedSettings, *, online: bool = False) -> Comparison:
    """Compare what the chart makes of values before and after their import.

    Args:
        source: The values before.
        found: The import.
        online: Whether to fetch the chart, if it is not at hand.

    Raises:
        InputError: If a chart at hand is not the chart, or cannot be fetched.
    """
    version = found.values.version
    ours = helm_values(cilium_values(found.settings), version, references(found.settings))
    try:
        render = _renderer(version, found.settings.kubernetes_version, online=online)
        if render is not None:
            return _by_helm(render, source.values, found.values.theirs, ours)
        note: tuple[str, ...] = ()
    except (LayerError, OSError, subprocess.TimeoutExpired) as error:
        note = (f"Helm did not render the chart: {error}",)
    differences = effective_differences(found.values.theirs, ours, version)
    return Comparison(differences, "the values over the chart's defaults", note)


def _renderer(version: CiliumVersion, kubernetes: str, *, online: bool) -> Render | None:
    """Renders the chart of a release; None where it is not at hand."""
    source = find_chart(version, online=online)
    if source is None:
        return None
    helm = helm_of_layer(layer_for(kubernetes).module)
    return lambda values: template(helm, source.path, values, api_versions=_ALL_SERVED, kubernetes=kubernetes)


def _by_helm(
    render: Render, given: Mapping[str, Any], theirs: Mapping[str, Any], ours: Mapping[str, Any]
) -> Comparison:
    """Compare the ConfigMaps that Helm renders, if need be of the file in the spelling of the chart."""
    notes: list[str] = []
    after, before = config_in(render(ours)), None
    for values, what in ((given, "the values as they are"), (theirs, "the values in the chart's spelling")):
        try:
            before = config_in(render(values))
            break
        except ChartError as error:
            notes.append(f"The chart refuses {what}: {error.words}")
    differences = config_differences(before, after) if before is not None else []
    return Comparison(differences, "the ConfigMap cilium-config that Helm renders", tuple(notes))
