"""What the templates of Cilium's charts need of single values, by release.

A template stops with an error where it looks into a section that is null, or where text must be a duration.
The data is ``chart_needs.tsv`` beside this module, which ``scripts/chart_needs_table.py`` derives from the
templates of the published charts. It is read on first use, never on import.

A line is a need and its states. Each state starts at a release and says when the value is needed, or ``-``
when no template needs it any more::

    something hubble.tls  1.12.0 always  1.14.0 hubble.enabled

The first word is what is needed: ``something`` that is not null, ``content`` that is neither null nor empty
text, a ``duration`` as Go writes it, a ``version``, a ``list`` or a mapping, or ``mappings`` in one of
these. The condition is ``always``, or alternatives with ``or`` between them, each of statements that all
hold: ``a.b`` and ``!a.b`` for a value that is true or not, ``?a.b`` for one that is there, ``a.b=text`` and
``a.b!=text``. Where the templates decide in a way that the script does not understand, the condition is
wider than theirs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from .cilium import CiliumVersion

DATA_FILE: Final = "chart_needs.tsv"

_NO_MORE: Final = "-"

Statement = str
"""``a.b``, ``!a.b``, ``?a.b``, ``a.b=text`` or ``a.b!=text``."""


@dataclass(frozen=True)
class Need:
    """What a template needs of a value.

    Attributes:
        kind: ``something``, ``content``, ``duration``, ``version``, ``list`` or ``mappings``.
        path: The value, ``hubble.tls.server``.
        conditions: Alternatives, each of statements that all hold; one without statements always does.
    """

    kind: str
    path: str
    conditions: tuple[tuple[Statement, ...], ...]


@cache
def needs_of(version: CiliumVersion) -> tuple[Need, ...]:
    """Return what the chart of *version* needs, sorted by kind and path.

    A patch newer than the data has the needs of the newest patch in the data.
    """
    return tuple(_needs_of(version))


def _needs_of(version: CiliumVersion) -> Iterator[Need]:
    for place, states in _lines().items():
        past = [state for first, state in states if version.at_least(first)]
        if past and past[-1] != _NO_MORE:
            kind, path = place.split(" ")
            yield Need(kind, path, _conditions(past[-1]))


def _conditions(state: str) -> tuple[tuple[Statement, ...], ...]:
    if state == "always":
        return ((),)
    return tuple(tuple(each.split(" ")) for each in state.split(" or "))


@cache
def _lines() -> dict[str, list[tuple[str, str]]]:
    """The states of each need, by the release that each starts with."""
    text = (files(__package__) / DATA_FILE).read_text(encoding="utf-8")
    rows = (line.split("\t") for line in text.splitlines() if line[0] != "#")
    return {
        place: [(first, state) for first, _, state in (column.partition(" ") for column in columns)]
        for place, *columns in rows
    }
