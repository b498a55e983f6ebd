"""Prints an answer: as JSON, as text, as tables of rich, or to a file."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cdk_eks_cilium.problems import CallError, Problem

from .answer import Answer, Block, Heading, Table, extra

if TYPE_CHECKING:
    from rich.console import Console

_WIDE: Final = 10_000
"""Columns of a line outside a terminal: a row stays one line, for `grep` and `awk`."""


def give(answer: Answer, *, as_json: bool) -> None:
    """Print an answer, or write it to its file; then print its notes to standard error.

    Raises:
        CallError: If its file cannot be written.
        UsageError: If tables need rich, and it is not installed.
    """
    if answer.target is not None:
        write(answer.target.option, answer.target.file, "".join(map(str, answer.shown)))
    if as_json:
        print(json.dumps(answer.data, indent=2))
    elif answer.target is None:
        _show(answer.shown)
    sys.stdout.flush()
    for note in answer.notes:
        tell(note)


def tell(line: str) -> None:
    """Print a line to standard error, if that takes it: no other place is left to say why not."""
    with suppress(OSError):
        print(line, file=sys.stderr, flush=True)


def _show(shown: Iterable[Block]) -> None:
    console: Console | None = None
    for number, block in enumerate(shown):
        if isinstance(block, str):
            print(block, end="" if block.endswith("\n") else "\n")
            continue
        console = console or _console()
        if isinstance(block, Heading):
            style = "bold red" if block.bad else "bold"
            before = "\n" if number else ""
            console.print(f"{before}{block.text}", style=style, markup=False, soft_wrap=True)
        else:
            _show_table(console, block)


def _console() -> Console:
    with extra("tables need rich", "use --json"):
        from rich.console import Console

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _WIDE
    return console


def _show_table(console: Console, block: Table) -> None:
    from rich.table import Table as Grid

    grid = Grid(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for left, name in zip(range(len(block.columns), 0, -1), block.columns, strict=True):
        numbers = left <= block.numbers
        grid.add_column(name, justify="right" if numbers else "left", overflow="fold", no_wrap=not block.wrap)
    for row in block.rows:
        grid.add_row(*row)
    console.print(grid, markup=False)


def write(option: str, file: Path, text: str) -> None:
    """Write *text* to a file whole, or not at all; links to it stay.

    Raises:
        CallError: If the file, which *option* named, cannot be written.
    """
    try:
        if file.exists() and not file.is_file():
            # A device or a pipe, such as /dev/stdout, must not be replaced.
            file.write_text(text, encoding="utf-8", newline="\n")
        else:
            _replace(file.resolve(), text)
    except BrokenPipeError:
        raise
    except OSError as error:
        rule = f"must be a file that can be written: {reason(error)}"
        raise CallError([Problem(option, rule, str(file), "name another", id="CEK7011")]) from None


def _replace(target: Path, text: str) -> None:
    """Write the text beside the file, and then replace the file in one step."""
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        fresh.write_text(text, encoding="utf-8", newline="\n")
        fresh.replace(target)
    finally:
        with suppress(OSError):
            fresh.unlink()


def reason(error: OSError) -> str:
    """Why the system refused, in its words."""
    return (error.strerror or type(error).__name__).lower()
