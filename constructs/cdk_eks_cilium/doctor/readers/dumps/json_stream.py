"""JSON as a stream: one object of a list at a time, with the decoder of the standard library.

It never holds more than a chunk and an object. Where the first object of a list tells how the others are to
be picked, all that a chunk has are picked together, which is quicker; see `_Source.batch`.
"""

from __future__ import annotations

import json
import re
from json.decoder import WHITESPACE  # type: ignore[attr-defined]
from typing import Any, Final, TextIO

from .pieces import (
    LARGEST_ITEM,
    MIB,
    Batch,
    ContentError,
    End,
    Field,
    Item,
    Pick,
    PickFor,
    Pieces,
    Streamed,
    is_streamed,
    whole,
)

_CHUNK: Final = MIB
_LONGEST_WORD: Final = 16
"""Characters of what is neither a text nor a number: ``-Infinity``, or ``\\ud83d\\ude00``."""
_MARK: Final = 16
"""Characters of an object's beginning by which the next ones are found."""
_MOST_MISSES: Final = 2
"""An object can be longer than a chunk. Where no mark is found again, it is a bad one."""
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

    def mark(self) -> str:
        """What is between the object that was taken and the next: a comma, spaces, and a beginning.

        Programs write each object of a list in the same way, so it is between most others, too.
        """
        if self.peek() != ",":
            return ""
        while True:
            end = WHITESPACE.match(self._text, self._at + 1).end() + _MARK
            if end <= len(self._text) or not self._more():
                return self._text[self._at : end]

    def batch(self, mark: str, pick: Pick) -> list[dict[str, Any]] | None:
        """Take many objects at once, up to the last *mark* of what was read; None where *pick* fails.

        A mark may also be inside an object or a text. Then what is before it is not a whole array, and *pick*
        gives None: brackets and quotes of JSON balance in one way only.
        """
        last = self._text.rfind(mark, self._at)
        if last < 0 and self._more():
            last = self._text.rfind(mark, self._at)
        if last < 0:
            return []
        found = pick(f"[{self._text[self._at : last]}]")
        if not found:
            return None
        self._at = last
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


def read_json(stream: TextIO, pick_for: PickFor = whole) -> Pieces:
    """The pieces of every document in *stream*; documents may stand side by side.

    Args:
        stream: The text.
        pick_for: For each list of Kubernetes, what picks the elements after its first one.

    Raises:
        ContentError: The rest is not JSON, or is cut off. What came before was given out.
    """
    source = _Source(stream)
    while opening := source.peek():
        if opening == "{":
            yield from _mapping(source, pick_for)
        elif opening == "[":
            yield Streamed("items")
            yield from _list(source, "items", pick_for)
        else:
            source.value()
        yield End()


def _mapping(source: _Source, pick_for: PickFor) -> Pieces:
    source.take("{")
    if source.peek() == "}":
        source.take("}")
        return
    while True:
        key = source.value()
        source.take(":")
        if isinstance(key, str) and is_streamed(key) and source.peek() == "[":
            yield Streamed(key)
            yield from _list(source, key, pick_for if key == "items" else whole)
        else:
            yield Field(str(key), source.value())
        if source.peek() == "}":
            source.take("}")
            return
        source.take(",")


def _list(source: _Source, key: str, pick_for: PickFor) -> Pieces:
    source.take("[")
    if source.peek() == "]":
        source.take("]")
        return
    first = source.value()
    yield Item(key, first)
    pick, mark, misses = pick_for(first), source.mark(), 0
    while source.peek() != "]":
        source.take(",")
        if pick is not None and misses < _MOST_MISSES:
            values = source.batch(mark, pick)
            if values:
                misses = 0
                yield Batch(values)
                continue
            misses = _MOST_MISSES if values is None else misses + 1
        yield Item(key, source.value())
    source.take("]")
