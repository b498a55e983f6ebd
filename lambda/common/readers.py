"""Reading the properties of a custom resource, so that one error reports everything that is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from errors import PermanentError

# Names of objects and, for the same reason, of hosts:
# https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
_LABEL: Final = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
DNS_LABEL: Final = re.compile(_LABEL)
DNS_NAME: Final = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(\.{_LABEL})*")

Reader = Callable[[object], Any]
"""Reads a property's value, or raises ValueError with rule, value and fix."""


def read_all(raw: object, readers: Mapping[str, Reader]) -> dict[str, Any]:
    """The values that the readers make of ``ResourceProperties``, by name.

    Raises:
        PermanentError: With every property that is missing or malformed.
    """
    given: Mapping[str, Any] = raw if isinstance(raw, Mapping) else {}
    read: dict[str, Any] = {}
    problems = []
    for name, reader in readers.items():
        try:
            read[name] = reader(given.get(name))
        except ValueError as error:
            problems.append(f"{name}: {error}")
    if problems:
        raise PermanentError("\n".join(problems))
    return read


def text_of(value: object, rule: str, fix: str) -> str:
    """The value, which must be text and not empty; else ValueError with the rule and the fix."""
    if not isinstance(value, str) or not value:
        raise _wrong(value, rule, fix)
    return value


def matching(pattern: re.Pattern[str], rule: str, fix: str) -> Reader:
    """A reader of text that must match a pattern as a whole."""

    def read(value: object) -> str:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise _wrong(value, rule, fix)
        return value

    return read


def _wrong(value: object, rule: str, fix: str) -> ValueError:
    return ValueError(f"{rule}, got {'nothing' if value is None else repr(value)}; {fix}")
