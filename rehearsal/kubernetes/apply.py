"""Server-side apply: a manager sets the fields that it names, and removes what it stops naming.

https://kubernetes.io/docs/reference/using-api/server-side-apply/
"""

from __future__ import annotations

import copy
import json
from typing import Any

from rehearsal.kubernetes.fields import Path, element, is_one_field, keys_of, leaves
from rehearsal.kubernetes.managers import Manager, Managers
from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.patches import merge_keyed


# belief: K8S-server-side-apply
def apply(
    live: Object, configuration: Object, manager: Manager, managers: Managers, *, custom: bool
) -> Object:
    """The object after ``manager`` has applied ``configuration`` to ``live``.

    A field that the manager named before and no longer names goes, unless somebody else manages it.
    """
    merged = _merged(live, configuration, custom)
    named = set(leaves(configuration, custom))
    abandoned = managers.fields_of(manager) - named
    kept = named | managers.others_than(manager)
    # An item goes with its defaults, unless somebody manages a field in it.
    doomed = {path for path in abandoned if not any(other[: len(path)] == path for other in kept)}
    result: Object = _without(merged, (), "", doomed, custom)
    return result


def _without(value: Any, path: Path, field: str, doomed: set[Path], custom: bool) -> Any:
    """``value`` without the doomed fields, and without mappings and lists that they leave empty."""
    if not any(each[: len(path)] == path for each in doomed):
        return value
    if isinstance(value, dict):
        result = {}
        for key, each in value.items():
            at = (*path, f"f:{key}")
            if at in doomed:
                continue
            left = _without(each, at, key, doomed, custom)
            if left or not each or not isinstance(each, dict | list):
                result[key] = left
        return result
    if isinstance(value, list):
        if (key := keys_of(field, value, custom)) is not None:
            items = [((*path, element(field, key, item)), item) for item in value]
            return [_without(item, at, "", doomed, custom) for at, item in items if at not in doomed]
        return [item for item in value if (*path, f"v:{json.dumps(item)}") not in doomed]
    return value


def _merged(live: Object, configuration: Object, custom: bool) -> Object:
    result = dict(live)
    for key, value in configuration.items():
        old = result.get(key)
        if value is None:
            continue
        if isinstance(value, dict) and not is_one_field(key, custom):
            result[key] = _merged(old if isinstance(old, dict) else {}, value, custom)
        elif isinstance(value, list) and key == "finalizers":
            items = old if isinstance(old, list) else []
            result[key] = [*items, *(item for item in value if item not in items)]
        elif isinstance(value, list):
            items = old if isinstance(old, list) else []
            identity = keys_of(key, [*items, *value], custom)
            if identity is None:
                result[key] = copy.deepcopy(value)
            else:
                result[key] = merge_keyed(items, value, identity, lambda a, b: _merged(a, b, custom))
        else:
            result[key] = copy.deepcopy(value)
    return result
