"""``policy replay``: what proposed policies would do to flows that Hubble recorded."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from typing import Final

from cdk_eks_cilium.cli.answer import FINDINGS, GOOD, INTERRUPTED, NOT_KNOWN, Answer, Block, Heading, Table
from cdk_eks_cilium.cli.frame import add_json
from cdk_eks_cilium.policy_analysis.flows import Outcome
from cdk_eks_cilium.policy_analysis.replay import FlowChange, Kind, Replay, ReplayReport
from cdk_eks_cilium.policy_analysis.replay.report import KINDS, most_first

from . import files, flow_files

_TITLES: Final[dict[Kind, str]] = {
    "denied": "Pass today, and would be denied",
    "opened": "Are refused today, and would pass",
    "unknown": "Not known",
}
_TODAY: Final[dict[Outcome, str]] = {
    "forwarded": "passes",
    "denied": "is refused",
    "audited": "passes, audit mode",
}
_FATAL: Final[dict[str, tuple[Kind, ...]]] = {
    "denied": ("denied",),
    "change": ("denied", "opened"),
}


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    flow_files.add_flows(parser)
    parser.add_argument(
        "--fail-on",
        choices=tuple(_FATAL),
        help="end with 1 if a flow that passes would be denied, or if any flow would change; else with 4 if "
        "the answer for some flow is not known",
    )
    parser.add_argument(
        "--top", type=int, default=20, metavar="N", help="groups to show of each kind (default: 20)"
    )
    add_json(parser)
    files.add_files(parser)


def run(options: argparse.Namespace) -> Answer:
    """Replay recorded flows against proposed policies: say which would be denied, and which would pass.

    The files are the policies as they are to be, all that select the pods of the flows. The same files that
    ran when the flows were recorded must change nothing, which checks the recording. Ends with 0 unless
    --fail-on is given.
    """
    given = files.read(options)
    files.need_policies(options, given)
    replay = Replay(given.policies, given.inventory, version=given.version, enforcement=given.enforcement)
    found = flow_files.recording(options, replay.headers)
    report = replay.run(found)
    flow_files.need_flows(found)
    code = INTERRUPTED if found.interrupted else _code(options.fail_on, report)
    notes = list(flow_files.notes(found))
    return given.told(Answer({**report.as_json(), "notes": notes}, _shown(report, options), code, notes))


def _code(fail_on: str | None, report: ReplayReport) -> int:
    if fail_on is None:
        return GOOD
    if any(report.changed[kind] for kind in _FATAL[fail_on]):
        return FINDINGS
    return NOT_KNOWN if report.changed["unknown"] else GOOD


def _shown(report: ReplayReport, options: argparse.Namespace) -> Iterator[Block]:
    left = sum(report.unjudged.values())
    yield Heading(
        f"Flows judged: {report.judged:,}, conversations: {report.conversations:,}, not judged: {left:,}"
    )
    yield Table(("What", "Flows"), _totals(report), numbers=1)
    for kind in KINDS:
        changes = report.changes(kind)
        if changes:
            yield from _part(kind, changes, options.top)
    if report.further:
        yield f"  flows of further groups, which are not told apart: {report.further:,}"
    rows = list(_windows(report))
    if len(rows) > 1:
        yield Heading(f"By {options.window}")
        yield Table((options.window.capitalize(), "Denied", "Pass", "Not known"), rows, numbers=3)
    if report.unjudged:
        yield Heading("Not judged")
        yield Table(("Why", "Flows"), [(why, f"{n:,}") for why, n in most_first(report.unjudged)], numbers=1)


def _totals(report: ReplayReport) -> Iterator[tuple[str, str]]:
    yield "stay as they are", f"{report.same:,}"
    for kind in KINDS:
        title = _TITLES[kind]
        yield title[0].lower() + title[1:], f"{report.changed[kind]:,}"


def _part(kind: Kind, changes: list[FlowChange], top: int) -> Iterator[Block]:
    yield Heading(_TITLES[kind], bad=kind == "denied")
    shown = changes[:top]
    # What policies do today tells rows apart that are alike otherwise.
    apart = len({change.group.was for change in shown}) > 1
    columns = ("From", "To", "Port", "Decided in", *(("Today",) if apart else ()), "Flows")
    yield Table(columns, (_row(change, apart) for change in shown), numbers=1)
    for change in shown:
        yield from _explained(change, apart)
    if len(changes) > top:
        rest = sum(change.records for change in changes[top:])
        yield f"  further groups: {len(changes) - top:,}, their flows: {rest:,}; --top shows more, --json all"


def _row(change: FlowChange, apart: bool) -> tuple[str, ...]:
    group = change.group
    return (
        group.source,
        group.destination,
        f"{group.protocol} {group.port}",
        group.direction,
        *((_TODAY[group.was],) if apart else ()),
        f"{change.records:,}",
    )


def _explained(change: FlowChange, apart: bool) -> Iterator[str]:
    group = change.group
    yield f"{group.source} -> {group.destination} {group.protocol} {group.port}"
    yield f"  {'missing' if group.kind == 'unknown' else 'because'}: {group.reason}"
    yield from (f"  by {place}" for place in group.deciding)
    if group.was == "audited":
        yield "  audit mode let it pass"
    elif apart:
        yield f"  today it {_TODAY[group.was]}"
    yield from (f"  seen {example}" for example in change.examples)


def _windows(report: ReplayReport) -> Iterable[tuple[str, ...]]:
    for window in sorted(report.windows):
        counts = report.windows[window]
        yield window or "time unknown", *(f"{counts[kind]:,}" for kind in KINDS)
