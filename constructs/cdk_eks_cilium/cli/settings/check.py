"""``settings check``: all that is wrong in a settings file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from cdk_eks_cilium.cli.answer import FINDINGS, GOOD, Answer
from cdk_eks_cilium.cli.frame import Command, add_json
from cdk_eks_cilium.cli.settings_option import DEFAULT_SETTINGS
from cdk_eks_cilium.problems import InputError, refuse
from cdk_eks_cilium.settings import load, placeholders, warnings


def _declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file",
        nargs="?",
        type=Path,
        default=DEFAULT_SETTINGS,
        metavar="FILE",
        help="the settings file (default: %(default)s)",
    )
    parser.add_argument("--for-deploy", action="store_true", help="refuse placeholders too")
    add_json(parser)


def _run(options: argparse.Namespace) -> Answer:
    found: list[str] = []
    wrong: InputError | None = None
    try:
        settings = load(options.file)
        found = warnings(settings)
        if options.for_deploy:
            refuse(stand_ins := placeholders(settings), _not_ready(options.file, len(stand_ins)))
    except InputError as error:
        wrong = error
    problems = [str(problem) for problem in wrong.problems] if wrong else []
    notes = [*(f"warning: {warning}" for warning in found), *([str(wrong)] if wrong else [])]
    return Answer({"problems": problems, "warnings": found}, (), FINDINGS if wrong else GOOD, notes)


COMMAND: Final = Command(
    "Say all that is wrong in a settings file, at once. Warnings do not fail. Ends with 1 if anything is "
    "wrong.",
    _declare,
    _run,
)


def _not_ready(file: Path, count: int) -> str:
    return f"{file.name}: not ready to deploy, {count} placeholder{'' if count == 1 else 's'}"
