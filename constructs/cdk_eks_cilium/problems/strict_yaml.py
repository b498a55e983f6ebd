"""Strict YAML: each key at most once, bounded in size, and every error with its line."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

import yaml
from yaml.constructor import SafeConstructor
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.resolver import Resolver
from yaml.scanner import Scanner

from .bounds import OBJECTS, SETTINGS, BoundedComposer, Bounds, BoundsError, too_deep
from .problem import InputError, Problem

ONCE: Final = "must have each key once"
"""How an error about a repeated key begins."""

SHORT: Final = 64 * 1024
"""Bytes of a text that PyYAML's own parser, which has the better words for errors, reads in a moment."""

_LINE: Final = re.compile(r"(?<=line )[0-9]+")

ERRORS: Final = (yaml.YAMLError, ValueError, RecursionError, BoundsError)
"""What text that is not YAML of this kind raises."""


class _Strict(BoundedComposer, SafeConstructor, Resolver):
    """What PyYAML's safe loaders do after parsing, but a repeated key is an error."""

    def __init__(self, bounds: Bounds) -> None:
        BoundedComposer.__init__(self)
        SafeConstructor.__init__(self)
        Resolver.__init__(self)
        self.bounds = bounds

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Return the mapping; refuse a repeated key, with the line of the first."""
        lines: dict[Any, int] = {}
        for key_node, _ in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                continue
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, (str, int, float, bool)):
                continue
            if key in lines:
                again = f"{ONCE}, and line {lines[key]} has {key!r} already"
                raise yaml.constructor.ConstructorError(None, None, again, key_node.start_mark)
            lines[key] = key_node.start_mark.line + 1
        return super().construct_mapping(node, deep=True)


class _PlainLoader(_Strict, Reader, Scanner, Parser):
    def __init__(self, text: bytes | str, bounds: Bounds) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        super().__init__(bounds)


Loader = _PlainLoader | Any
"""A loader of PyYAML. The type of the quick one is known only where libyaml is."""

_quick: Callable[[bytes | str, Bounds], Loader] | None = None
if yaml.__with_libyaml__:
    from yaml._yaml import CParser

    class _QuickLoader(_Strict, CParser):
        # Methods of the composer come first; libyaml parses.
        def __init__(self, text: bytes | str, bounds: Bounds) -> None:
            CParser.__init__(self, text)
            super().__init__(bounds)

    _quick = _QuickLoader


def read_document(text: bytes | str, name: str, bounds: Bounds = OBJECTS) -> Any:
    """Return the content of the only document in *text*; None for an empty document.

    Raises:
        InputError: If *text* is not valid YAML of this kind, with the line where PyYAML knows it.
    """
    return _read(text, name, bounds, lambda loader: loader.get_single_data())


def written(text: bytes | str, place: Sequence[str | int], line: int = 1) -> str | None:
    """Return how *text*, which was read before, writes the plain value at a place: ``NO`` for false.

    Args:
        text: The YAML.
        place: Keys and list indexes that lead to the value.
        line: The first line of the document, from 1; in an earlier line, the document after it.

    Returns:
        None for a quoted value, a list or a mapping, and where the place is not in the document.
    """
    return _plain_text(_document(text, line), place)


def line_of(text: bytes | str, place: Sequence[str | int], line: int = 1) -> int:
    """Return the line, from 1, of the value at a place in *text*, which was read before, or near it.

    Arguments as in `written`. A text that is longer than a person writes is not searched: the line is *line*.
    """
    node = _document(text, line)
    for part in place:
        if isinstance(node, yaml.MappingNode):
            found = next((each for each in node.value if each[0].value == str(part)), None)
            if found is None:
                break
            key, node = found
            line = key.start_mark.line + 1
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            break
    return line


def _document(text: bytes | str, line: int) -> Any:
    """The node of the document that begins in a line or after it; None if it is not known."""
    nodes = _nodes(text) if len(text) <= SETTINGS.size else []
    return next((node for node in nodes if node.start_mark.line + 1 >= line), None)


@lru_cache(maxsize=1)  # a file with many mistakes is asked for each of them
def _nodes(text: bytes | str) -> list[Any]:
    loader = _PlainLoader(text, OBJECTS) if _quick is None else _quick(text, OBJECTS)
    nodes: list[Any] = []
    with suppress(*ERRORS):
        while loader.check_node():
            nodes.append(loader.get_node())
    return nodes


def _plain_text(node: Any, place: Sequence[str | int]) -> str | None:
    for part in place:
        if isinstance(node, yaml.MappingNode):
            node = next((value for key, value in node.value if key.value == str(part)), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
        else:
            return None
    return node.value if isinstance(node, yaml.ScalarNode) and not node.style else None


def _read(text: bytes | str, name: str, bounds: Bounds, read: Callable[[Loader], Any]) -> Any:
    """Read by libyaml, which is ten times as quick; what it refuses, also by PyYAML's own parser if short."""
    try:
        if _quick is not None:
            try:
                return read(_quick(text, bounds))
            except ERRORS:
                if len(text) > SHORT:
                    raise
        return read(_PlainLoader(text, bounds))
    except ERRORS as error:
        raise InputError([yaml_problem(name, error)], f"{name}: 1 problem") from None


def yaml_problem(name: str, error: Exception, before: int = 0) -> Problem:
    """What is wrong with text that a reader refused with one of `ERRORS`.

    Args:
        name: The place that the problem names, with its line.
        error: What the reader raised.
        before: How many lines are before the text.
    """
    if isinstance(error, BoundsError):
        return replace(error.problem, where=f"{name} line {error.line + before}")
    document = f"{name} line {before + 1}" if before else name
    if isinstance(error, RecursionError):
        return too_deep(document)
    if not isinstance(error, yaml.YAMLError):
        # A date with a thirteenth month, an integer of thousands of digits.
        return Problem(document, f"must not have an invalid value ({error})", id="CEK0002")
    if not isinstance(error, yaml.MarkedYAMLError):
        return Problem(document, f"must be text ({' '.join(str(error).split())})", id="CEK0003")
    mark = error.problem_mark or error.context_mark
    where = f"{name} line {mark.line + 1 + before}" if mark else name
    words = error.problem or error.context or "cannot be read"
    if "'\\t'" in words or "a tab character" in words:
        return Problem(
            where,
            "must be indented with spaces, not with a tab",
            fix="replace the tab with spaces",
            id="CEK0004",
        )
    if words.startswith(ONCE):
        other = _LINE.sub(lambda found: str(int(found[0]) + before), words.removeprefix(ONCE), count=1)
        return Problem(where, f"{ONCE}{other}", fix="remove one of them", id="CEK0005")
    return Problem(where, f"must be YAML ({words})", id="CEK0006")
