"""Passes until all is well: as many in a row as asked for, or until the time is over."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from cdk_eks_cilium.cli.output import tell
from cdk_eks_cilium.doctor.readers.unreachable import UnreachableError
from cdk_eks_cilium.doctor.reports import Report, exit_status

DEFAULT_TIMEOUT: Final = 600
PAUSE: Final = 10.0
"""Seconds between the end of a pass and the next."""
_NAMED: Final = 5


def wait(
    examined: Callable[[], Report],
    *,
    timeout: float,
    count: int,
    pause: float = PAUSE,
    told: Callable[[str], None] = tell,
) -> Report:
    """Examine until *count* passes in a row are good, or *timeout* seconds are over; the last pass.

    Args:
        examined: Makes a pass.
        timeout: Seconds after which no other pass begins.
        count: How many good passes in a row.
        pause: Seconds between passes.
        told: Gets a line after each pass that is not the last.

    Raises:
        UnreachableError: The cluster cannot be reached until the end.
    """
    end = time.monotonic() + timeout
    good = 0
    while True:
        unreachable: UnreachableError | None = None
        report: Report | None = None
        try:
            report = examined()
            good = good + 1 if exit_status(report.diagnosis, report.fail_on) == 0 else 0
        except UnreachableError as error:
            unreachable, good = error, 0
        if report is not None and good == count:
            return report
        if time.monotonic() + pause > end:
            told(f"gave up after {timeout:.0f} seconds")
            if report is None:
                raise unreachable or UnreachableError("it was not examined")
            return report
        told(f"waiting for the cluster: {unreachable}" if report is None else _waiting(report, good, count))
        time.sleep(pause)


def _waiting(report: Report, good: int, count: int) -> str:
    if good:
        return f"good, {good} of {count} in a row"
    bad = [
        f"{result.check.id} ({result.verdict})"
        for result in report.diagnosis.results
        if result.verdict.is_finding or result.unknown
    ]
    more = f" and {len(bad) - _NAMED} more" if len(bad) > _NAMED else ""
    return f"waiting for {', '.join(bad[:_NAMED])}{more}"
