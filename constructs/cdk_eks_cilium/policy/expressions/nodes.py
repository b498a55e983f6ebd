"""The parts of a regular expression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .characters import Characters

Assertion = Literal["text start", "text end", "line start", "line end", "word boundary", "no word boundary"]


@dataclass(frozen=True)
class OneOf:
    """One character of a set."""

    characters: Characters


@dataclass(frozen=True)
class At:
    """A place in the text."""

    assertion: Assertion


@dataclass(frozen=True)
class Sequence:
    """Parts one after the other."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Alternatives:
    """Any of some parts."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Repeat:
    """A part several times; without *high* as often as one likes."""

    part: Node
    low: int
    high: int | None


@dataclass(frozen=True)
class Captured:
    """A part in parentheses that capture."""

    part: Node


Node = OneOf | At | Sequence | Alternatives | Repeat | Captured


def repetitions(node: Node) -> int:
    """The most copies of one character that repetitions within repetitions make, as RE2 counts them."""
    deepest, stack = 0, [(node, 1)]
    while stack:
        here, times = stack.pop()
        if isinstance(here, Repeat):
            stack.append((here.part, times * max(here.high or here.low, 1)))
        elif isinstance(here, Captured):
            stack.append((here.part, times))
        elif isinstance(here, Sequence | Alternatives):
            stack += [(part, times) for part in here.parts]
        deepest = max(deepest, times)
    return deepest
