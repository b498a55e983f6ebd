"""``settings init``: a settings file to begin with."""

from __future__ import annotations

import argparse
from pathlib import Path

from cdk_eks_cilium.cli.answer import Answer, Target
from cdk_eks_cilium.cli.settings_option import add_file
from cdk_eks_cilium.problems import CallError, Problem
from cdk_eks_cilium.settings import starting_file


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_file(parser, "the file to write")
    parser.add_argument("--name", help="name of the cluster")
    parser.add_argument("--region", help="region to deploy to, whose first three zones are named")
    parser.add_argument("--account", help="account to deploy to, twelve digits")
    parser.add_argument(
        "--all", action="store_true", help="write every key, not only what each environment decides"
    )


def run(options: argparse.Namespace) -> Answer:
    """Write a settings file of keys with their descriptions and defaults.

    A file that exists stays as it is.
    """
    file: Path = options.file
    if file.is_file():
        raise CallError(
            [Problem("FILE", "must be a new file", str(file), "name another, or delete it", id="CEK7023")]
        )
    given = {name: getattr(options, name) for name in ("name", "region", "account")}
    text = starting_file(
        {name: value for name, value in given.items() if value is not None}, every_key=options.all
    )
    notes = [f"wrote {file}", f"check it after a change: cdk-eks-cilium settings check {file}"]
    return Answer(None, [text], notes=notes, target=Target("FILE", file))
