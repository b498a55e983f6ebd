"""The command itself: chooses checks and sources, examines once or until all is well, and reports."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

from cdk_eks_cilium.cli.answer import STOPPED, Answer, UsageError
from cdk_eks_cilium.cli.examining.answering import answer, listed
from cdk_eks_cilium.cli.examining.choosing import chosen
from cdk_eks_cilium.cli.examining.options import declare_checks, declare_output, positive
from cdk_eks_cilium.cli.examining.progress import Progress
from cdk_eks_cilium.cli.settings_option import add_settings, named_settings
from cdk_eks_cilium.doctor.checks import CATEGORIES, all_checks
from cdk_eks_cilium.doctor.engine.check import Check
from cdk_eks_cilium.doctor.engine.examine import examine, look
from cdk_eks_cilium.doctor.engine.finding import Severity
from cdk_eks_cilium.doctor.engine.plan import NOTHING, Plan
from cdk_eks_cilium.doctor.readers.unreachable import UnreachableError
from cdk_eks_cilium.doctor.reports import Report, exit_status
from cdk_eks_cilium.problems.cycles import without_collections

from .sources import Opened, declare_aws, declare_source, opening
from .waiting import DEFAULT_TIMEOUT, wait

_PLAN: Final = "the settings of the cluster, to compare it with (by default nothing is compared)"


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    declare_source(parser)
    add_settings(parser, _PLAN)
    declare_aws(parser)
    declare_checks(parser)
    declare_output(parser)
    _declare_waiting(parser)


def _declare_waiting(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--wait", action="store_true", help="examine again and again until all is well")
    parser.add_argument(
        "--timeout",
        type=positive,
        metavar="SECONDS",
        help=f"with --wait: how long at most (default: {DEFAULT_TIMEOUT})",
    )
    parser.add_argument(
        "--count",
        type=positive,
        metavar="N",
        help="with --wait: passes in a row that must be good (default: 1)",
    )


def run(options: argparse.Namespace) -> Answer:
    """Say what is right and wrong with a live cluster, or with a dump.

    It only reads; `doctor role` prints the rights that it needs. The exit status is 0 where all is well, 1
    for findings, 3 if the cluster cannot be reached or does not know the caller, and 4 if nothing is wrong
    but something could not be judged.
    """
    checks = chosen(all_checks(), options.only, options.skip)
    if options.list:
        return listed(checks, options, CATEGORIES)
    if not options.wait and (options.timeout or options.count):
        raise UsageError("--timeout and --count go with --wait")
    if options.wait and options.folder:
        raise UsageError("--wait goes with a live cluster: a dump stays as it is")
    plan = _plan(options)
    readings = (reading for check in checks for reading in check.reads)
    subject, opened = opening(options, plan, readings)
    try:
        if options.wait:
            report = wait(
                lambda: _examined(checks, opened, plan, options),
                timeout=options.timeout or DEFAULT_TIMEOUT,
                count=options.count or 1,
            )
        else:
            report = _examined(checks, opened, plan, options)
    except UnreachableError as error:
        return Answer(code=STOPPED, notes=[f"{subject}: {error}"])
    return answer(report, exit_status(report.diagnosis, report.fail_on), options)


def _examined(
    checks: Sequence[Check], opened: Callable[[], Opened], plan: Plan, options: argparse.Namespace
) -> Report:
    """One pass.

    Raises:
        UnreachableError: The source cannot be reached at all.
    """
    with Progress(checks) as progress, without_collections():
        source = opened()
        seen = look(checks, source.reader, plan, progress.heard)
        seen.now = source.taken or seen.now
        diagnosis = examine(checks, seen, options.ignore, source.untold)
    return Report(
        diagnosis,
        source.subject,
        plan.source,
        datetime.now(UTC),
        CATEGORIES,
        Severity(options.fail_on),
        source.notes(),
    )


def _plan(options: argparse.Namespace) -> Plan:
    settings = named_settings(options, must_fit=False)
    if settings is None:
        return NOTHING
    # Settings take a while to load, with all that they know of charts and instances.
    from cdk_eks_cilium.doctor.planning.from_settings import plan_of

    return plan_of(settings, str(options.settings))
