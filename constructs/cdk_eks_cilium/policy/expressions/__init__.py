"""Regular expressions of HTTP rules as Cilium's agents and Envoy judge them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from .automaton import Automaton, TooLargeError
from .nodes import Node
from .size import MOST_INSTRUCTIONS, program_size
from .syntax import ExpressionError, parse

__all__ = [
    "MOST_INSTRUCTIONS",
    "ExpressionError",
    "check",
    "has_short_name",
    "has_unicode_class",
    "instructions",
    "matches",
]

_KEPT: Final = 2048
_SHORT_NAME: Final = re.compile(r"(?<!\\)(\\\\)*\(\?<[A-Za-z0-9_]+>")
_UNICODE_CLASS: Final = re.compile(r"(?<!\\)(\\\\)*\\[pP]")


def check(text: str) -> None:
    """Refuse what agents refuse.

    Raises:
        ExpressionError: With the reason.
    """
    _parsed(text)


@lru_cache(_KEPT)
def _parsed(text: str) -> Node:
    return parse(text)


@lru_cache(_KEPT)
def _automaton(text: str) -> Automaton | None:
    try:
        return Automaton(_parsed(text))
    except TooLargeError:
        return None


@lru_cache(_KEPT)
def instructions(text: str) -> int:
    """The size of RE2's program for an expression; Envoy takes at most `MOST_INSTRUCTIONS`."""
    return program_size(_parsed(text))


def has_short_name(text: str) -> bool:
    """Whether a group of an expression is named as in ``(?<name>``, which old agents refuse."""
    return _SHORT_NAME.search(text) is not None


def has_unicode_class(text: str) -> bool:
    r"""Whether an expression has a class such as ``\pN``, which makes programs of unknown size.

    Many of them alone are larger than Envoy takes: ``\pN`` has more than 200 instructions.
    """
    return _UNICODE_CLASS.search(text) is not None


def matches(text: str, value: str) -> bool | None:
    """Whether the expression *text* matches the whole of *value*, as Envoy's ``safe_regex`` does.

    Returns:
        None if that is not known: for tables of Unicode, whose releases differ, and for expressions that are
        too large to judge.
    """
    automaton = _automaton(text)
    return automaton.matches(value) if automaton is not None else None
