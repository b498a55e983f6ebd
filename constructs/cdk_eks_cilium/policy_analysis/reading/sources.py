"""Where input comes from: files, folders, and standard input."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from weakref import WeakKeyDictionary

from cdk_eks_cilium.policy.documents import files_of, unreadable
from cdk_eks_cilium.problems import CallError, InputError, Problem
from cdk_eks_cilium.problems.bounds import LIVE_OBJECTS, bounded, read_bounded

STANDARD_INPUT: Final = "-"
"""The path that stands for standard input."""

STANDARD_INPUT_NAME: Final = "standard input"
"""What stands in place of the name of a file for standard input."""


@dataclass(frozen=True)
class NamedText:
    """Text with its name.

    Attributes:
        name: The file, as the path to it was given.
        text: The text.
        problem: What is wrong, if it cannot be read.
        named: Whether somebody named it, and not only a folder that it is in.
    """

    name: str
    text: bytes = b""
    problem: Problem | None = None
    named: bool = True


_READ: Final[WeakKeyDictionary[Any, NamedText]] = WeakKeyDictionary()
"""What was read of each stream that was standard input."""


def sources(paths: Iterable[str | os.PathLike[str]]) -> Iterator[NamedText]:
    """The text of some files; ``-`` is standard input, and a folder stands for the YAML and JSON in it.

    Each file counts once, however often a path leads to it.
    """
    seen: set[Path] = set()
    for path in paths:
        if str(path) == STANDARD_INPUT:
            if Path(STANDARD_INPUT) not in seen:
                seen.add(Path(STANDARD_INPUT))
                yield _standard_input()
            continue
        for file in files_of(Path(path)):
            if (real := file.resolve()) not in seen:
                seen.add(real)
                yield _file(file, named=file == Path(path))


def _standard_input() -> NamedText:
    """Standard input, which commands that compare read for each side, and which can be read once."""
    found = _READ.get(sys.stdin)
    if found is None:
        found = _READ[sys.stdin] = _read_standard_input()
    return found


def _read_standard_input() -> NamedText:
    name = STANDARD_INPUT_NAME
    try:
        return NamedText(name, bounded(sys.stdin.buffer, Path(name), LIVE_OBJECTS))
    except InputError as error:
        return NamedText(name, problem=error.problems[0])
    except OSError as error:
        return NamedText(name, problem=unreadable(name, error))


def _file(file: Path, *, named: bool) -> NamedText:
    try:
        return NamedText(str(file), read_bounded(file, LIVE_OBJECTS), named=named)
    except CallError as error:
        return NamedText(str(file), problem=error.problems[0], named=named)
    except OSError as error:
        return NamedText(str(file), problem=unreadable(str(file), error), named=named)
