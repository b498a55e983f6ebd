"""``policy check``: what is wrong with policies, does nothing, or is more open than it looks."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any, Final

from cdk_eks_cilium.policy_analysis.lint import LintReport, review

from . import files

_PLURALS: Final = {"error": "errors", "warning": "warnings", "note": "notes"}


def add_to(commands: Any) -> None:
    """Add the command to a parser's commands."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "check",
        help="say what is wrong with policies, or does not do what it seems to",
        description="Look at the policies in the files together. Pods and Services in the files, where there "
        "are some, show whether selectors mean anything. Ends with 1 for errors and warnings.",
    )
    parser.add_argument(
        "--pod-cidr", action="append", default=[], metavar="RANGE", help="a range of addresses that pods get"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    files.add_files(parser, "YAML with policies, pods or what makes them, namespaces, Services; or a folder")
    parser.set_defaults(run=run, parser=parser)


def run(options: argparse.Namespace) -> int:
    """Serve the command.

    Raises:
        InputError: If the files cannot be used, or have no policy.
    """
    # What the release refuses is a finding among others.
    given = files.read(options, lenient=True)
    files.need_policies(options, given)
    report = review(
        given.policies, given.inventory, given.version, given.enforcement, pod_ranges=options.pod_cidr
    )
    if options.json:
        kept = [{**each.finding.as_json(), "because": each.because} for each in report.suppressed]
        data = {"findings": [finding.as_json() for finding in report.findings], "suppressed": kept}
        print(json.dumps(data, indent=2))
    else:
        for finding in report.findings:
            print(finding)
        print(_summary(report, len(given.policies)), file=sys.stderr)
    return 1 if report.counts["error"] or report.counts["warning"] else 0


def _summary(report: LintReport, count: int) -> str:
    policies = f"{count} polic{'y' if count == 1 else 'ies'}"
    counts = [
        f"{number} {severity if number == 1 else _PLURALS[severity]}"
        for severity, number in report.counts.items()
        if number
    ]
    kept = f", {len(report.suppressed)} kept apart for a reason" if report.suppressed else ""
    return f"{policies}: {', '.join(counts) or 'nothing found'}{kept}"
