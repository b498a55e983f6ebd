"""Bounds of YAML that is read: a file that only seems small must take neither all time nor all memory.

An alias counts as often as what it stands for, because every program after this one walks its copies:
https://en.wikipedia.org/wiki/Billion_laughs_attack.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import yaml
from yaml.composer import Composer

from .problem import CallError, Problem

_MIB: Final = 1024 * 1024
LONGEST_NUMBER: Final = 1000
"""Characters of a number. Python takes minutes for one of millions, such as ``1:1:1:1`` to the base of 60."""
_NUMBERS: Final = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")


@dataclass(frozen=True)
class Bounds:
    """How large a YAML file may be.

    Attributes:
        size: Its bytes.
        values: Its keys and values, with what aliases repeat.
        depth: Lists and mappings inside each other.
    """

    size: int
    values: int
    depth: int = 100


SETTINGS: Final = Bounds(size=_MIB, values=20_000)
"""For a file that a person writes."""

OBJECTS: Final = Bounds(size=16 * _MIB, values=500_000)
"""For objects of Kubernetes, such as all pods of a large cluster."""


class BoundsError(Exception):
    """Text beyond its bounds.

    Attributes:
        line: Where, from 1.
        problem: What is wrong, without its place.
    """

    def __init__(self, line: int, problem: Problem) -> None:
        super().__init__(str(problem))
        self.line = line
        self.problem = problem


class BoundedComposer(Composer):
    """PyYAML's composer, which ends at the bounds."""

    bounds = SETTINGS

    def __init__(self) -> None:
        super().__init__()
        self._values = 0
        self._depth = 0
        self._weights: dict[str | None, int] = {}

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Return the next value with all values in it.

        Raises:
            BoundsError: If it is too large, too deep, or contains itself.
        """
        event: Any = self.peek_event()  # type: ignore[attr-defined]
        line = event.start_mark.line + 1
        before = self._values
        if isinstance(event, yaml.AliasEvent):
            self._values += self._weight(event.anchor, line)
        else:
            self._values += 1
        if self._values > self.bounds.values:
            raise BoundsError(line, _too_many(self.bounds.values))
        if self._depth > self.bounds.depth:
            raise BoundsError(line, too_deep())
        anchor = None if isinstance(event, yaml.AliasEvent) else event.anchor
        if anchor is not None:
            self._weights[anchor] = 0  # until it is whole
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        if anchor is not None:
            self._weights[anchor] = self._values - before
        if isinstance(node, yaml.ScalarNode) and len(node.value) > LONGEST_NUMBER and node.tag in _NUMBERS:
            rule = f"must not have a number of more than {LONGEST_NUMBER} characters"
            raise BoundsError(line, Problem("", rule, fix="quote it if it is text", id="CEK0031"))
        return node

    def _weight(self, anchor: str | None, line: int) -> int:
        """How many values an alias stands for; an unknown one is the parser's to refuse."""
        weight = self._weights.get(anchor, 1)
        if not weight:
            rule = f"must not contain itself, and *{anchor} stands for what it is in"
            raise BoundsError(line, Problem("", rule, fix="write the value out", id="CEK0032"))
        return weight


def read_bounded(path: Path, bounds: Bounds) -> bytes:
    """Return the content of a file.

    Raises:
        CallError: If it is larger than its bounds; no more of it is read.
        OSError: If it cannot be read.
    """
    with path.open("rb") as file:
        return bounded(file, path, bounds)


def bounded(stream: BinaryIO, path: Path, bounds: Bounds) -> bytes:
    """Return the rest of a stream; *path* is its name for errors.

    Raises:
        CallError: If it is larger than its bounds; no more of it is read.
        OSError: If it cannot be read.
    """
    content = stream.read(bounds.size + 1)
    if len(content) > bounds.size:
        rule = f"must have at most {bounds.size // _MIB} MiB"
        fix = "move comments and objects that belong elsewhere out of it, or split it"
        problem = Problem(str(path), rule, fix=fix, id="CEK0030")
        raise CallError([problem], f"{path.name}: 1 problem")
    return content


def too_deep(where: str = "") -> Problem:
    """The problem of lists and mappings inside too many others."""
    return Problem(where, "must not be nested so deep", id="CEK0001")


def _too_many(values: int) -> Problem:
    rule = f"must have at most {values} keys and values, and an alias counts as often as what it stands for"
    return Problem("", rule, fix="split the file, or write less", id="CEK0033")
