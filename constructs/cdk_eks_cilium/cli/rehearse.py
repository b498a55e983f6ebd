"""``rehearse``: the rehearsal, which the repository has and the package does not."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Final

from .answer import Answer, UsageError

_PROGRAM: Final = Path("rehearsal", "__main__.py")


def declare(parser: argparse.ArgumentParser) -> None:
    """Take all words, options too: they are the rehearsal's."""
    parser.prefix_chars = "\0"
    parser.add_argument("words", nargs="*")


def run(options: argparse.Namespace) -> Answer:
    """Play a deployment on this machine, as `python -m rehearsal` does."""
    if not _PROGRAM.is_file():
        raise UsageError(
            "the rehearsal is in the repository, not in the package: clone it, run 'make setup', and call "
            "this in its folder"
        )
    # A process of its own would have to pass on signals.
    os.execv(sys.executable, [sys.executable, "-m", "rehearsal", *options.words])  # noqa: S606
