"""The output of `values --diff` that docs/upgrade-example.md shows."""

from __future__ import annotations

import io
import os
import re
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout
from functools import cache
from itertools import groupby, zip_longest
from pathlib import Path
from typing import Final
from unittest.mock import patch

from cdk_eks_cilium.cli import main

SETTINGS: Final = Path(__file__).resolve().parents[1] / "settings.yaml"
WIDTH: Final = 110
_CELL: Final = 30
_CUT: Final = "[...]"


@cache
def compared(old: str, new: str) -> str:
    """The difference between two charts for settings.yaml, as a block that fits a page."""
    # With charts at hand the command also renders them, and says so.
    without_charts = {name: value for name, value in os.environ.items() if name != "CILIUM_CHARTS"}
    with redirect_stdout(io.StringIO()) as printed, patch.dict(os.environ, without_charts, clear=True):
        main(["values", "--settings", str(SETTINGS), "--diff", old, new])
    return "\n".join(("```text printed", *fitted(printed.getvalue().splitlines()), "```"))


def fitted(lines: Sequence[str]) -> Iterator[str]:
    """Lines that fit: points are wrapped, and long cells of tables are cut."""
    for _, part in groupby(map(str.rstrip, lines), bool):
        block = list(part)
        head = next((number for number, line in enumerate(block) if line.startswith("key ")), len(block))
        yield from (wrapped for line in block[:head] for wrapped in _wrapped(line))
        yield from _table(block[head:]) if head < len(block) else ()


def _wrapped(line: str) -> list[str]:
    """A point in lines that fit, the later ones under its words."""
    lead = re.match(r" *(\d+\. )?", line)
    indent = len(lead[0]) if lead and lead[1] else len(line) - len(line.lstrip()) + 2
    wrapper = textwrap.TextWrapper(
        WIDTH, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False
    )
    return wrapper.wrap(line) or [""]


def _table(rows: Sequence[str]) -> Iterator[str]:
    """A table of the command, whose columns are two blanks or more apart, in narrower columns."""
    indents = [len(row) - len(row.lstrip()) for row in rows]
    cells = [[_cut(cell) for cell in re.split(r" {2,}", row.strip())] for row in rows]
    widths = [max(map(len, column)) for column in zip_longest(*cells, fillvalue="")]
    widths[0] = max(indent + len(row[0]) for indent, row in zip(indents, cells, strict=True))
    for indent, row in zip(indents, cells, strict=True):
        first, *others = row
        padded = [first.ljust(widths[0] - indent), *map(str.ljust, others, widths[1:])]
        yield (" " * indent + "  ".join(padded)).rstrip()


def _cut(cell: str) -> str:
    key = re.fullmatch(r"[\w./-]+", cell)
    return cell if key or len(cell) <= _CELL else cell[: _CELL - len(_CUT)] + _CUT


def step(old: str, new: str) -> Callable[[], str]:
    """The maker of the block for one step."""
    return lambda: compared(old, new)
