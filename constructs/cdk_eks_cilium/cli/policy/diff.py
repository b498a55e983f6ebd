"""``policy diff``: who may reach whom that could not before, and the reverse."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from cdk_eks_cilium.cli.answer import FINDINGS, GOOD, NOT_KNOWN, Answer, extra
from cdk_eks_cilium.cli.frame import add_json
from cdk_eks_cilium.cli.output import write
from cdk_eks_cilium.policy_analysis.difference import ChangeKind, change_graph

from . import files
from .change_report import ChangeReport, markdown, text
from .comparing import add_comparison, read_sides

_FILES: Final = (
    "OLD and NEW: each a file or a folder with policies and what they are about, or git:REVISION:PATH; with "
    "--git, --to-cilium, --to-enforcement or --to-settings the files that are on both sides"
)

#: A change of requests lets some through that did not pass, and stops others.
_FAILS: Final[dict[str, tuple[ChangeKind, ...]]] = {
    "opens": ("opens", "changes"),
    "closes": ("closes", "changes"),
    "any": ("opens", "closes", "changes", "unknown"),
}


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_comparison(parser)
    parser.add_argument(
        "--fail-on",
        choices=list(_FAILS),
        help="end with 1 if anything opens, closes, or is another at all, and else with 4 if something is "
        "not known, or another policy for nodes is not compared",
    )
    parser.add_argument("--svg", type=Path, metavar="FILE", help="also draw what changes, to this file")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--markdown", action="store_true", help="print Markdown for a pull request")
    add_json(form)
    files.add_files(parser, _FILES)


def run(options: argparse.Namespace) -> Answer:
    """List who may reach whom that could not before, and the reverse, with the rules that did it.

    It compares what two sets of policies mean, not their text: two folders, two revisions of a git
    repository, or the same policies in two releases of Cilium.
    """
    report = ChangeReport.of(*read_sides(options))
    notes = report.left_out
    if options.svg is not None:
        with extra("pictures need networkx", "leave --svg out"):
            from .picture import draw, on_a_page
        whole = change_graph(report.difference, report.lines)
        drawn = on_a_page(whole)
        write("--svg", options.svg, draw(drawn, title="What changes for whom", summary=report.summary))
        notes.append(f"wrote {options.svg}")
        if drawn is not whole:
            notes.append(f"{options.svg} has a box for each namespace: the workloads do not fit on a page")
    shown = [markdown(report)] if options.markdown else text(report)
    return Answer(report.as_json(), shown, _status(report, options.fail_on), notes)


def _status(report: ChangeReport, fail_on: str | None) -> int:
    counts = report.counts
    if report.is_incomplete:
        return FINDINGS
    if fail_on is None:
        return GOOD
    if any(counts[kind] for kind in _FAILS[fail_on]):
        return FINDINGS
    return NOT_KNOWN if counts["unknown"] or report.difference.nodes_policies else GOOD
