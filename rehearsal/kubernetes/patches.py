"""The three patch formats of the Kubernetes API, as pure functions over JSON values."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import jsonpatch

from rehearsal.kubernetes.errors import ApiError
from rehearsal.kubernetes.model import Object

# Lists that Kubernetes merges item by item, and the field that identifies an item. Other lists are replaced
# as a whole. Containers and Services both have `ports`.
LIST_KEYS: dict[str, tuple[str, ...]] = {
    "addresses": ("type",),
    "conditions": ("type",),
    "containers": ("name",),
    "env": ("name",),
    "ephemeralContainers": ("name",),
    "hostAliases": ("ip",),
    "imagePullSecrets": ("name",),
    "initContainers": ("name",),
    "ownerReferences": ("uid",),
    "podIPs": ("ip",),
    "ports": ("containerPort", "port"),
    "secrets": ("name",),
    "taints": ("key",),
    "topologySpreadConstraints": ("topologyKey",),
    "volumeDevices": ("devicePath",),
    "volumeMounts": ("mountPath",),
    "volumes": ("name",),
    "webhooks": ("name",),
}
_MERGED_PRIMITIVES = frozenset({"finalizers"})


def list_key(field: str, items: Iterable[Any]) -> str | None:
    """The field that identifies the items of a mergeable list, or None for a list that is replaced."""
    present = [item for item in items if isinstance(item, dict) and "$patch" not in item]
    for key in LIST_KEYS.get(field, ()):
        if all(key in item for item in present):
            return key
    return None


# belief: K8S-patches
def json_patch(document: Object, operations: Sequence[Object]) -> Object:
    """Apply an RFC 6902 patch.

    Raises:
        ApiError: 422 where a path does not exist, a test fails or an operation is unknown.
    """
    try:
        patched: Object = jsonpatch.apply_patch(document, operations)
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException) as error:
        message = f"the server rejected our request due to an error in our request: {error}"
        raise ApiError(422, "Invalid", message) from None
    return patched


def merge_patch(target: Any, patch: Any) -> Any:
    """Apply an RFC 7386 patch: null deletes, objects merge, everything else replaces."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge_patch(result.get(key), value)
    return result


def strategic_merge(target: Object, patch: Object) -> Object:
    """Apply a strategic merge patch, with the directives that kubectl writes.

    Known are ``$patch`` (merge, replace, delete), ``$retainKeys``, ``$setElementOrder/...`` and
    ``$deleteFromPrimitiveList/...``; which lists merge by which key is in ``LIST_KEYS``.
    """
    if patch.get("$patch") == "replace":
        return {key: copy.deepcopy(value) for key, value in patch.items() if key != "$patch"}
    if patch.get("$patch") == "delete":
        return {}
    result = dict(target)
    if "$retainKeys" in patch:
        result = {key: value for key, value in result.items() if key in patch["$retainKeys"]}
    for key, value in patch.items():
        if key.startswith("$deleteFromPrimitiveList/"):
            field = key.partition("/")[2]
            result[field] = [item for item in result.get(field) or [] if item not in value]
        if key.startswith("$"):
            continue
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            old = result.get(key)
            result[key] = strategic_merge(old if isinstance(old, dict) else {}, value)
        elif isinstance(value, list):
            result[key] = _merge_list(key, result.get(key) or [], value)
        else:
            result[key] = value
    _order_lists(result, patch)
    return result


def _merge_list(field: str, old: list[Any], patch: list[Any]) -> list[Any]:
    if field in _MERGED_PRIMITIVES:
        return old + [item for item in patch if item not in old]
    if {"$patch": "replace"} in patch:
        return [copy.deepcopy(item) for item in patch if item != {"$patch": "replace"}]
    key = list_key(field, [*old, *patch])
    if key is None:
        return copy.deepcopy(patch)
    deleted = [item.get(key) for item in patch if item.get("$patch") == "delete"]
    kept = [item for item in old if item[key] not in deleted]
    changes = [item for item in patch if item.get("$patch") != "delete"]
    return merge_keyed(kept, changes, key, strategic_merge)


def merge_keyed(
    old: list[Object], changes: list[Object], key: str, merge: Callable[[Object, Object], Object]
) -> list[Object]:
    """Merge items that share the key's value, in the old order; new items follow."""
    result = list(old)
    for change in changes:
        position = next((i for i, item in enumerate(result) if item.get(key) == change[key]), None)
        if position is None:
            result.append(merge({}, change))
        else:
            result[position] = merge(result[position], change)
    return result


def _order_lists(result: Object, patch: Object) -> None:
    """Follow ``$setElementOrder``: named items in the given order, items that others added behind them."""
    for directive, order in patch.items():
        if not directive.startswith("$setElementOrder/"):
            continue
        field = directive.partition("/")[2]
        items = result.get(field)
        if not isinstance(items, list):
            continue
        key = list_key(field, [*items, *order])
        wanted = [item.get(key) if isinstance(item, dict) else item for item in order]

        def place(item: Any, key: str | None = key, wanted: list[Any] = wanted) -> int:
            identity = item.get(key) if isinstance(item, dict) else item
            return wanted.index(identity) if identity in wanted else len(wanted)

        result[field] = sorted(items, key=place)
