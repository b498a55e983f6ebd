"""The answer of a command, as data and for people; or the error of an invalid call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

GOOD: Final = 0
FINDINGS: Final = 1
USAGE: Final = 2
STOPPED: Final = 3
NOT_KNOWN: Final = 4
INTERRUPTED: Final = 130
"""The exit statuses, which docs/command-line.md describes."""


@dataclass(frozen=True)
class Heading:
    """A line that begins a part; *bad* if something is wrong."""

    text: str
    bad: bool = False


@dataclass(frozen=True)
class Table:
    """Rows below the names of their columns.

    Attributes:
        columns: The names.
        rows: A cell for each column.
        numbers: How many of the last columns hold numbers, which are aligned to the right.
        wrap: Whether cells may take several lines where the terminal is narrow.
    """

    columns: Sequence[str]
    rows: Iterable[Sequence[str]]
    numbers: int = 0
    wrap: bool = True


Block = str | Heading | Table
"""A part of the output for people; a text has one or more lines."""


@dataclass(frozen=True)
class Target:
    """A file to write, and the option that named it."""

    option: str
    file: Path


@dataclass(frozen=True)
class Answer:
    """What a command found.

    Attributes:
        data: What ``--json`` prints.
        shown: The output without it. An iterator is read only then.
        code: The exit status.
        notes: Lines for standard error.
        target: The file for *shown*. By default standard output.
    """

    data: Any = None
    shown: Iterable[Block] = ()
    code: int = GOOD
    notes: Iterable[str] = ()
    target: Target | None = None


def section(title: str, lines: Iterable[str]) -> list[Block]:
    """A heading with lines below it; empty without lines."""
    listed = [f"  {line}" for line in lines]
    return [Heading(title), *listed] if listed else []


class UsageError(Exception):
    """An invalid call, with the reason as its text."""


@contextmanager
def extra(what: str, otherwise: str) -> Iterator[None]:
    """Import a package that only the extra ``cli`` installs.

    Args:
        what: What needs which package, as a clause.
        otherwise: What to do without the package, as a clause.

    Raises:
        UsageError: If the package is not installed.
    """
    try:
        yield
    except ModuleNotFoundError:
        raise UsageError(f"{what}: pip install 'cdk-eks-cilium[cli]', or {otherwise}") from None
