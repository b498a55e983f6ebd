"""``settings check``: everything that is wrong in a settings file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from cdk_eks_cilium.cli.answer import GOOD, Answer
from cdk_eks_cilium.cli.chart import Rendering, add_online, rendering
from cdk_eks_cilium.cli.frame import add_json, status_of
from cdk_eks_cilium.cli.settings_option import add_file
from cdk_eks_cilium.problems import InputError, refuse
from cdk_eks_cilium.settings import (
    advise,
    cilium_values,
    cilium_version,
    deploy_problems,
    load,
    remarks,
)
from cdk_eks_cilium.values import needless_overrides


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_file(parser, "the settings file")
    parser.add_argument(
        "--for-deploy", action="store_true", help="refuse also placeholders, and an API that nobody reaches"
    )
    add_online(parser)
    add_json(parser)


def run(options: argparse.Namespace) -> Answer:
    """List everything that is wrong in a settings file, at once.

    Where Cilium's chart is at hand, as cilium.chart, in a folder that CILIUM_CHARTS names or in the user's
    cache, Helm renders the values with it. The exit status is 1 if anything is wrong, 0 with warnings alone,
    and 2 if the file cannot be read.
    """
    found: list[str] = []
    known: list[str] = []
    tried: Rendering | None = None
    wrong: InputError | None = None
    try:
        settings = load(options.file)
        needless = needless_overrides(cilium_values(settings), cilium_version(settings))
        found, known = advise(settings), [*remarks(settings), *needless]
        tried = rendering(settings, online=options.online)
        refuse(tried.problems, _refused(options.file, len(tried.problems)))
        if options.for_deploy:
            refuse(unready := deploy_problems(settings), _not_ready(options.file, len(unready)))
    except InputError as error:
        wrong = error
    data: dict[str, Any] = {
        "problems": [problem.as_json() for problem in wrong.problems] if wrong else [],
        "warnings": found,
        "notes": known,
    }
    notes = [*(f"warning: {text}" for text in found), *(f"note: {text}" for text in known)]
    if tried is not None:
        data["rendered"] = tried.as_json()
        notes += tried.notes
    return Answer(data, (), status_of(wrong) if wrong else GOOD, [*notes, *([str(wrong)] if wrong else [])])


def _not_ready(file: Path, count: int) -> str:
    return f"{file.name}: not ready to deploy, {count} problem{'' if count == 1 else 's'}"


def _refused(file: Path, count: int) -> str:
    return f"{file.name}: {count} problem{'' if count == 1 else 's'}"
