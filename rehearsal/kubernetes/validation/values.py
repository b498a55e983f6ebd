"""Reads parts of objects whose shape nobody checked: what has another type counts as missing."""

# no belief: reads JSON

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rehearsal.kubernetes.model import Object


def mapping(parent: Any, *path: str) -> Object:
    """The mapping at a path; empty when it is missing or not a mapping."""
    for name in path:
        parent = parent.get(name) if isinstance(parent, dict) else None
    return parent if isinstance(parent, dict) else {}


def entries(parent: Object, name: str) -> list[Object]:
    """The mappings of a list; an entry of another type counts as an empty one."""
    found = parent.get(name)
    return [entry if isinstance(entry, dict) else {} for entry in found] if isinstance(found, list) else []


def indexed(parent: Object, name: str, path: str) -> Iterator[tuple[str, Object]]:
    """Each mapping of a list with its path, as ``spec.ports[0]``."""
    for index, entry in enumerate(entries(parent, name)):
        yield f"{path}.{name}[{index}]", entry


def strings(parent: Object, name: str) -> list[str]:
    """The texts of a list."""
    found = parent.get(name)
    return [entry for entry in found if isinstance(entry, str)] if isinstance(found, list) else []


def string_map(parent: Object, name: str) -> dict[str, str]:
    """A mapping of texts; null counts as an empty text."""
    return {key: value if isinstance(value, str) else "" for key, value in mapping(parent, name).items()}


def text(parent: Object, name: str, default: str = "") -> str:
    """The text of a field; the default when it is missing or empty."""
    found = parent.get(name)
    return found if isinstance(found, str) and found else default


def number(parent: Object, name: str) -> int | None:
    """The whole number of a field, or None."""
    found = parent.get(name)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def has(parent: Object, name: str) -> bool:
    """Whether a field is there and not null."""
    return parent.get(name) is not None
