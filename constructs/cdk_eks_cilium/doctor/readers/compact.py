"""Objects that share what they have in common, so that thousands of them stay small."""

from __future__ import annotations

from typing import Any


class Compact:
    """Makes equal texts one text, over all objects that it is called with.

    A cluster says the same words thousands of times: names of nodes, labels, kinds, times of a rollout.
    """

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def __call__(self, found: Any) -> Any:
        """The same value, with shared texts; its mappings and lists are changed in place."""
        if isinstance(found, dict):
            for key, value in found.items():
                if isinstance(value, str):
                    found[key] = self._known.setdefault(value, value)
                elif isinstance(value, (dict, list)):
                    self(value)
        elif isinstance(found, list):
            for number, value in enumerate(found):
                if isinstance(value, str):
                    found[number] = self._known.setdefault(value, value)
                elif isinstance(value, (dict, list)):
                    self(value)
        return found
