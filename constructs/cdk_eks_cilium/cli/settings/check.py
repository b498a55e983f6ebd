"""``settings check``: everything that is wrong in a settings file."""

from __future__ import annotations

import argparse
from pathlib import Path

from cdk_eks_cilium.cli.answer import GOOD, Answer
from cdk_eks_cilium.cli.frame import add_json, status_of
from cdk_eks_cilium.cli.settings_option import add_file
from cdk_eks_cilium.problems import InputError, refuse
from cdk_eks_cilium.settings import advise, load, placeholders


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_file(parser, "the settings file")
    parser.add_argument("--for-deploy", action="store_true", help="refuse placeholders too")
    add_json(parser)


def run(options: argparse.Namespace) -> Answer:
    """List everything that is wrong in a settings file, at once.

    The exit status is 1 if anything is wrong, 0 with warnings alone, and 2 if the file cannot be read.
    """
    found: list[str] = []
    wrong: InputError | None = None
    try:
        settings = load(options.file)
        found = advise(settings)
        if options.for_deploy:
            refuse(stand_ins := placeholders(settings), _not_ready(options.file, len(stand_ins)))
    except InputError as error:
        wrong = error
    problems = [problem.as_json() for problem in wrong.problems] if wrong else []
    notes = [*(f"warning: {warning}" for warning in found), *([str(wrong)] if wrong else [])]
    return Answer({"problems": problems, "warnings": found}, (), status_of(wrong) if wrong else GOOD, notes)


def _not_ready(file: Path, count: int) -> str:
    return f"{file.name}: not ready to deploy, {count} placeholder{'' if count == 1 else 's'}"
