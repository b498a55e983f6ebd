"""Values made of the events of a YAML parser, as kubectl takes them, and bounded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from yaml.constructor import ConstructorError
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from .bounds import LONGEST_NUMBER, Bounds, BoundsError, contains_itself, too_deep, too_long, too_many
from .kubernetes_scalars import NUMERIC, WORDS, as_key, is_number, number_or_text, tagged
from .strict_yaml import ONCE

Events = Callable[[], Any]
"""Gives the next event of a parser."""

_NO_KEY: Final = object()
_MERGE: Final = object()
"""The plain key ``<<``, which stands for the keys of other mappings."""


@dataclass(frozen=True)
class ReadDocument:
    """A document of a stream.

    Attributes:
        line: Where it begins, from 1.
        value: Its content.
    """

    line: int
    value: Any


class _Open:
    """A list or a mapping that has not ended yet.

    Attributes:
        value: What it has so far.
        anchor: Its name for aliases.
        before: How many values came before it.
        key: The key whose value comes next.
        lines: The lines of its keys; None for a list.
        merged: Mappings whose keys it also has.
    """

    __slots__ = ("anchor", "before", "key", "lines", "merged", "value")

    def __init__(self, value: Any, anchor: str | None, before: int) -> None:
        self.value = value
        self.anchor = anchor
        self.before = before
        self.key: Any = _NO_KEY
        self.lines: dict[str, int] | None = {} if isinstance(value, dict) else None
        self.merged: list[Any] = []

    def add(self, value: Any, event: Any) -> None:
        """Add the next item, key or value."""
        if self.lines is None:
            self.value.append(value)
        elif self.key is _NO_KEY:
            self._begin(value, event)
        elif self.key is _MERGE:
            self.merged += value if isinstance(value, list) else [value]
            self.key = _NO_KEY
        else:
            self.value[self.key] = value
            self.key = _NO_KEY

    def _begin(self, key: Any, event: Any) -> None:
        if key == "<<" and event.implicit[0]:
            self.key = _MERGE
            return
        if key.__class__ is not str:
            key = as_key(key)
            if key is None:
                _refuse("a key must be text", event)
        lines = self.lines
        if key in lines:  # type: ignore[operator]
            _refuse(f"{ONCE}, and line {lines[key]} has {key!r} already", event)  # type: ignore[index]
        lines[key] = event.start_mark.line + 1  # type: ignore[index]
        self.key = key

    def end(self, event: Any) -> Any:
        """The value, now that it is whole."""
        for other in self.merged:
            if not isinstance(other, dict):
                _refuse("'<<' must have mappings", event)
            for key, value in other.items():
                self.value.setdefault(key, value)
        return self.value


class Builder:
    """Makes values of a parser's events.

    libyaml's own loader calls itself for each level, so that deep text ends the process; here a level is an
    entry of a list.

    Args:
        next_event: Gives the next event.
        bounds: How many values there may be in all documents together, and how deep they may be.
    """

    def __init__(self, next_event: Events, bounds: Bounds) -> None:
        self._next = next_event
        self._bounds = bounds
        self._count = 0
        self._copies = 0
        self._anchors: dict[str, Any] = {}
        self._weights: dict[str, int] = {}

    def documents(self) -> Iterator[ReadDocument]:
        """The documents, without empty ones.

        Raises:
            yaml.YAMLError: The text is not YAML.
            BoundsError: It is beyond the bounds.
            ValueError: A value is not of the type that its tag names.
        """
        while not isinstance(event := self._next(), StreamEndEvent):
            if isinstance(event, DocumentStartEvent):
                self._anchors, self._weights = {}, {}
                first = self._next()
                value = self._value(first)
                if value is not None:
                    yield ReadDocument(first.start_mark.line + 1, value)

    def _value(self, event: Any) -> Any:
        """The value that begins with an event."""
        # This loop runs for each word of some megabytes: what most words are is decided here, without a call.
        opened: list[_Open] = []
        most, next_event = self._bounds.values, self._next
        while True:
            kind = event.__class__
            if kind is ScalarEvent:
                self._count += 1
                value = event.value
                is_text = event.tag is None and event.anchor is None
                if not is_text or (event.implicit[0] and (value in WORDS or value[0] in NUMERIC)):
                    value = self._scalar(event)
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                opened.append(self._open(event, len(opened)))
                event = next_event()
                continue
            elif kind is AliasEvent:
                value = self._alias(event)
            else:
                value = self._end(opened.pop(), event)
            if self._count > most:
                raise BoundsError(event.start_mark.line + 1, too_many(most))
            if not opened:
                return value
            above = opened[-1]
            key = above.key
            if key.__class__ is str:
                above.value[key] = value
                above.key = _NO_KEY
            else:
                above.add(value, event)
            event = next_event()

    def _scalar(self, event: Any) -> Any:
        text = event.value
        if event.tag is not None and event.tag != "!":
            value = tagged(event.tag, text)
        elif not event.implicit[0]:
            value = text
        elif text in WORDS:
            value = WORDS[text]
        elif text[0] in NUMERIC:
            if len(text) > LONGEST_NUMBER and is_number(text):
                raise BoundsError(event.start_mark.line + 1, too_long())
            value = number_or_text(text) if len(text) <= LONGEST_NUMBER else text
        else:
            value = text
        if event.anchor is not None:
            self._anchors[event.anchor] = value
            self._weights[event.anchor] = 1
        return value

    def _open(self, event: Any, depth: int) -> _Open:
        if depth >= self._bounds.depth:
            raise BoundsError(event.start_mark.line + 1, too_deep())
        if event.anchor is not None:
            self._weights[event.anchor] = 0  # until it is whole
        self._count += 1
        return _Open({} if event.__class__ is MappingStartEvent else [], event.anchor, self._count - 1)

    def _end(self, opened: _Open, event: Any) -> Any:
        value = opened.end(event) if opened.merged else opened.value
        if opened.anchor is not None:
            self._anchors[opened.anchor] = value
            self._weights[opened.anchor] = self._count - opened.before
        return value

    def _alias(self, event: Any) -> Any:
        name = event.anchor
        weight = self._weights.get(name)
        if weight is None:
            _refuse(f"found undefined alias {name!r}", event)
        if not weight:
            raise BoundsError(event.start_mark.line + 1, contains_itself(name))
        self._count += weight
        self._copies += weight
        if self._copies > self._bounds.copies:
            raise BoundsError(event.start_mark.line + 1, too_many(self._bounds.copies))
        return self._anchors[name]


def _refuse(words: str, event: Any) -> NoReturn:
    raise ConstructorError(None, None, words, event.start_mark)
