"""``settings check``: everything that is wrong in a settings file."""

from __future__ import annotations

import argparse
from pathlib import Path

from cdk_eks_cilium.cli.answer import GOOD, Answer
from cdk_eks_cilium.cli.frame import add_json, status_of
from cdk_eks_cilium.cli.settings_option import add_file
from cdk_eks_cilium.problems import InputError, refuse
from cdk_eks_cilium.settings import advise, deploy_problems, load, remarks


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_file(parser, "the settings file")
    parser.add_argument(
        "--for-deploy", action="store_true", help="refuse also placeholders, and an API that nobody reaches"
    )
    add_json(parser)


def run(options: argparse.Namespace) -> Answer:
    """List everything that is wrong in a settings file, at once.

    The exit status is 1 if anything is wrong, 0 with warnings alone, and 2 if the file cannot be read.
    """
    found: list[str] = []
    known: list[str] = []
    wrong: InputError | None = None
    try:
        settings = load(options.file)
        found, known = advise(settings), remarks(settings)
        if options.for_deploy:
            refuse(unready := deploy_problems(settings), _not_ready(options.file, len(unready)))
    except InputError as error:
        wrong = error
    problems = [problem.as_json() for problem in wrong.problems] if wrong else []
    notes = [
        *(f"warning: {warning}" for warning in found),
        *(f"note: {each}" for each in known),
        *([str(wrong)] if wrong else []),
    ]
    return Answer(
        {"problems": problems, "warnings": found, "notes": known},
        (),
        status_of(wrong) if wrong else GOOD,
        notes,
    )


def _not_ready(file: Path, count: int) -> str:
    return f"{file.name}: not ready to deploy, {count} problem{'' if count == 1 else 's'}"
