"""The frame of every command: its arguments, its answer, and what becomes of an error."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from cdk_eks_cilium.problems import InputError

from .answer import FINDINGS, Answer, UsageError
from .output import give


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
        give(answer, as_json=getattr(options, "json", False))
    except UsageError as error:
        parser.error(str(error))
    except InputError as error:
        print(error, file=sys.stderr)
        return FINDINGS
    except BrokenPipeError:
        # Whoever read has read enough, as `head` does; and nothing is left to fail at the end of Python.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return answer.code
