"""Sets of fields, as ``managedFields`` writes them, and what differs between two objects.

A field is a path of elements: ``f:name`` for a member, ``k:{...}`` for an item of a list that merges by keys,
``v:...`` for an item of a set. The format is that of FieldsV1:
https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/

What is a field of its own follows from the schema, as in
https://github.com/kubernetes-sigs/structured-merge-diff/tree/master/typed.
"""

# belief: K8S-server-side-apply

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.schemas.schema import ATOMIC, Schema

Path = tuple[str, ...]
Paths = set[Path]

# What the server strips from every set:
# https://github.com/kubernetes/apimachinery/blob/master/pkg/util/managedfields/internal/stripmeta.go
_UNTRACKED: Final = frozenset(
    {("f:apiVersion",), ("f:kind",), ("f:metadata",)}
    | {
        ("f:metadata", f"f:{name}")
        for name in (
            "name",
            "namespace",
            "creationTimestamp",
            "deletionTimestamp",
            "deletionGracePeriodSeconds",
            "selfLink",
            "uid",
            "generation",
            "managedFields",
            "resourceVersion",
        )
    }
)
_ABSENT: Final = object()


def tracked(paths: Iterable[Path]) -> Paths:
    """The fields that have managers."""
    return {path for path in paths if path not in _UNTRACKED and path[:2] not in _UNTRACKED}


def is_granular(value: Any, schema: Schema) -> bool:
    """Whether a value has fields of its own, and is not one field as a whole."""
    if isinstance(value, dict):
        return not schema.atomic
    return isinstance(value, list) and schema.list_type != "atomic"


def children(value: Any, schema: Schema) -> list[tuple[str, Any, Schema]]:
    """The parts of a granular value: element, value and schema of each."""
    if isinstance(value, dict):
        return [(f"f:{name}", each, schema.below(name)) for name, each in value.items()]
    return [(element(each, schema), each, schema.item) for each in value]


def element(item: Any, schema: Schema) -> str:
    """The element of a path that names an item of a list."""
    if schema.list_type == "set" or not isinstance(item, dict):
        return "v:" + json.dumps(item, separators=(",", ":"))
    keys = {key: item.get(key, schema.defaults.get(key)) for key in sorted(schema.keys)}
    given = {key: value for key, value in keys.items() if value is not None}
    return "k:" + json.dumps(given, separators=(",", ":"))


def field_set(value: Any, schema: Schema) -> Paths:
    """The fields that an object names; the ones with managers are `tracked`."""
    return set(_fields(value, schema, ()))


def _fields(value: Any, schema: Schema, path: Path) -> Iterator[Path]:
    if value is not None and not is_granular(value, schema):
        yield path
        return
    for part, each, below in children(value or {}, schema) if value is not None else ():
        at = (*path, part)
        yield from _fields(each, below, at)
        named = part.startswith("f:") and part[2:] in schema.fields
        if each is None or each == {} or not named:
            yield at


@dataclass
class Comparison:
    """The fields that differ between two objects."""

    added: Paths = field(default_factory=set)
    modified: Paths = field(default_factory=set)
    removed: Paths = field(default_factory=set)

    @property
    def written(self) -> Paths:
        """The fields that were set or changed."""
        return self.added | self.modified


def compare(before: Any, after: Any, schema: Schema, ignored: str = "") -> Comparison:
    """What differs between two objects, besides an ignored member."""
    found = Comparison()
    _compare(before, after, schema, (), found)
    added, modified, removed = (
        {path for path in tracked(paths) if path[0] != f"f:{ignored}"}
        for paths in (found.added, found.modified, found.removed)
    )
    return Comparison(added, modified, removed)


def _compare(before: Any, after: Any, schema: Schema, path: Path, found: Comparison) -> None:
    if before == after and type(before) is type(after):
        return
    if _is_leaf(before, after, schema):
        if before is _ABSENT:
            found.added.add(path)
        elif after is _ABSENT:
            found.removed.add(path)
        elif before != after:
            found.modified.add(path)
        return
    if before not in (None, _ABSENT) and after not in (None, _ABSENT) and type(before) is not type(after):
        found.modified.add(path)  # a mapping became something else, or the other way round
    old, new = _parts(before, schema), _parts(after, schema)
    for part in {**old, **new}:
        below = (old.get(part) or new[part])[1]
        left = old[part][0] if part in old else _null_or_absent(before, below)
        _compare(left, new[part][0] if part in new else _ABSENT, below, (*path, part), found)
    if before is _ABSENT:
        found.added.add(path)
    elif after is _ABSENT:
        found.removed.add(path)


def _null_or_absent(before: Any, schema: Schema) -> Any:
    """A missing member: Go writes null for a list or pointer that has no ``omitempty``."""
    if (
        isinstance(before, dict)
        and schema.go
        and not schema.omitted
        and schema.kind in ("list", "map", "object")
    ):
        return None
    return _ABSENT


def _is_leaf(before: Any, after: Any, schema: Schema) -> bool:
    values = [value for value in (before, after) if value is not _ABSENT and value is not None]
    return not any(value and is_granular(value, schema) for value in values)


def _parts(value: Any, schema: Schema) -> dict[str, tuple[Any, Schema]]:
    if value is _ABSENT or not value or not is_granular(value, schema):
        return {}
    parts: dict[str, tuple[Any, Schema]] = {}
    for part, each, below in children(value, schema):
        # Items with the same keys are compared as one value.
        parts[part] = ([parts[part][0], each], ATOMIC) if part in parts else (each, below)
    return parts


def with_named(paths: Paths, schema: Schema) -> Paths:
    """The set with the named fields that its paths lead through."""
    found = set(paths)
    for path in paths:
        here = schema
        for depth, part in enumerate(path[:-1], start=1):
            if part.startswith("f:"):
                if part[2:] in here.fields:
                    found.add(path[:depth])
                here = here.below(part[2:])
            else:
                here = here.item
    return found


def without(value: Any, paths: Paths, schema: Schema, path: Path = ()) -> Any:
    """A value without some of its fields; a mapping or list of which nothing is left stays, empty."""
    if not is_granular(value, schema) or not any(each[: len(path)] == path for each in paths):
        return value
    left = [
        (part, without(each, paths, below, (*path, part)))
        for part, each, below in children(value, schema)
        if (*path, part) not in paths
    ]
    if isinstance(value, dict):
        return {part[2:]: each for part, each in left}
    return [each for _, each in left]


def to_json(paths: Iterable[Path]) -> Object:
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


def from_json(tree: Object, path: Path = ()) -> Paths:
    """The set of FieldsV1."""
    if not tree:
        return {path} if path else set()
    found: Paths = set()
    for part, below in tree.items():
        found |= {path} if part == "." else from_json(below, (*path, part))
    return found


def in_order(path: Path) -> list[tuple[bool, str]]:
    """Sorts paths as the server lists them: what is in a value comes before what is further down in it."""
    last = len(path) - 1
    return [(depth < last, part) for depth, part in enumerate(path)]


def written(path: Path) -> str:
    """A path as the server's messages write it: ``.spec.containers[name="a"].image``."""
    text = ""
    for part in path:
        kind, _, rest = part.partition(":")
        text += f".{rest}" if kind == "f" else f"[{bracketed(part)}]"
    return text


def bracketed(part: str) -> str:
    """What stands between the brackets of an item."""
    kind, _, rest = part.partition(":")
    if kind == "k":
        return ",".join(f"{key}={json.dumps(value)}" for key, value in json.loads(rest).items())
    return f"={rest}"
