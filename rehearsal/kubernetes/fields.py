"""Sets of fields, as ``managedFields`` writes them, and what differs between two objects.

A field is a path of elements: ``f:name`` for a member, ``k:{...}`` for an item of a list that merges by keys,
``v:...`` for an item of a set. The format is that of FieldsV1:
https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/

The real server takes from its schemas which lists and mappings are one field as a whole. The tables here and
in `patches` name the ones of built-in types; in custom resources every list is one field.
"""

# belief: K8S-server-side-apply

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.patches import list_key

Path = tuple[str, ...]

# ``x-kubernetes-map-type: atomic`` in the OpenAPI schemas, ``+structType`` and ``+mapType`` in the types:
# https://github.com/kubernetes/api/blob/master/core/v1/types.go
_ATOMIC_MAPPINGS = frozenset(
    {
        "configMapKeyRef",
        "fieldRef",
        "labelSelector",
        "namespaceSelector",
        "nodeSelector",
        "objectSelector",
        "podSelector",
        "resourceFieldRef",
        "roleRef",
        "secretKeyRef",
        "selector",
    }
)
_SETS = frozenset({"finalizers"})
# What the server strips from every set:
# https://github.com/kubernetes/apimachinery/blob/master/pkg/util/managedfields/internal/stripmeta.go
_UNTRACKED_METADATA = frozenset(
    {
        "name",
        "namespace",
        "creationTimestamp",
        "deletionTimestamp",
        "selfLink",
        "uid",
        "generation",
        "managedFields",
        "resourceVersion",
    }
)
_ITEM = object()
"""The value of a list's item itself, beside its fields."""


def leaves(found: Object, custom: bool) -> dict[Path, Any]:
    """The tracked fields of an object, with their values."""
    members = {key: value for key, value in found.items() if key not in ("apiVersion", "kind")}
    return {path: value for path, value in _leaves(members, (), "", custom) if _is_tracked(path)}


def _is_tracked(path: Path) -> bool:
    if path[:1] == ("f:metadata",):
        return len(path) > 1 and path[1].removeprefix("f:") not in _UNTRACKED_METADATA
    return bool(path)


def _leaves(value: Any, path: Path, field: str, custom: bool) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict) and value and not is_one_field(field, custom):
        for key, each in value.items():
            if each is not None:
                yield from _leaves(each, (*path, f"f:{key}"), key, custom)
        return
    if isinstance(value, list) and value:
        if field in _SETS:
            yield from (((*path, f"v:{json.dumps(each)}"), each) for each in value)
            return
        key = keys_of(field, value, custom)
        if key is not None:
            for item in value:
                at = (*path, element(field, key, item))
                yield at, _ITEM
                yield from _leaves(item, at, "", custom)
            return
    yield path, value


def is_one_field(field: str, custom: bool) -> bool:
    """Whether a mapping under this name is one field as a whole."""
    return field in _ATOMIC_MAPPINGS and not custom


def keys_of(field: str, items: list[Any], custom: bool) -> str | None:
    """The key by which the items of a list merge, or None for a list that is one field."""
    if (custom and field != "ownerReferences") or not all(isinstance(item, dict) for item in items):
        return None
    return list_key(field, items)


def element(field: str, key: str, item: Object) -> str:
    """The element of a path that names an item."""
    keys = {key: item[key]}
    if field == "ports" and key in ("containerPort", "port"):
        keys["protocol"] = item.get("protocol", "TCP")
    return "k:" + json.dumps(keys, sort_keys=True, separators=(",", ":"))


def changes(before: Object, after: Object, custom: bool) -> tuple[set[Path], set[Path]]:
    """The fields that were set or changed between two objects, and the ones that went."""
    old, new = leaves(before, custom), leaves(after, custom)
    written = {path for path, value in new.items() if path not in old or old[path] != value}
    return written, set(old) - set(new)


def to_json(paths: set[Path]) -> Object:
    """FieldsV1 of a set."""
    tree: Object = {}
    for path in sorted(paths):
        node = tree
        for part in path:
            node = node.setdefault(part, {})
        node["."] = {}
    return _tidy(tree)


def _tidy(node: Object) -> Object:
    if set(node) == {"."}:
        return {}
    return {part: _tidy(below) if part != "." else {} for part, below in node.items()}


def from_json(tree: Object, path: Path = ()) -> set[Path]:
    """The set of FieldsV1."""
    if not tree:
        return {path} if path else set()
    found: set[Path] = set()
    for part, below in tree.items():
        found |= {path} if part == "." else from_json(below, (*path, part))
    return found


def written(path: Path) -> str:
    """A path as the server's messages write it: ``.spec.containers[name="a"].image``."""
    text = ""
    for part in path:
        kind, _, rest = part.partition(":")
        if kind == "f":
            text += f".{rest}"
        elif kind == "v":
            text += f"[={rest}]"
        else:
            keys = ",".join(f"{key}={json.dumps(value)}" for key, value in json.loads(rest).items())
            text += f"[{keys}]"
    return text
