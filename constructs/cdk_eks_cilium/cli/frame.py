"""The frame of every command: its arguments, its answer, and its errors."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from cdk_eks_cilium.problems import CallError, InputError, Problem

from .answer import FINDINGS, USAGE, Answer, UsageError
from .output import give, reason, tell


class Command(Protocol):
    """A module that is a command."""

    def declare(self, parser: argparse.ArgumentParser) -> None:
        """Add the arguments of the command."""

    def run(self, options: argparse.Namespace) -> Answer:
        """Answer a call, or raise `InputError` or `UsageError`. This docstring is the help of the command."""


def add_json(options: Any, meaning: str = "print JSON") -> None:
    """Add ``--json`` to a parser or a group of options."""
    options.add_argument("--json", action="store_true", help=meaning)


def serve(command: Command, program: str, words: Sequence[str]) -> int:
    """Serve a call of a command, and return its exit status."""
    parser = argparse.ArgumentParser(prog=program, description=command.run.__doc__)
    command.declare(parser)
    # Options may stand between files; after "--" all words are for another program.
    options = parser.parse_args(words) if "--" in words else parser.parse_intermixed_args(words)
    try:
        answer = command.run(options)
        with _standard_output():
            give(answer, as_json=getattr(options, "json", False))
    except UsageError as error:
        parser.error(str(error))
    except InputError as error:
        tell(str(error))
        return status_of(error)
    return answer.code


def status_of(error: InputError) -> int:
    """The exit status for what is wrong: with the call and its options, or with the content of a file."""
    options = any(problem.where.startswith("--") for problem in error.problems)
    return USAGE if options or isinstance(error, CallError) else FINDINGS


@contextmanager
def _standard_output() -> Iterator[None]:
    """Let a reader such as `head` stop early, and refuse an output that is full."""
    try:
        yield
    except OSError as error:
        give_up(error)


def give_up(error: OSError) -> None:
    """Write no more, because standard output takes no more.

    Raises:
        CallError: Unless its reader wanted no more.
    """
    # Otherwise Python would try again when it ends.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if not isinstance(error, BrokenPipeError):
        rule = f"must take the output: {reason(error)}"
        raise CallError([Problem("standard output", rule, id="CEK7005")]) from None
