"""The chart values of a file that nobody has taken yet."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any, Final

from cdk_eks_cilium.problems import MISSING
from cdk_eks_cilium.values.rendering.merge import leaves

from .note import ImportNote, Kind

_OPTION: Final = "--"


class Remaining:
    """Nested chart values that shrink as values are taken, with what became of each.

    Attributes:
        data: The values that are left.
        findings: What became of the others, in the order in which they were taken.
    """

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.data: dict[str, Any] = copy.deepcopy(dict(given))
        self.findings: list[ImportNote] = []

    def find(self, kind: Kind, key: str, text: str, value: Any = MISSING) -> None:
        """Add what became of a value."""
        self.findings.append(ImportNote(kind, key, text, value))

    def leaves(self) -> Iterator[tuple[tuple[str, ...], Any]]:
        """Every value with its path, as a copy that stays as it is."""
        yield from list(leaves(self.data))

    def get(self, *path: str) -> Any:
        """The value at a path in parts; `MISSING` if it is not there."""
        value: Any = self.data
        for name in path:
            if not isinstance(value, Mapping) or name not in value:
                return MISSING
            value = value[name]
        return value

    def take(self, path: str) -> Any:
        """Remove the value at a dotted path, and return it; `MISSING` if it is not there, or null."""
        return self.take_at(*path.split("."))

    def take_at(self, *path: str) -> Any:
        """Remove the value at a path in parts, as `take` does, and the sections that it leaves empty."""
        if self.get(*path) is MISSING:
            return MISSING
        sections = [self.data]
        for name in path[:-1]:
            sections.append(sections[-1][name])
        value = sections[-1].pop(path[-1])
        for section, name in zip(sections[-2::-1], path[-2::-1], strict=True):
            if section[name]:
                break
            del section[name]
        return MISSING if value is None else value

    def drop(self, kind: Kind, path: str, text: str) -> None:
        """Take the value at a dotted path, if it is there, with what became of it."""
        if (value := self.take(path)) is not MISSING:
            self.find(kind, path, text, value)

    def put(self, path: str, value: Any) -> None:
        """Set the value at a dotted path."""
        *sections, name = path.split(".")
        at = self.data
        for section in sections:
            if not isinstance(at.get(section), dict):
                at[section] = {}
            at = at[section]
        at[name] = value

    def take_place(self, place: str) -> tuple[str, Any] | None:
        """Remove what a problem blames: ``operator.extraArgs[1]``, or a key with dots in it.

        Returns:
            Its path and value, None if *place* leads nowhere.
        """
        path = list(_steps(self.data, place))
        if not path:
            return None
        *above, last = path
        if not isinstance(last, int):
            value = self.get(*(str(each) for each in path))
            self.take_at(*(str(each) for each in path))
            return place, value
        names = [str(each) for each in above]
        items: list[Any] = self.get(*names)
        apart = str(items[last]).startswith(_OPTION) and "=" not in str(items[last])
        follows = items[last + 1 : last + 2]
        size = 2 if apart and follows and not str(follows[0]).startswith(_OPTION) else 1
        gone = items[last : last + size]
        del items[last : last + size]
        if not items:
            self.take_at(*names)
        return place, gone[0] if size == 1 else gone


def _steps(value: Any, place: str) -> Iterator[str | int]:
    """The keys and indexes of the longest way along *place* that *value* has."""
    while place:
        if isinstance(value, Mapping):
            fitting = [key for key in value if place == key or place.startswith((f"{key}.", f"{key}["))]
            if not fitting:
                return
            key = max(fitting, key=len)
            value, place = value[key], place[len(key) :].removeprefix(".")
            yield key
        elif isinstance(value, list) and place.startswith("["):
            number, _, place = place[1:].partition("]")
            value, place = value[int(number)], place.removeprefix(".")
            yield int(number)
        else:
            return
