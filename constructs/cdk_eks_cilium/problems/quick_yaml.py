"""Plain YAML straight from libyaml's events, without nodes between.

That halves the time of large files. What is not plain, and every error, is for the slower reader, which has
the words: `NotPlainError` only says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import yaml
from yaml.constructor import SafeConstructor
from yaml.resolver import Resolver

from .bounds import LONGEST_NUMBER, Bounds

_SIMPLE: Final = frozenset(
    f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float", "timestamp")
)


class NotPlainError(Exception):
    """Text with an anchor, a tag or a merged key, or with something wrong in it."""


class QuickReader:
    """Reads documents from a parser of PyYAML.

    Args:
        parser: The parser.
        bounds: How large the text may be.
    """

    def __init__(self, parser: Any, bounds: Bounds) -> None:
        self._next: Callable[[], Any] = parser.get_event
        self._check: Callable[..., bool] = parser.check_event
        self._depth = bounds.depth
        self._left = bounds.values
        # Values by their text: files repeat few keys and words very often.
        self._plain: dict[str, Any] = {}
        self._scalars = SafeConstructor()

    def documents(self) -> Iterator[tuple[int, Any]]:
        """The first line and the content of each document, except of empty ones.

        Raises:
            NotPlainError: If the slower reader must read it.
            YAMLError: If it is not YAML; the slower reader has better words.
        """
        self._next()
        while not self._check(yaml.StreamEndEvent):
            self._next()
            first = self._next()
            value = self._value(first, 0)
            if value is not None:
                yield first.start_mark.line + 1, value
            self._next()

    def _value(self, event: Any, depth: int) -> Any:
        self._left -= 1
        if self._left < 0 or depth > self._depth:
            raise NotPlainError
        kind = type(event)
        if kind is yaml.ScalarEvent:
            return self._scalar(event)
        if kind is yaml.AliasEvent or event.anchor is not None or event.tag is not None:
            raise NotPlainError
        if kind is yaml.MappingStartEvent:
            return self._mapping(depth + 1)
        found = []
        each = self._next()
        while type(each) is not yaml.SequenceEndEvent:
            found.append(self._value(each, depth + 1))
            each = self._next()
        return found

    def _mapping(self, depth: int) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        each = self._next()
        while type(each) is not yaml.MappingEndEvent:
            if type(each) is not yaml.ScalarEvent:
                raise NotPlainError
            key = self._value(each, depth)
            if key in found:
                raise NotPlainError
            found[key] = self._value(self._next(), depth)
            each = self._next()
        return found

    def _scalar(self, event: Any) -> Any:
        if event.tag is not None or event.anchor is not None:
            raise NotPlainError
        text = event.value
        if not event.implicit[0]:
            return text
        try:
            return self._plain[text]
        except KeyError:
            found = self._plain[text] = self._resolved(text)
            return found

    def _resolved(self, text: str) -> Any:
        for tag, pattern in Resolver.yaml_implicit_resolvers.get(text[:1], ()):
            if pattern.match(text):
                if tag not in _SIMPLE or len(text) > LONGEST_NUMBER:
                    raise NotPlainError
                return self._scalars.construct_object(yaml.ScalarNode(tag, text))
        return text
