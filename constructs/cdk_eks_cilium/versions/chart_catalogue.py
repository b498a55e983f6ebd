"""Every key that Cilium's charts take, by version: its types, its default, its first and last releases.

The data is ``chart_keys.tsv`` beside this module, which ``scripts/chart_keys.py`` derives from the
published charts. It is read on first use, never on import.

A line is a key and its states. Each state starts at a release and has the types, marks and default, or
``-`` when the key is gone::

    eni.updateEC2AdapterLimitViaAPI  1.12.0 bool false  1.14.0 bool true  1.18.0 -

Types are joined with ``|``; ``list<string>`` has the type of the elements, ``int<0..255>`` the bounds,
``=["a","b"]`` the only values. ``map*`` marks a mapping that takes any key, ``!`` a key that no template
reads. Without a default the key is a section, or only templates know it. ``~`` stands for a default that
every release changes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Final

from cdk_eks_cilium.problems import MISSING

from .chart_spelling import nearest
from .cilium import CiliumVersion

DATA_FILE: Final = "chart_keys.tsv"

_Release = tuple[int, int, int]
_STATE: Final = re.compile(
    r"(?P<types>[a-z0-9|*<>,.-]*)(?:=(?P<choices>\[.*?\]))?(?P<dead>!?)(?: (?P<default>.*))?"
)


class _Changing:
    """The default of a key that every release of the chart changes, such as the tag of an image."""

    def __repr__(self) -> str:
        return "the default of the release"


CHANGING: Final = _Changing()


@dataclass(frozen=True)
class Key:
    """A key of a chart.

    Attributes:
        path: Its name after the names of its sections, ``eni.gcInterval``.
        types: The types it takes: ``bool``, ``int``, ``number``, ``string``, ``list``, ``map``, ``null``, or
            ``any``. ``number`` includes whole numbers. Empty where only `choices` count.
        items: The types of a list's elements; empty where all types are valid.
        bounds: The least and the greatest number, None for an open end.
        choices: Further values it takes, or, with empty `types`, the only values.
        open: Whether the mapping takes any key, as labels and resources do.
        read: Whether a template reads it. A key that templates do not read has no effect.
        default: Its value when nobody sets it: `MISSING` for a section, and for a key that only templates
            know; `CHANGING` for a default that each release changes.
    """

    path: str
    types: frozenset[str]
    items: frozenset[str] = frozenset()
    bounds: tuple[float | None, float | None] = (None, None)
    choices: tuple[Any, ...] = ()
    open: bool = False
    read: bool = True
    default: Any = MISSING


@dataclass(frozen=True)
class Difference:
    """What changed about a key from one release to another.

    Attributes:
        path: The key.
        old: The key in the older chart, None if it lacks the key.
        new: The key in the newer chart, None if it lacks the key.
    """

    path: str
    old: Key | None
    new: Key | None

    @property
    def kinds(self) -> frozenset[str]:
        """``added`` or ``removed``; else what changed: ``types``, ``default``, ``read``."""
        if self.old is None or self.new is None:
            return frozenset({"added" if self.old is None else "removed"})
        old, new = self.old, self.new
        shapes = [(key.types, key.items, key.bounds, key.choices, key.open) for key in (old, new)]
        changed = {"types": shapes[0] != shapes[1], "read": old.read != new.read}
        changed["default"] = not _same(old.default, new.default)
        return frozenset(kind for kind, is_so in changed.items() if is_so)


@dataclass(frozen=True)
class Catalogue:
    """The keys of one chart, to iterate over. Get it with `of`.

    Attributes:
        version: The release of the chart.
    """

    version: CiliumVersion

    @classmethod
    def of(cls, version: CiliumVersion | str) -> Catalogue:
        """Return the catalogue of a release, or of the newest patch of a minor such as ``1.19``.

        A patch newer than the data gets the keys of the newest patch in the data.

        Raises:
            InputError: If the minor is not known.
        """
        return cls(version if isinstance(version, CiliumVersion) else CiliumVersion.newest_of(version))

    def find(self, path: str) -> Key | None:
        """Return the key at *path*; None if the chart lacks it, or *path* is inside an open mapping."""
        return _find(path, self.version.release)

    def __iter__(self) -> Iterator[Key]:
        """Yield every key, sorted by path."""
        return iter(_keys(self.version.release))

    def has_section(self, path: str) -> bool:
        """Return whether *path* is a mapping with keys of its own in the chart's values."""
        return _has_section(path, self.version.release)

    def has_keys_in(self, path: str) -> bool:
        """Return whether templates know keys in the mapping at *path*, in the chart's values or not."""
        return any(self.find(name) for name in _below(path))

    def nearest(self, path: str) -> str | None:
        """Return the key that *path* probably means, None if nothing comes near."""
        return nearest(_paths(self.version.release), path)

    def first_in(self, path: str) -> str | None:
        """Return the first release of any chart with the key: ``1.19``, or a patch like ``1.13.2``."""
        return next((_named(release) for release, state in _history(path) if state != "-"), None)

    def comes_in(self, path: str) -> str | None:
        """Return the release after this one that brings the key; None if the chart has it, or none does."""
        if self.find(path):
            return None
        later = (each for each in _history(path) if each[0] > self.version.release)
        return next((_named(release) for release, state in later if state != "-"), None)

    def removed_in(self, path: str) -> str | None:
        """Return the release that removed the key; None if the chart has it, or never had it."""
        gone = None
        for release, state in _history(path):
            if release <= self.version.release:
                gone = release if state == "-" else None
        return _named(gone) if gone else None

    def last_key(self, path: str) -> Key | None:
        """Return the key as in the newest release with it, whether this chart has it or not."""
        states = [state for _, state in _history(path) if state != "-"]
        return _key(path, states[-1]) if states else None


