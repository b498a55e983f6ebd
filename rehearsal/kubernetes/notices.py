"""Warnings that an answer carries besides its body, as kubectl prints them."""

# belief: K8S-warnings

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_COLLECTED: ContextVar[list[str] | None] = ContextVar("warnings of this request", default=None)


@contextmanager
def collecting() -> Iterator[list[str]]:
    """Collects the warnings that the calls inside give."""
    collected: list[str] = []
    token = _COLLECTED.set(collected)
    try:
        yield collected
    finally:
        _COLLECTED.reset(token)


def warn(text: str) -> None:
    """Add a warning to the answer of this request, once; outside of a request nobody reads it."""
    collected = _COLLECTED.get()
    if collected is not None and text not in collected:
        collected.append(text)


def header(text: str) -> str:
    """A warning as the value of a ``Warning`` header
    (https://kubernetes.io/docs/reference/using-api/deprecation-policy/).
    """
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\r", " ").replace("\n", " ")
    return f'299 - "{escaped}"'
