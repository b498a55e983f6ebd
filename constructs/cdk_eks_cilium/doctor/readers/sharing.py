"""Equal texts as one object: thousands of objects say the same, and memory is bounded."""

from __future__ import annotations

from typing import Any, Final, TypeVar

_LONGEST: Final = 128
_MOST: Final = 200_000

_Found = TypeVar("_Found", bound="dict[str, Any]")


class Sharing:
    """Makes equal short values of objects one text. Python's decoder does so for the keys of a page."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def share(self, found: _Found) -> _Found:
        """The same object, as JSON can say it, with shared texts: it is changed in place, which is fast."""
        if len(self._texts) > _MOST:
            self._texts.clear()
        self._in_mapping(found)
        return found

    def _in_mapping(self, found: dict[str, Any]) -> None:
        shared = self._texts.setdefault
        for key, value in found.items():
            kind = type(value)
            if kind is str:
                if len(value) < _LONGEST:
                    found[key] = shared(value, value)
            elif kind is dict:
                self._in_mapping(value)
            elif kind is list:
                self._in_list(value)

    def _in_list(self, found: list[Any]) -> None:
        shared = self._texts.setdefault
        for place, value in enumerate(found):
            kind = type(value)
            if kind is str:
                if len(value) < _LONGEST:
                    found[place] = shared(value, value)
            elif kind is dict:
                self._in_mapping(value)
            elif kind is list:
                self._in_list(value)
