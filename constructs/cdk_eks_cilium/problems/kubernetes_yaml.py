"""YAML and JSON as kubectl reads them, bounded in size, and as quickly as libyaml parses.

`kubernetes_scalars` says what plain values are. A repeated key is an error here, where kubectl takes the
last one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import yaml
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner

from .bounds import LIVE_OBJECTS, Bounds
from .problem import InputError, Problem
from .strict_yaml import ERRORS, ONCE, SHORT, yaml_problem
from .yaml_values import Builder, Events, ReadDocument

_SPACE: Final = re.compile(r"\s*")
_CONTENT: Final = re.compile(r"^(?!---\s*$|%)[ \t]*[^#\s]", re.MULTILINE)
"""Anything but comments and directives, such as ``%YAML 1.2``."""
_DOCUMENT: Final = re.compile(r"^---(?=\s|$)", re.MULTILINE)
_MARKED: Final = re.compile(rb"^(---[^\n]*\n)\xef\xbb\xbf", re.MULTILINE)
"""A document that begins with the mark of UTF-8, as in files that were put together."""


@dataclass(frozen=True)
class UnreadDocument:
    """A document of a stream that cannot be read.

    Attributes:
        line: Where it begins, from 1.
        problem: What is wrong.
        text: Its text.
    """

    line: int
    problem: Problem
    text: str


@dataclass(frozen=True)
class YamlStream:
    """The documents of a stream, without empty ones."""

    read: tuple[ReadDocument, ...]
    unread: tuple[UnreadDocument, ...] = ()


def read_stream(text: bytes | str, name: str, bounds: Bounds = LIVE_OBJECTS) -> YamlStream:
    """Read each document of YAML or JSON; one that is broken leaves the others readable.

    Args:
        text: The stream.
        name: The place that problems name.
        bounds: How large a document may be.
    """
    found = _json(text)
    if found is not None:
        return YamlStream(tuple(found))
    if isinstance(text, bytes) and _MARKED.search(text):
        text = _MARKED.sub(rb"\1", text)
    try:
        return YamlStream(tuple(_parse(text, bounds)))
    except ERRORS as error:
        whole = _whole(text)
        parts = list(_parts(whole))
        if len(parts) < 2:
            parts = list(_lines(whole))
        if len(parts) < 2:
            problem = yaml_problem(name, _worded(text, error, bounds))
            line = 1
            return YamlStream((), (UnreadDocument(line, problem, whole),))
    # Bytes again, for which the reader has words where they are not text.
    encoded = isinstance(text, bytes)
    given = [(before, part.encode("utf-8", "surrogateescape") if encoded else part) for before, part in parts]
    return _one_by_one(given, name, bounds)


def read_all(text: bytes | str, name: str, bounds: Bounds = LIVE_OBJECTS) -> tuple[ReadDocument, ...]:
    """Read each document of YAML or JSON.

    Raises:
        InputError: For every document that cannot be read.
    """
    found = read_stream(text, name, bounds)
    if found.unread:
        raise InputError([each.problem for each in found.unread])
    return found.read


def _one_by_one(parts: list[tuple[int, bytes | str]], name: str, bounds: Bounds) -> YamlStream:
    read: list[ReadDocument] = []
    unread: list[UnreadDocument] = []
    for before, part in parts:
        try:
            read += [ReadDocument(each.line + before, each.value) for each in _parse(part, bounds)]
        except ERRORS as error:
            problem = yaml_problem(name, _worded(part, error, bounds), before)
            unread.append(UnreadDocument(before + 1, problem, _whole(part)))
    return YamlStream(tuple(read), tuple(unread))


def _decoded(text: bytes | str) -> str | None:
    if isinstance(text, str):
        return text
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


def _whole(text: bytes | str) -> str:
    """The text, with whatever is not UTF-8 in it kept as it is."""
    return text if isinstance(text, str) else text.decode("utf-8-sig", "surrogateescape")


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines of JSON Lines, each with the number of lines before it; nothing for other text."""
    lines = [(number, line) for number, line in enumerate(text.split("\n")) if line.strip()]
    if all(line.startswith("{") for _, line in lines):
        yield from lines


def _parts(text: str) -> Iterator[tuple[int, str]]:
    """The documents as text, each with the number of lines before it: ``---`` begins one wherever it is."""
    begins = [0, *(match.start() for match in _DOCUMENT.finditer(text)), len(text)]
    lines = 0
    for begin, end in pairwise(begins):
        part = text[begin:end]
        if _CONTENT.search(part):
            yield lines, part
        lines += part.count("\n")


def _json(text: bytes | str) -> list[ReadDocument] | None:
    """The content of JSON; None for everything else, which the YAML reader has the words for."""
    head = text[:64].lstrip()
    if not head or head[:1] not in (b"{", "{", b"[", "["):
        return None
    whole = _decoded(text)
    if whole is None:
        return None
    try:
        return list(_json_values(whole))
    except (ValueError, RecursionError):
        return None


def _json_values(text: str) -> Iterator[ReadDocument]:
    """One value of JSON after the other, which kubectl takes, too."""
    decoder = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse)
    begin, line, counted = _after_space(text, 0), 1, 0
    while begin < len(text):
        line, counted = line + text.count("\n", counted, begin), begin
        value, end = decoder.raw_decode(text, begin)
        yield ReadDocument(line, value)
        begin = _after_space(text, end)


def _after_space(text: str, begin: int) -> int:
    space = _SPACE.match(text, begin)
    return space.end() if space else begin


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError(ONCE)
    return found


def _refuse(text: str) -> Any:
    raise ValueError(text)


class _PlainParser(Reader, Scanner, Parser):
    def __init__(self, text: bytes | str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)


def _events(text: bytes | str) -> Events:
    if yaml.__with_libyaml__:
        from yaml._yaml import CParser

        next_event: Events = CParser(text).get_event
        return next_event
    plain: Events = _PlainParser(text).get_event
    return plain


def _worded(text: bytes | str, error: Exception, bounds: Bounds) -> Exception:
    """The error in the words of PyYAML's own parser, which are better, if the text is short."""
    if len(text) > SHORT or not isinstance(error, yaml.YAMLError):
        return error
    try:
        list(Builder(_PlainParser(text).get_event, bounds).documents())
    except ERRORS as better:
        return better
    return error


def _parse(text: bytes | str, bounds: Bounds) -> Iterator[ReadDocument]:
    return Builder(_events(text), bounds).documents()
