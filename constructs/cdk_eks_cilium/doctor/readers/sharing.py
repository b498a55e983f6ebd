"""Equal texts as one object: thousands of objects say the same, and memory is bounded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_LONGEST: Final = 128
_MOST: Final = 200_000


class Sharing:
    """Copies of objects in which equal short texts are one."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def copy(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """A copy of an object as JSON can say it, with shared texts."""
        if len(self._texts) > _MOST:
            self._texts.clear()
        found: dict[str, Any] = self._copy(value)
        return found

    def _copy(self, value: Any) -> Any:
        kind = type(value)
        if kind is str:
            return self._texts.setdefault(value, value) if len(value) < _LONGEST else value
        if kind is dict:
            shared, copy = self._texts.setdefault, self._copy
            return {shared(key, key): copy(each) for key, each in value.items()}
        return [self._copy(each) for each in value] if kind is list else value
