"""The lines of recorded flows: files, folders, compressed files, standard input, in bounded memory."""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, Final, cast

from cdk_eks_cilium.problems import CallError, Problem

STANDARD_INPUT: Final = Path("-")
"""What a call names in place of a file."""

LONGEST_LINE: Final = 1 << 20
"""Bytes of a line. A flow with a thousand labels has some tens of kilobytes."""

_SUFFIXES: Final = (".json", ".jsonl", ".jsonpb", ".ndjson", ".log", ".gz")
_GZIP: Final = b"\x1f\x8b"
_BUFFER: Final = 1 << 20
_NAMED: Final = 5


@dataclass
class LineReader:
    """Reads lines, and remembers which lines are bad.

    Attributes:
        files: The files, in order; `STANDARD_INPUT` is standard input.
        lines: How many lines were read.
        bad: How many lines are not from Hubble.
        named: The first bad lines, each with its place and what is wrong.
        cut: The inputs that end too early, each with the reason.
    """

    files: Sequence[Path]
    lines: int = 0
    bad: int = 0
    named: list[str] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)
    _place: str = ""
    _before: int = 0

    def __iter__(self) -> Iterator[bytes]:
        """Every line that is not empty, with its end.

        Raises:
            CallError: If a file cannot be read.
        """
        for file in self.files:
            self._place, self._before = "standard input" if file == STANDARD_INPUT else str(file), self.lines
            try:
                with _opened(file) as stream:
                    yield from self._lines(stream)
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                self.cut.append(f"{self._place} ends after line {self.lines - self._before}: {error}")
            except OSError as error:
                rule = f"must be a readable file ({(error.strerror or str(error)).lower()})"
                raise CallError([Problem(self._place, rule, id="CEK5090")]) from None

    def _lines(self, stream: IO[bytes]) -> Iterator[bytes]:
        for line in iter(partial(stream.readline, LONGEST_LINE), b""):
            self.lines += 1
            if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
                self.refuse(f"it is longer than {LONGEST_LINE:,} bytes")
                while line and not line.endswith(b"\n"):
                    line = stream.readline(LONGEST_LINE)
                continue
            if not line.isspace():
                yield line

    def refuse(self, why: str) -> None:
        """Count the last line as bad, and name it if few were bad before."""
        self.bad += 1
        if len(self.named) < _NAMED:
            self.named.append(f"{self._place} line {self.lines - self._before}: {why}")


def input_files(path: Path) -> list[Path]:
    """The files that a path stands for: itself, or the recordings in a folder, in order.

    Raises:
        CallError: If a folder has no recordings.
    """
    if path == STANDARD_INPUT or not path.is_dir():
        return [path]
    found = sorted(file for file in path.rglob("*") if file.suffix in _SUFFIXES and file.is_file())
    if not found:
        fix = f"their names end with {', '.join(_SUFFIXES)}"
        raise CallError([Problem(str(path), "must contain recorded flows", fix=fix, id="CEK5091")])
    return found


@contextmanager
def _opened(file: Path) -> Iterator[IO[bytes]]:
    """Open an input, and decompress it if it begins as gzip does: the name does not tell for a pipe."""
    with ExitStack() as stack:
        given = sys.stdin.fileno() if file == STANDARD_INPUT else file
        raw = stack.enter_context(open(given, "rb", buffering=_BUFFER, closefd=given is file))
        stream = cast("io.BufferedReader", raw)
        if stream.peek(2)[:2] == _GZIP:
            yield cast("IO[bytes]", stack.enter_context(gzip.open(stream, "rb")))
        else:
            yield stream
