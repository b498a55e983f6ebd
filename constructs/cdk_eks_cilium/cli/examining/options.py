"""Options: which checks run, what is accepted, and how the report looks."""

from __future__ import annotations

import argparse
from pathlib import Path

from cdk_eks_cilium.doctor.engine.finding import Severity
from cdk_eks_cilium.doctor.engine.ignoring import Ignored, parse_ignored
from cdk_eks_cilium.doctor.reports import FORMATS


def declare_checks(parser: argparse.ArgumentParser) -> None:
    """Add what chooses checks."""
    parser.add_argument(
        "--only", action="append", default=[], metavar="ID|CATEGORY", help="only this check, or category"
    )
    parser.add_argument(
        "--skip", action="append", default=[], metavar="ID|CATEGORY", help="all but this check, or category"
    )
    parser.add_argument(
        "--ignore",
        action="append",
        default=[],
        type=_ignored,
        metavar="ID=REASON[@YYYY-MM-DD]",
        help="accept the findings of a check, perhaps until a day",
    )
    parser.add_argument("--list", action="store_true", help="list the checks with what they read, and end")


def declare_output(parser: argparse.ArgumentParser) -> None:
    """Add what shapes the report and the exit status."""
    parser.add_argument(
        "--fail-on",
        choices=[each.value for each in Severity],
        default=Severity.ERROR.value,
        help="the mildest findings to end with 1 for (default: %(default)s)",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument(
        "--format", choices=list(FORMATS), default="text", help="the report's form (default: %(default)s)"
    )
    form.add_argument(
        "--json", action="store_const", const="json", dest="format", help="the same as --format json"
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the report to a file")


def _ignored(text: str) -> Ignored:
    try:
        return parse_ignored(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def positive(text: str) -> int:
    """A number from 1 on, for an option."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a number from 1 on, got {text!r}")
    return int(text)
