"""JSON as a stream: one object of a list at a time, with the decoder of the standard library.

It reads some 300 MB of pods in a few seconds and never holds more than a chunk and an object.
"""

from __future__ import annotations

import json
import re
from json.decoder import WHITESPACE  # type: ignore[attr-defined]
from typing import Any, Final, TextIO

from .pieces import LARGEST_ITEM, MIB, ContentError, End, Field, Item, Pieces, Streamed, is_streamed

_CHUNK: Final = MIB
_LONGEST_WORD: Final = 16
"""Characters of what is neither a text nor a number: ``-Infinity``, or ``\\ud83d\\ude00``."""
_DECODER: Final = json.JSONDecoder()
_OPEN_NUMBER: Final = re.compile(r"[-+.0-9eE]")


class _Source:
    """Text that grows while values are taken from its front."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._text = ""
        self._at = 0
        self._ended = False
        self._dropped = 0

    def peek(self) -> str:
        """The next character that is not a space; empty at the end."""
        while True:
            self._at = WHITESPACE.match(self._text, self._at).end()
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def take(self, wanted: str) -> None:
        """Take one character.

        Raises:
            ContentError: Another one is next.
        """
        if self.peek() != wanted:
            raise self._wrong(f"{wanted!r} is missing")
        self._at += 1

    def value(self) -> Any:
        """Take the next value.

        Raises:
            ContentError: It is not JSON, too large, or cut off.
        """
        self.peek()
        while True:
            try:
                found, end = _DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                # What is wrong before the last word of what was read is wrong for good.
                cut = error.msg.startswith("Unterminated") or len(self._text) - error.pos <= _LONGEST_WORD
                if self._ended or not cut or not self._more():
                    raise self._wrong(error.msg, error.pos) from None
            except RecursionError:
                raise self._wrong("lists and mappings are nested too deep") from None
            except ValueError as error:
                raise self._wrong(str(error)) from None
            else:
                number = end == len(self._text) and _OPEN_NUMBER.match(self._text[-1])
                if not number or not self._more():
                    self._at = end
                    return found

    def _more(self) -> bool:
        """Read on, at least as much as the value has already; False at the end."""
        held = len(self._text) - self._at
        if held > LARGEST_ITEM:
            raise self._wrong(f"an object has more than {LARGEST_ITEM // MIB} MiB")
        chunk = self._stream.read(max(_CHUNK, held))
        if not chunk:
            self._ended = True
            return False
        self._dropped += self._at
        self._text = self._text[self._at :] + chunk
        self._at = 0
        return True

    def _wrong(self, what: str, at: int | None = None) -> ContentError:
        place = self._dropped + (self._at if at is None else at)
        if self._ended and (at is None or at >= len(self._text) - 1 or what.startswith("Unterminated")):
            return ContentError(f"it is cut off after {place:,} characters")
        return ContentError(f"it is not JSON at character {place:,} ({what[:1].lower()}{what[1:]})")


def read_json(stream: TextIO) -> Pieces:
    """The pieces of every document in *stream*; documents may stand side by side.

    Raises:
        ContentError: The rest is not JSON, or is cut off. What came before was given out.
    """
    source = _Source(stream)
    while opening := source.peek():
        if opening == "{":
            yield from _mapping(source)
        elif opening == "[":
            yield Streamed("items")
            yield from _list(source, "items")
        else:
            source.value()
        yield End()


def _mapping(source: _Source) -> Pieces:
    source.take("{")
    if source.peek() == "}":
        source.take("}")
        return
    while True:
        key = source.value()
        source.take(":")
        if isinstance(key, str) and is_streamed(key) and source.peek() == "[":
            yield Streamed(key)
            yield from _list(source, key)
        else:
            yield Field(str(key), source.value())
        if source.peek() == "}":
            source.take("}")
            return
        source.take(",")


def _list(source: _Source, key: str) -> Pieces:
    source.take("[")
    if source.peek() == "]":
        source.take("]")
        return
    while True:
        yield Item(key, source.value())
        if source.peek() == "]":
            source.take("]")
            return
        source.take(",")
