"""Files that commands write."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from cdk_eks_cilium.problems import InputError, Problem


def write(option: str, file: Path, text: str) -> None:
    """Write a file whole, or not at all; links to it stay.

    Args:
        option: What named the file.
        file: Where to.
        text: What.

    Raises:
        InputError: If that cannot be done.
    """
    target = file.resolve()
    try:
        if target.exists() and not target.is_file():
            # A device or a pipe, such as /dev/stdout: there is nothing to keep whole, and it must stay.
            target.write_text(text, encoding="utf-8", newline="\n")
        else:
            _replace(target, text)
    except OSError as error:
        rule = f"must be a file that can be written, and {reason(error)}"
        raise InputError([Problem(option, rule, str(file), "name another")]) from None


def _replace(target: Path, text: str) -> None:
    """Put the text beside the file, so that it takes its place in one step."""
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
