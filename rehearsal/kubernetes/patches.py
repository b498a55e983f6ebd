"""The three patch formats of the Kubernetes API, as pure functions over JSON values."""

from __future__ import annotations

from typing import Any

import jsonpatch

from rehearsal.kubernetes.errors import ApiError, bad_request
from rehearsal.kubernetes.model import Object, copied
from rehearsal.kubernetes.schemas.decoding import go_text, kind_of
from rehearsal.kubernetes.schemas.schema import Schema


# belief: K8S-patches
def json_patch(document: Object, operations: Any) -> Object:
    """Apply an RFC 6902 patch.

    Raises:
        ApiError: 400, the patch is not a list of operations; 422, a path does not exist, a test fails or an
            operation is unknown.
    """
    if not isinstance(operations, list):
        raise _not_operations(operations, "[]handlers.jsonPatchOp")
    for each in operations:
        if not isinstance(each, dict):
            raise _not_operations(each, "handlers.jsonPatchOp")
    try:
        patched: Object = jsonpatch.apply_patch(document, operations)
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException, TypeError):
        message = "the server rejected our request due to an error in our request"
        raise ApiError(422, "Invalid", message) from None
    return patched


# belief: K8S-patches
def _not_operations(given: Any, wanted: str) -> ApiError:
    problem = f"json: cannot unmarshal {kind_of(given)} into Go value of type {wanted}"
    return bad_request(f"error decoding patch: {problem}")


def merge_patch(target: Any, patch: Any) -> Any:
    """Apply an RFC 7386 patch: null deletes, objects merge, everything else replaces."""
    if not isinstance(patch, dict):
        return copied(patch)
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge_patch(result.get(key), value)
    return result


def strategic_merge(target: Object, patch: Object, schema: Schema) -> Object:
    """Apply a strategic merge patch, with the directives that kubectl writes.

    Known are ``$patch`` (merge, replace, delete), ``$retainKeys``, ``$setElementOrder/...`` and
    ``$deleteFromPrimitiveList/...``; which lists merge by which key is in the schema.

    Raises:
        ApiError: 400, a directive is unknown or does not fit; 500, an item lacks its merge key.
    """
    directive = patch.get("$patch", "merge")
    if directive == "replace":
        return {key: copied(value) for key, value in patch.items() if key != "$patch"}
    if directive == "delete":
        return {}
    # belief: K8S-patches
    if directive != "merge":
        raise ApiError(500, "", f"unknown patch type: {directive} in map: {go_text(patch)}")
    result = dict(target)
    if "$retainKeys" in patch:
        retained = _retained(patch)
        result = {key: value for key, value in result.items() if key in retained}
    for key, value in patch.items():
        if key.startswith("$deleteFromPrimitiveList/"):
            field = key.partition("/")[2]
            result[field] = [item for item in result.get(field) or [] if item not in value]
        if key.startswith("$"):
            continue
        if value is None:
            result.pop(key, None)
        else:
            result[key] = _merged(result.get(key), value, schema.below(key))
    _order_lists(result, target, patch, schema)
    return result


def _merged(old: Any, value: Any, schema: Schema) -> Any:
    if isinstance(value, dict):
        if "replace" in schema.strategies:
            return copied(value)
        return strategic_merge(old if isinstance(old, dict) else {}, value, schema)
    if isinstance(value, list):
        return _merge_list(old if isinstance(old, list) else [], value, schema)
    return value


# belief: K8S-patches
def _retained(patch: Object) -> list[str]:
    keys, given = patch["$retainKeys"], {key for key in patch if not key.startswith("$")}
    if not isinstance(keys, list) or not given <= set(keys):
        raise bad_request("invalid patch format of retainKeys")
    return keys


def _merge_list(old: list[Any], patch: list[Any], schema: Schema) -> list[Any]:
    if {"$patch": "replace"} in patch:
        return [copied(item) for item in patch if item != {"$patch": "replace"}]
    if "merge" not in schema.strategies:
        return copied(patch)
    key = schema.merge_key
    if not key:
        both = old + [item for item in patch if item not in old]
        return _ordered(both, patch, old, key)
    for item in patch:
        _check_item(item, key)
    deleted = [item[key] for item in patch if item.get("$patch") == "delete"]
    result = [item for item in old if item.get(key) not in deleted]
    for change in patch:
        if change.get("$patch") == "delete":
            continue
        position = next((i for i, item in enumerate(result) if item.get(key) == change[key]), None)
        if position is None:
            result.append(strategic_merge({}, change, schema.item))
        else:
            result[position] = strategic_merge(result[position], change, schema.item)
    return _ordered(result, patch, old, key)


# belief: K8S-patches
def _check_item(item: Any, key: str) -> None:
    if not isinstance(item, dict):
        raise bad_request("invalid strategic merge patch format")
    if item.get(key) is None:
        raise ApiError(500, "", f"map: {go_text(item)} does not contain declared merge key: {key}")


def _order_lists(result: Object, target: Object, patch: Object, schema: Schema) -> None:
    """Follow ``$setElementOrder``."""
    for directive, order in patch.items():
        if directive.startswith("$setElementOrder/"):
            field = directive.partition("/")[2]
            if isinstance(items := result.get(field), list):
                before = target.get(field) or []
                result[field] = _ordered(items, order, before, schema.below(field).merge_key)


def _ordered(items: list[Any], order: list[Any], before: list[Any], key: str) -> list[Any]:
    """The named items in the given order, with the others between them as they were before.

    As in https://github.com/kubernetes/apimachinery/blob/master/pkg/util/strategicpatch/patch.go.
    """
    wanted, known = [_identity(item, key) for item in order], [_identity(item, key) for item in before]
    named = [item for item in items if _identity(item, key) in wanted]
    named.sort(key=lambda item: wanted.index(_identity(item, key)))
    others = [item for item in items if _identity(item, key) not in wanted]
    result: list[Any] = []
    while named and others:
        one, other = _identity(others[0], key), _identity(named[0], key)
        first = one in known and other in known and known.index(one) < known.index(other)
        result.append((others if first else named).pop(0))
    return [*result, *named, *others]


def _identity(item: Any, key: str) -> Any:
    return item.get(key) if isinstance(item, dict) else item
