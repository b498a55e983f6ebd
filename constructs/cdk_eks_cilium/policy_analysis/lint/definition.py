"""What a lint is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .context import LintContext
from .finding import Hit, Severity


@dataclass(frozen=True)
class Lint:
    """One thing that is looked for.

    Attributes:
        id: ``CNP`` and a number that is never given to another lint.
        title: What holds without findings, as a sentence without its full stop.
        severity: How bad a breach is; some findings of a lint are milder, or worse.
        why: The reason, as sentences.
        source: The document that says so.
        find: Looks for it.
        by_objects: Whether a pod, a Service or a namespace that the input lacks could make a finding void.
    """

    id: str
    title: str
    severity: Severity
    why: str
    source: str
    find: Callable[[LintContext], Iterator[Hit]]
    by_objects: bool = False


def lint(
    id: str, title: str, severity: Severity, why: str, source: str, *, by_objects: bool = False
) -> Callable[[Callable[[LintContext], Iterator[Hit]]], Lint]:
    """Make a lint of the function that looks for it; arguments as in `Lint`."""
    return lambda find: Lint(id, title, severity, why, source, find, by_objects)
