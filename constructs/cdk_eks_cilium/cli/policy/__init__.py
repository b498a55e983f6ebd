"""``policy``: what network policies mean, offline."""

from __future__ import annotations

import argparse
from typing import Any

from . import check, convert, draw, explain, matrix


def add_to(commands: Any) -> None:
    """Add the command to a parser's commands."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "policy",
        help="check, convert, draw and explain network policies",
        description="Work on network policies in YAML files, without a cluster.",
    )
    kinds = parser.add_subparsers(dest="policy_command", required=True, metavar="COMMAND")
    for command in (check, convert, draw, explain, matrix):
        command.add_to(kinds)
