"""Values laid over values, and a look into them."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from cdk_eks_cilium.problems import MISSING
from cdk_eks_cilium.values.model import CiliumValues


def merged(base: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """A new mapping of *base* with *other* laid over it, mapping by mapping; lists are replaced."""
    result = dict(base)
    for key, value in other.items():
        under = result.get(key)
        if isinstance(under, Mapping) and isinstance(value, Mapping):
            result[key] = merged(under, value)
        else:
            result[key] = copy.deepcopy(value)
    return result


def leaves(values: Mapping[str, Any], *path: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every value with its path; an empty mapping counts as a value."""
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from leaves(value, *path, key)
        else:
            yield (*path, key), value


def override(values: CiliumValues, *path: str, otherwise: Any = MISSING) -> Any:
    """The value at *path* in the overrides; *otherwise* if they do not set it."""
    value: Any = values.overrides
    for key in path:
        if not isinstance(value, Mapping) or key not in value:
            return otherwise
        value = value[key]
    return value


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same to a chart: 1 and true differ, though Python holds them equal."""
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)