def differences(old: CiliumVersion, new: CiliumVersion) -> tuple[Difference, ...]:
    """Return what changed from the chart of *old* to the chart of *new*, sorted by path."""
    before, after = Catalogue.of(old), Catalogue.of(new)
    found = (Difference(path, before.find(path), after.find(path)) for path in _sorted())
    return tuple(each for each in found if each.old != each.new)


def charts() -> Mapping[str, tuple[int, ...]]:
    """Return the releases that the data comes from: the patches of each minor."""
    return charts_of(_text())


def charts_of(text: str) -> Mapping[str, tuple[int, ...]]:
    """Return what `charts` does, of the *text* of a data file."""
    head = [line[2:].split(": ") for line in text.splitlines() if re.match(r"# 1\.\d+: ", line)]
    return {minor: tuple(_patches(ranges)) for minor, ranges in head}


def _patches(ranges: str) -> Iterator[int]:
    for part in ranges.split():
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


def _text() -> str:
    return (files(__package__) / DATA_FILE).read_text(encoding="utf-8")


@cache
def _lines() -> dict[str, str]:
    """The states of each key as text; `_history` parses them when asked."""
    return dict(line.split("\t", 1) for line in _text().splitlines() if line[0] != "#")


@cache
def _sorted() -> list[str]:
    return sorted(_lines())


@cache
def _below(path: str) -> tuple[str, ...]:
    """The keys inside of a section, of any release."""
    return tuple(each for each in _sorted() if each.startswith(f"{path}."))


def _history(path: str) -> tuple[tuple[_Release, str], ...]:
    """The states of a key, by the release that each starts with."""
    line = _lines().get(path)
    return _states(line) if line else ()


@cache
def _states(line: str) -> tuple[tuple[_Release, str], ...]:
    columns = (column.split(" ", 1) for column in line.split("\t"))
    return tuple((_release(number), state) for number, state in columns)


# The rules ask for the same few hundred keys for each installation that they judge.
@lru_cache(maxsize=65_536)
def _find(path: str, release: _Release) -> Key | None:
    state = _state_at(path, release)
    return None if state is None else _key(path, state)


# A few thousand keys each: more releases than these are rarely asked for at once.
@lru_cache(maxsize=16)
def _keys(release: _Release) -> tuple[Key, ...]:
    return tuple(key for path in _sorted() if (key := _find(path, release)))


@lru_cache(maxsize=16)
def _paths(release: _Release) -> list[str]:
    return [key.path for key in _keys(release)]


@lru_cache(maxsize=65_536)
def _has_section(path: str, release: _Release) -> bool:
    key = _find(path, release)
    if key is None or key.default is not MISSING or "map" not in key.types:
        return False
    return any(inner.default is not MISSING for name in _below(path) if (inner := _find(name, release)))


@cache
def _release(number: str) -> _Release:
    major, minor, patch = number.split(".")
    return int(major), int(minor), int(patch)


def _named(release: _Release) -> str:
    """A release in short: the first of a minor is the minor."""
    major, minor, patch = release
    return f"{major}.{minor}.{patch}" if patch else f"{major}.{minor}"


def _state_at(path: str, release: _Release) -> str | None:
    found = None
    for start, state in _history(path):
        if start > release:
            break
        found = state
    return None if found == "-" else found


@cache
def _key(path: str, state: str) -> Key:
    match = _STATE.fullmatch(state)
    if match is None:
        raise ValueError(f"{DATA_FILE}: {path}: not a state: {state!r}")
    types, inner = {}, {}
    for name in match["types"].strip("|").split("|"):
        kind, _, inside = name.partition("<")
        types[kind.rstrip("*")] = kind.endswith("*")
        inner[kind] = inside.rstrip(">")
    least, _, most = (inner.get("int") or inner.get("number") or "").partition("..")
    default = match["default"]
    return Key(
        path=path,
        types=frozenset(types) - {""},
        items=frozenset((inner.get("list") or "").split(",")) - {""},
        bounds=(float(least) if least else None, float(most) if most else None),
        choices=tuple(json.loads(match["choices"] or "[]")),
        open=types.get("map", False),
        read=not match["dead"],
        default=MISSING if default is None else CHANGING if default == "~" else json.loads(default),
    )


def _same(one: Any, other: Any) -> bool:
    """Whether two defaults are the same. 1 and true differ, though Python holds them equal."""
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)
