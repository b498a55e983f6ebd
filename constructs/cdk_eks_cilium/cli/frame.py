"""The frame of every command: its arguments, its answer, and what becomes of an error."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from cdk_eks_cilium.problems import InputError, Problem

from .answer import FINDINGS, Answer, UsageError
from .output import give, reason


@dataclass(frozen=True)
class Command:
    """A command.

    Attributes:
        description: What it does, for its help.
        declare: Adds its arguments to a parser.
        run: Answers a call. It may raise `InputError` and `UsageError`.
    """

    description: str
    declare: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], Answer]


def add_json(options: Any, meaning: str = "print JSON") -> None:
    """Add ``--json`` to a parser or a group of options."""
    options.add_argument("--json", action="store_true", help=meaning)


def serve(command: Command, program: str, words: Sequence[str]) -> int:
    """Serve a call of a command, and return its exit status.

    Args:
        command: The command.
        program: How it was called.
        words: Its arguments.
    """
    parser = argparse.ArgumentParser(prog=program, description=command.description)
    command.declare(parser)
    options = parser.parse_args(words)
    try:
        answer = command.run(options)
        with _standard_output():
            give(answer, as_json=getattr(options, "json", False))
    except UsageError as error:
        parser.error(str(error))
    except InputError as error:
        print(error, file=sys.stderr)
        return FINDINGS
    return answer.code


@contextmanager
def _standard_output() -> Iterator[None]:
    """Let a reader stop when it has read enough, as `head` does, and refuse an output that takes no more."""
    try:
        yield
    except OSError as error:
        # So that Python does not try again when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            rule = f"must take what is printed, and {reason(error)}"
            raise InputError([Problem("standard output", rule)]) from None
