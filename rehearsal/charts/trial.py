"""The values of Cilium's release, rendered by real Helm before a rehearsal begins."""

# no belief: helm itself

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from cdk_eks_cilium.helm import SERVED, chart_error
from rehearsal.charts.template import helm_binary

_RELEASE = "Custom::AWSCDK-EKS-HelmChart"
#: What only the deployment knows, such as the ARN of a role.
_UNKNOWN = "known-to-the-deployment"


Resource = tuple[str, Mapping[str, Any], Sequence[str]]
"""A logical id, its resource, and the groups whose CRDs are in the cluster before it."""


def refused_releases(resources: Iterable[Resource], charts: Path) -> Iterator[str]:
    """What the charts in a folder refuse, one line a release; charts that the folder lacks are passed over.

    Args:
        resources: The resources of the templates.
        charts: The folder, with ``cilium-1.19.6.tgz`` and the like.
    """
    for name, resource, groups in resources:
        properties = resource.get("Properties") or {}
        chart = charts / f"cilium-{properties.get('Version')}.tgz"
        if resource.get("Type") != _RELEASE or properties.get("Chart") != "cilium" or not chart.is_file():
            continue
        values = json.loads(_text(properties.get("Values") or "{}"))
        served = [each for group in groups for each in SERVED[group]]
        error = chart_error(helm_binary(4), chart, values, served)
        if error is not None:
            yield f"{name}: Cilium's chart {properties['Version']} refuses the values: {error}"


def _text(value: Any) -> str:
    """The text of a property, with a word for each expression in it."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping) and "Fn::Join" in value:
        separator, parts = value["Fn::Join"]
        return str(separator).join(map(_text, parts))
    return _UNKNOWN
