"""YAML as a stream, as Kubernetes' programs write it: one object of a list at a time.

They write block style with each item of ``items`` at one indentation, so lines tell where an item begins, and
libyaml reads each alone: https://github.com/kubernetes-sigs/yaml.
"""

from __future__ import annotations

import re
from typing import Any, Final, TextIO

import yaml
from yaml.resolver import Resolver

from cdk_eks_cilium.problems import InputError
from cdk_eks_cilium.problems.bounds import OBJECTS
from cdk_eks_cilium.problems.strict_yaml import read_document

from .pieces import LARGEST_ITEM, MIB, ContentError, End, Field, Item, Pieces, Streamed, is_streamed
from .pruning import Keep, pruned

_KEY: Final = re.compile(r"(\"[^\"]+\"|[A-Za-z][\w.-]*):(?:\s|$)")
_ITEM: Final = re.compile(r"( *)-(?:\s|$)")
_RISKY: Final = re.compile(
    r"""(?:^|[\s\[{,:-])[&*][\w-]  # an anchor or an alias
    |[\d:_]{1000}  # an endless number
    |(?:[-?][ ]+){50}|^[ ]{500}  # items or mappings inside each other
    """,
    re.M | re.X,
)
"""What a small text can be a bomb with."""
_BRACKET: Final = re.compile(r"[\[\]{}]")
_DEEPEST: Final = 100
"""Brackets inside each other. libyaml's loader calls itself for each, and too many end the process."""


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """libyaml's safe loader, where it is; times stay text, as in JSON."""

    yaml_implicit_resolvers = {  # noqa: RUF012
        first: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"]
        for first, found in Resolver.yaml_implicit_resolvers.items()
    }


def load(text: str) -> Any:
    """The content of a small document.

    Kubernetes writes neither anchors nor aliases. The loader with bounds reads what looks like one.

    Raises:
        ContentError: It is not YAML, or beyond the bounds.
    """
    if len(text) > LARGEST_ITEM:
        raise ContentError(f"an object has more than {LARGEST_ITEM // MIB} MiB")
    try:
        if _RISKY.search(text) or _is_deep(text):
            return read_document(text, "it", OBJECTS)
        return yaml.load(text, _Loader)  # noqa: S506 - a safe loader
    except InputError as error:
        raise ContentError("; ".join(f"it {problem.rule}" for problem in error.problems)) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ContentError(_words(error)) from None


def _is_deep(text: str) -> bool:
    if text.count("{") + text.count("[") <= _DEEPEST:
        return False
    depth = 0
    for bracket in _BRACKET.finditer(text):
        depth += 1 if bracket[0] in "[{" else -1
        if depth > _DEEPEST:
            return True
    return False


def _words(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "lists and mappings are nested too deep"
    problem = getattr(error, "problem", None) or getattr(error, "context", None) or str(error)
    return f"it is not YAML ({' '.join(str(problem).split())})"


class _Lines:
    """Lines with a look at the next one."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._next: str | None = None
        self.number = 0

    def peek(self) -> str:
        """The next line; empty at the end."""
        if self._next is None:
            self._next = self._stream.readline(LARGEST_ITEM)
        return self._next

    def take(self) -> str:
        """Take the next line."""
        line = self.peek()
        self._next = None
        self.number += 1
        return line

    def skip_empty(self) -> None:
        """Take empty lines, and comments."""
        while _is_empty(self.peek()) and self.peek():
            self.take()

    def block(self, indent: int, *, dash: bool) -> list[str]:
        """Take a line and all that belong to it: deeper ones, and with *dash* items at its own depth."""
        taken, size = [self.take()], 0
        while (line := self.peek()) and size <= LARGEST_ITEM:
            own = len(line) - len(line.lstrip(" "))
            inside = own > indent or (dash and own == indent and _ITEM.match(line))
            if not inside and line.strip():
                break
            taken.append(self.take())
            size += len(line)
        return taken


def read_yaml(stream: TextIO, keep: Keep = lambda _: None) -> Pieces:
    """The pieces of every document in *stream*.

    Args:
        stream: The text.
        keep: The fields to keep of an item, by its kind, which is empty where the item does not say it; None
            keeps everything.

    Raises:
        ContentError: The rest is not YAML of this form, or is cut off. What came before was given out.
    """
    lines, begun = _Lines(stream), False
    while line := lines.peek():
        if line.startswith(("---", "...")):
            if begun:
                yield End()
            lines.take()
            begun = False
        elif _is_empty(line):
            lines.take()
        elif key := _KEY.match(line):
            begun = True
            yield from _part(lines, keep, key[1].strip('"'), line[key.end() :].strip())
        elif _ITEM.match(line):
            begun = True
            yield Streamed("items")
            yield from _items(lines, keep, "items", 0)
        else:
            raise ContentError(f"line {lines.number + 1} is not a key of YAML")
    if begun:
        yield End()


def _part(lines: _Lines, keep: Keep, key: str, rest: str) -> Pieces:
    """A key at the top with what it holds."""
    number = lines.number + 1
    if is_streamed(key) and not rest:
        head = lines.take()
        lines.skip_empty()
        item = _ITEM.match(lines.peek())
        if item:
            yield Streamed(key)
            yield from _items(lines, keep, key, len(item[1]))
            return
        found = _loaded(head, number)
    else:
        found = _loaded("".join(lines.block(0, dash=True)), number)
    if not isinstance(found, dict):
        raise ContentError(f"line {number} does not begin a mapping")
    for name, value in found.items():
        if value == [] and is_streamed(str(name)):
            yield Streamed(str(name))
        else:
            yield Field(str(name), value)


def _items(lines: _Lines, keep: Keep, key: str, indent: int) -> Pieces:
    """The items of a list whose dashes have *indent* spaces before them."""
    while (item := _ITEM.match(lines.peek())) and len(item[1]) == indent:
        number = lines.number + 1
        block = lines.block(indent, dash=False)
        shorter = pruned(block, indent, keep)
        found = _loaded("".join(block if shorter is None else shorter), number)
        if shorter is None:
            if not isinstance(found, list) or len(found) != 1:
                raise ContentError(f"line {number} does not begin an item of a list")
            found = found[0]
        yield Item(key, found)


def _loaded(text: str, number: int) -> Any:
    try:
        return load(text)
    except ContentError as error:
        raise ContentError(f"after line {number}: {error}") from None


def _is_empty(line: str) -> bool:
    text = line.strip()
    return not text or text.startswith("#")
