"""What people have: a values file, what ``helm get values`` printed, or a part of a larger file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cdk_eks_cilium.problems import Problem, refuse
from cdk_eks_cilium.problems.strict_yaml import read_document
from cdk_eks_cilium.problems.wording import shown
from cdk_eks_cilium.versions.chart_catalogue import Catalogue
from cdk_eks_cilium.versions.cilium import CiliumVersion

_HEADING: Final = re.compile(rb"\A\s*(USER-SUPPLIED|COMPUTED) VALUES:[ \t]*\r?\n?")
#: A chart's values below the name of the chart, as for the chart of a chart that contains it.
_NAME: Final = "cilium"
_DEEPEST: Final = 5


@dataclass(frozen=True)
class Source:
    """The values of a file.

    Attributes:
        values: The chart values.
        computed: Whether they hold the chart's defaults too, as ``helm get values --all`` prints them.
        within: The keys around the values in the file, ``spec.values``; empty where they are the whole file.
    """

    values: Mapping[str, Any]
    computed: bool = False
    within: str = ""


def read_source(text: bytes, name: str, version: CiliumVersion) -> Source:
    """Read the values in *text*: YAML or JSON, with or without the heading that Helm prints.

    The values may be the whole file, or below ``cilium`` as the values of a subchart, or in the ``values``
    of a HelmRelease or an Argo CD Application.

    Args:
        text: The content.
        name: How errors call it.
        version: The chart's, to recognize its keys.

    Raises:
        InputError: If *text* is not a mapping, or not YAML.
    """
    heading = _HEADING.match(text)
    body = text[heading.end() :] if heading else text
    data = read_document(body, name)
    if data is None:
        data = {}
    if not isinstance(data, Mapping):
        rule = "must be the values of a chart, a mapping of keys to values"
        refuse([Problem(name, rule, shown(data), id="CEK2400")], f"{name}: 1 problem")
    refuse(_no_text(data, name), f"{name}: not chart values")
    within, values = _values_in(data, {key.path for key in Catalogue.of(version) if "." not in key.path})
    return Source(values, heading is not None and heading[1] == b"COMPUTED", within)


def _no_text(data: Mapping[Any, Any], where: str) -> Iterator[Problem]:
    """A problem for each key that is not text: YAML reads ``on`` and ``1`` as something else."""
    for key, value in data.items():
        if not isinstance(key, str):
            yield Problem(where, "must have text as its keys", key, "write the key in quotes", id="CEK2401")
        elif isinstance(value, Mapping):
            yield from _no_text(value, f"{where}: {key}")


def _values_in(data: Mapping[str, Any], keys: set[str], depth: int = 0) -> tuple[str, Mapping[str, Any]]:
    """Where the values are, and the values: in the mapping itself if it has a key of the chart."""
    if depth == _DEEPEST or keys & data.keys() or not data:
        return "", data
    for name in (_NAME, "spec", "source", "helm", "values", "valuesObject"):
        inner = data.get(name)
        if name == "values" and isinstance(inner, str):
            inner = read_document(inner, name)
        if isinstance(inner, Mapping):
            within, values = _values_in(inner, keys, depth + 1)
            if keys & values.keys():
                return f"{name}.{within}".rstrip("."), values
    return "", data
