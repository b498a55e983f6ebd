"""The command itself: chooses checks and sources, examines once or until all is well, and reports."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from cdk_eks_cilium.cli.answer import GOOD, STOPPED, Answer, Target, UsageError
from cdk_eks_cilium.cli.settings_option import add_settings, named_settings
from cdk_eks_cilium.doctor.checks import CATEGORIES, all_checks
from cdk_eks_cilium.doctor.engine.check import Check
from cdk_eks_cilium.doctor.engine.examine import examine, look
from cdk_eks_cilium.doctor.engine.finding import Severity
from cdk_eks_cilium.doctor.engine.ignoring import Ignored, parse_ignored
from cdk_eks_cilium.doctor.engine.plan import NOTHING, Plan
from cdk_eks_cilium.doctor.readers.unreachable import UnreachableError
from cdk_eks_cilium.doctor.reports import FORMATS, Report, exit_status, summary
from cdk_eks_cilium.doctor.reports.text import lines

from .choosing import chosen
from .progress import Progress
from .sources import Opened, declare_aws, declare_source, opening
from .waiting import DEFAULT_TIMEOUT, wait

_PLAN: Final = "the settings of the cluster, to compare it with (by default nothing is compared)"


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    declare_source(parser)
    add_settings(parser, _PLAN)
    declare_aws(parser)
    _declare_checks(parser)
    _declare_output(parser)
    _declare_waiting(parser)


def _declare_checks(parser: argparse.ArgumentParser) -> None:
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


def _declare_output(parser: argparse.ArgumentParser) -> None:
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


def _declare_waiting(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--wait", action="store_true", help="examine again and again until all is well")
    parser.add_argument(
        "--timeout",
        type=_positive,
        metavar="SECONDS",
        help=f"with --wait: how long at most (default: {DEFAULT_TIMEOUT})",
    )
    parser.add_argument(
        "--count",
        type=_positive,
        metavar="N",
        help="with --wait: passes in a row that must be good (default: 1)",
    )


def _ignored(text: str) -> Ignored:
    try:
        return parse_ignored(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a number from 1 on, got {text!r}")
    return int(text)


def run(options: argparse.Namespace) -> Answer:
    """Say what is right and wrong with a live cluster, or with a dump.

    It only reads; `doctor role` prints the rights that it needs. The exit status is 0 where all is well, 1
    for findings, 3 if the cluster cannot be reached or does not know the caller, and 4 if nothing is wrong
    but something could not be judged.
    """
    checks = chosen(all_checks(), options.only, options.skip)
    if options.list:
        return _listed(checks, options)
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
    return _answer(report, exit_status(report.diagnosis, report.fail_on), options)


def _examined(
    checks: Sequence[Check], opened: Callable[[], Opened], plan: Plan, options: argparse.Namespace
) -> Report:
    """One pass.

    Raises:
        UnreachableError: The source cannot be reached at all.
    """
    with Progress(checks) as progress, _without_collections():
        source = opened()
        seen = look(checks, source.reader, plan, progress.heard)
        seen.now = source.taken or seen.now
        diagnosis = examine(checks, seen, options.ignore)
    return Report(
        diagnosis,
        source.subject,
        plan.source,
        datetime.now(UTC),
        CATEGORIES,
        Severity(options.fail_on),
        source.notes(),
    )


@contextmanager
def _without_collections() -> Iterator[None]:
    """Let Python search for no cycles: JSON is free of them, and in 30,000 pods the search takes seconds."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _plan(options: argparse.Namespace) -> Plan:
    settings = named_settings(options, must_fit=False)
    if settings is None:
        return NOTHING
    # Settings take a while to load, with all that they know of charts and instances.
    from cdk_eks_cilium.doctor.planning.from_settings import plan_of

    return plan_of(settings, str(options.settings))


def _answer(report: Report, code: int, options: argparse.Namespace) -> Answer:
    if options.format == "text" and options.output is None:
        shown = lines(report, plain=not _can_show("✓✗"), colour=_can_show_colours())
        return Answer(shown=shown, code=code)
    target = Target("--output", options.output) if options.output else None
    # People who do not see the text see its last line.
    return Answer(None, [FORMATS[options.format](report)], code, [summary(report)], target)


def _can_show(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except (LookupError, UnicodeEncodeError):
        return False
    return True


def _can_show_colours() -> bool:
    """Whether standard output is a terminal with colours; https://no-color.org turns them off."""
    wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return wanted and sys.stdout.isatty()


def _listed(checks: Iterable[Check], options: argparse.Namespace) -> Answer:
    if options.format == "json":
        import json

        return Answer(shown=[json.dumps([_as_data(each) for each in checks], indent=2) + "\n"], code=GOOD)
    return Answer(shown=_list_lines(checks), code=GOOD)


def _as_data(check: Check) -> dict[str, Any]:
    return {
        "id": check.id,
        "category": check.category,
        "title": check.title,
        "symptom": check.symptom,
        "reads": [str(each) for each in check.reads],
        "answers": list(check.answers),
        "gate": check.gate,
        "links": list(check.links),
    }


def _list_lines(checks: Iterable[Check]) -> Iterator[str]:
    category = ""
    for check in checks:
        if check.category != category:
            category = check.category
            yield f"{CATEGORIES[category]} ({category})"
        yield f"  {check.id}: {check.title}"
        yield f"      reads {', '.join(map(str, check.reads))}"
