"""Whether the chart of a version takes the values in `CiliumValues.overrides`.

Cilium's chart ignores unknown keys in all versions, and checks no type before 1.16. So a misspelt key
installs cleanly and does nothing; here it is an error, as is a value of the wrong type.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from cdk_eks_cilium.problems import MISSING, Problem
from cdk_eks_cilium.versions import behaviour
from cdk_eks_cilium.versions.chart_catalogue import Catalogue, Key
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .our_names import our_name
from .owned import owned
from .removed_keys import way_out

_TEXTS: Final = {
    "bool": "true or false",
    "int": "a whole number",
    "number": "a number",
    "string": "text",
    "list": "a list",
    "map": "a mapping",
    "null": "null",
}
#: A key whose type is guessed from a default number takes text too: the default 1 does not exclude ``50%``.
#: A key of text does not take numbers: some templates stop at a number, and others write
#: ``%!s(float64=7)`` for the tag of an image.
_NUMBERS: Final = frozenset({"int", "number"})


def key_problems(
    overrides: Mapping[str, Any], version: CiliumVersion, where: str, reported: Iterable[Problem] = ()
) -> list[Problem]:
    """One problem for each override that the chart does not have, or whose type it does not take.

    Null is valid for every key that exists: it unsets the default.

    Args:
        version: The chart to install. A patch newer than the catalogue may have keys of any newer chart.
        reported: Problems found before. The keys that they blame, and keys below these, are not checked.
    """
    blamed = frozenset(problem.where for problem in reported)
    return list(_Check(version, where, blamed).section(overrides, ""))


def unread_warnings(overrides: Mapping[str, Any], version: CiliumVersion) -> list[str]:
    """One warning for each override that the chart lists among its values, but no template reads."""
    return [
        f"overrides set {key.path}, which has no effect: the chart of Cilium {version} lists it, "
        "and none of its templates reads it"
        for key in _set_keys(overrides, Catalogue.of(version), "")
        if not key.read
    ]


def _set_keys(given: Mapping[str, Any], catalogue: Catalogue, at: str) -> Iterator[Key]:
    """The innermost keys of the chart that *given* sets."""
    for name, value in given.items():
        path = f"{at}{name}"
        key = catalogue.find(path)
        if key is None or value is None:
            continue
        below = list(_set_keys(value, catalogue, f"{path}.")) if isinstance(value, Mapping) else []
        yield from below or [key]


class _Check:
    """The walk through overrides, section by section."""

    def __init__(self, version: CiliumVersion, where: str, blamed: frozenset[str]) -> None:
        self.version = version
        self.catalogue = Catalogue.of(version)
        self.where = where
        self.blamed = blamed

    def section(self, given: Mapping[str, Any], at: str, is_open: bool = False) -> Iterator[Problem]:
        """The problems of a mapping at the path *at*, which is empty or ends with a dot."""
        for name, value in given.items():
            path = f"{at}{name}"
            where = f"{self.where}.{path}"
            if where in self.blamed:
                continue
            key = self.find(path) if "." not in name else None
            if key is not None:
                yield from self.value(key, value, where)
            elif isinstance(value, Mapping) and any(each.startswith(f"{where}.") for each in self.blamed):
                yield from self.section(value, f"{path}.", is_open)
            elif not is_open:
                yield self.missing(path, name, value, where)

    def find(self, path: str) -> Key | None:
        """The key at *path*; for a patch newer than the catalogue, the key of any newer chart."""
        key = self.catalogue.find(path)
        if key is None and not self.version.is_known and self.catalogue.comes_in(path):
            return self.catalogue.last_key(path)
        return key

    def value(self, key: Key, value: Any, where: str) -> Iterator[Problem]:
        """The problems of a value, and of everything in it."""
        if value is None or "any" in key.types:
            return
        if not self.fits(value, key):
            yield Problem(
                where,
                f"must be {_wanted(key)} in Cilium's chart {self.version}",
                value,
                _correction(value, key),
                id="CEK2042",
            )
        elif isinstance(value, int | float) and not _within(value, key):
            bounds = " to ".join(f"{bound:g}" for bound in key.bounds if bound is not None)
            yield Problem(
                where,
                f"must be in the bounds of Cilium's chart {self.version}, {bounds}",
                value,
                id="CEK2043",
            )
        elif isinstance(value, Mapping):
            yield from self.section(value, f"{key.path}.", key.open)
        elif isinstance(value, list) and key.items:
            for index, item in enumerate(value):
                if not key.items & _kinds(item):
                    texts = " or ".join(_TEXTS[kind] for kind in _TEXTS if kind in key.items)
                    yield Problem(
                        f"{where}[{index}]",
                        f"must be {texts} in Cilium's chart {self.version}",
                        item,
                        id="CEK2044",
                    )

    def fits(self, value: Any, key: Key) -> bool:
        """Whether the chart takes *value* for *key*."""
        if any(value == choice and type(value) is type(choice) for choice in key.choices):
            return True
        kinds = _kinds(value)
        guessed = not behaviour.chart.SCHEMA.holds(self.version) and key.types & _NUMBERS
        return bool(kinds & (key.types | _NUMBERS | {"string"} if guessed else key.types))

    def missing(self, path: str, name: str, value: Any, where: str) -> Problem:
        """What is wrong with a key that the chart does not have."""
        got = MISSING if isinstance(value, Mapping | list) else value
        if "." in name:
            fix = "write nested mappings: {'" + name.replace(".", "': {'") + "': ...}" + "}" * name.count(".")
            rule = "is one key with dots in it, which the chart does not read"
            return Problem(where, rule, got, fix, id="CEK2045")
        comes, gone = self.catalogue.comes_in(path), self.catalogue.removed_in(path)
        if comes:
            rule = f"comes with Cilium's chart {comes}: the chart {self.version} ignores it"
            return Problem(where, rule, got, f"remove it, or use Cilium {comes} or newer", id="CEK2046")
        if gone:
            rule = f"was removed in Cilium's chart {gone}"
            return Problem(where, rule, got, way_out(path, self.catalogue), id="CEK2047")
        rule = f"is not a value of Cilium's chart {self.version}, which ignores it"
        return Problem(where, rule, got, self.meant(path), id="CEK2048")

    def meant(self, path: str) -> str:
        """The fix for a key that no chart has."""
        near = self.catalogue.nearest(path)
        spelt = near is not None and near.rpartition(".")[0] == path.rpartition(".")[0]
        typed = our_name(path, self.version) or (
            None if spelt else our_name(path, self.version, misspelt=True)
        )
        if typed is not None:
            return f"it is the typed value {typed}: set it beside overrides, not in them"
        if near is None:
            return "remove it"
        ours = owned(self.version).get(tuple(near.split(".")))
        return f"did you mean {near!r}?" + (f" overrides may not set it: {ours.fix}" if ours else "")


def _kinds(value: Any) -> frozenset[str]:
    """The types that a plain value is of."""
    if isinstance(value, bool):
        return frozenset({"bool"})
    if isinstance(value, int):
        return frozenset({"int", "number"})
    for kind, name in ((float, "number"), (str, "string"), (list, "list"), (Mapping, "map")):
        if isinstance(value, kind):
            return frozenset({name})
    return frozenset({"null"})


def _within(value: float, key: Key) -> bool:
    least, most = key.bounds
    return (least is None or value >= least) and (most is None or value <= most)


def _wanted(key: Key) -> str:
    """The values that a key takes, in words."""
    texts = [repr(choice) for choice in key.choices if choice is not None]
    types = key.types - {"null"} or key.types
    return " or ".join(texts + [_TEXTS[kind] for kind in _TEXTS if kind in types])


def _correction(value: Any, key: Key) -> str:
    """How to write *value* so that the key takes it."""
    if isinstance(value, str):
        if "bool" in key.types and value.lower() in ("true", "false"):
            return f"write {value.lower()} without quotes"
        if key.types & _NUMBERS and value.lstrip("-").isdigit():
            return "write it without quotes"
    elif "string" in key.types and isinstance(value, bool | int | float):
        return "write it in quotes"
    if "list" in key.types and not isinstance(value, Mapping):
        return f"write a list: {[value]!r}"
    return "set single values in it" if key.types == {"map"} else "remove it to keep the default"
