"""What a command answers: data, and the same for people; or that the call cannot be served."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

GOOD: Final = 0
FINDINGS: Final = 1


@dataclass(frozen=True)
class Heading:
    """A line that begins a part; if *bad*, it says that something is wrong."""

    text: str
    bad: bool = False


@dataclass(frozen=True)
class Table:
    """Rows below the names of their columns.

    Attributes:
        columns: The names.
        rows: A cell for each column.
        numbers: How many of the last columns hold numbers, which stand to the right.
        wrap: Whether cells may take several lines where the terminal is narrow.
    """

    columns: Sequence[str]
    rows: Iterable[Sequence[str]]
    numbers: int = 0
    wrap: bool = True


Block = str | Heading | Table
"""A part of what people read; a text is one line, or several."""


@dataclass(frozen=True)
class Target:
    """A file that is written, and the option that named it."""

    option: str
    file: Path


@dataclass(frozen=True)
class Answer:
    """What a command found.

    Attributes:
        data: What ``--json`` prints.
        shown: What is printed without it. Made only then, where it is an iterator.
        code: The exit status.
        notes: Lines for standard error.
        target: The file that *shown* goes to. By default standard output.
    """

    data: Any = None
    shown: Iterable[Block] = ()
    code: int = GOOD
    notes: Iterable[str] = ()
    target: Target | None = None


def section(title: str, lines: Iterable[str]) -> list[Block]:
    """A heading with lines below it; nothing if there are no lines."""
    listed = [f"  {line}" for line in lines]
    return [Heading(title), *listed] if listed else []


class UsageError(Exception):
    """A call that cannot be served. The text says why."""


@contextmanager
def extra(what: str, otherwise: str) -> Iterator[None]:
    """Import what comes with the extra ``cli`` alone.

    Args:
        what: What needs which package, as a clause.
        otherwise: What to do without it, as a clause.

    Raises:
        UsageError: If it is not installed.
    """
    try:
        yield
    except ModuleNotFoundError:
        raise UsageError(f"{what}: pip install 'cdk-eks-cilium[cli]', or {otherwise}") from None
