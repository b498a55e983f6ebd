"""The page of the commands, made from their own parsers."""

from __future__ import annotations

import argparse
import inspect
from collections.abc import Iterator
from importlib import import_module

from cdk_eks_cilium.cli.main import COMMANDS, PROGRAM, module_of
from scripts.schema_words import table


def command_arguments() -> str:
    """Every command: what it answers, and its arguments."""
    return "\n\n".join(part for name in COMMANDS for part in _command(name))


def _command(name: str) -> Iterator[str]:
    module = import_module(module_of(name), "cdk_eks_cilium.cli")
    parser = argparse.ArgumentParser(prog=f"{PROGRAM} {name}", add_help=False)
    module.declare(parser)
    yield f"## {name}"
    yield inspect.cleandoc(module.run.__doc__).replace("``", "`")
    rows = [[_spelt(each), _meaning(each)] for each in parser._actions]
    if rows:
        yield table(["Argument", "Meaning"], rows)


def _spelt(action: argparse.Action) -> str:
    """How people write an argument."""
    names = action.option_strings or [""]
    taken = action.metavar or ("" if action.nargs == 0 else action.dest.upper())
    if action.choices:
        taken = "|".join(map(str, action.choices))
    words = " ".join(taken) if isinstance(taken, tuple) else str(taken)
    if action.nargs in ("*", "+"):
        words += " ..."
    return ", ".join(f"`{f'{name} {words}'.strip()}`" for name in names)


def _meaning(action: argparse.Action) -> str:
    """The help of an argument, with its default, and whether it must be there."""
    meaning = (action.help or "") % {"default": action.default, "prog": PROGRAM}
    return f"{meaning} (required)" if action.required and action.option_strings else meaning
