"""Ways to look into an object: by path, by condition, by time, by size."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from .reader import Object


def at(found: Any, path: str, default: Any = None) -> Any:
    """The field at a path with dots, such as ``spec.template.spec``; *default* where a step is missing.

    For keys that contain dots, such as labels, get the mapping and look into it.
    """
    for step in path.split("."):
        # Nearly all are dicts, and a class of typing is slow to ask: checks look here a million times.
        if type(found) is not dict and not isinstance(found, Mapping):
            return default
        found = found.get(step)
        if found is None:
            return default
    return found


def name_of(found: Object) -> str:
    """``NAMESPACE/NAME``, or the name of an object without a namespace."""
    meta = found.get("metadata") or {}
    space, name = meta.get("namespace"), meta.get("name", "")
    return f"{space}/{name}" if space else str(name)


def labels_of(found: Object) -> Mapping[str, str]:
    """The labels of an object."""
    return at(found, "metadata.labels") or {}


def condition(found: Object, kind: str) -> Mapping[str, Any]:
    """The condition of a type, such as ``Ready``; empty if the object does not have it."""
    every: Iterable[Mapping[str, Any]] = at(found, "status.conditions") or ()
    return next((each for each in every if each.get("type") == kind), {})


def time_of(text: str | None) -> datetime | None:
    """A time as the API writes it; None where it is missing or has another form."""
    if not text:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def trim(found: Object, keep: tuple[str, ...]) -> Object:
    """A copy with the given fields alone; all of it for no fields.

    ``status.conditions[].type`` keeps one field of each item of a list.
    """
    return _trimmed(found, exact_tree_of(keep)) if keep else found


Tree = dict[str, "Tree | None"]
"""Fields to keep, by their names; None keeps all of a field."""
ITEMS: Final = "[]"


def tree_of(keep: tuple[str, ...]) -> Tree:
    """Paths as a tree; below a field that is kept whole there is None, and so there is for lists."""
    return exact_tree_of(tuple(path.partition(ITEMS)[0] for path in keep))


@lru_cache
def exact_tree_of(keep: tuple[str, ...]) -> Tree:
    """Paths as a tree, with the fields of a list's items below ``[]``."""
    tree: Tree = {}
    for path in sorted(keep, key=len):
        *above, last = path.replace(ITEMS, f".{ITEMS}").split(".")
        target: Tree | None = tree
        for step in above:
            target = target if target is None else target.setdefault(step, {})
        if target is not None:
            target[last] = None
    return tree


def _trimmed(found: Object, tree: Tree) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for key, below in tree.items():
        value = found.get(key)
        if below is None:
            if value is not None:
                kept[key] = value
        elif isinstance(value, dict):
            if inner := _trimmed(value, below):
                kept[key] = inner
        elif isinstance(value, list) and (items := below.get(ITEMS)):
            kept[key] = [_trimmed(each, items) if isinstance(each, dict) else each for each in value]
    return kept
