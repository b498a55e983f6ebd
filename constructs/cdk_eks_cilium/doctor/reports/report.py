"""What every report tells: a diagnosis, of what, by which plan, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from cdk_eks_cilium.doctor.engine.check import Check
from cdk_eks_cilium.doctor.engine.diagnosis import Diagnosis, Verdict
from cdk_eks_cilium.doctor.engine.finding import Severity

GOOD: Final = 0
WRONG: Final = 1
NOT_KNOWN: Final = 4
"""The exit statuses of a diagnosis, which docs/doctor.md describes."""
PAGE: Final = "docs/doctor-checks.md"
"""Where each check has a section, with its id as the anchor."""
_PAGES: Final = {"preflight": "docs/preflight.md"}
"""The pages of categories that are on another."""


@dataclass(frozen=True)
class Report:
    """A diagnosis with what it is of.

    Attributes:
        diagnosis: What came of all checks.
        subject: What was examined, such as ``context prod`` or ``dump cilium-sysdump``.
        plan: What told how the cluster should be; empty if nothing did.
        at: When it was examined.
        titles: The titles of categories, in their order.
        fail_on: The mildest findings that are a failure.
        notes: Further notes, such as why AWS was not asked.
        tool: The command.
    """

    diagnosis: Diagnosis
    subject: str
    plan: str
    at: datetime
    titles: Mapping[str, str] = field(default_factory=dict)
    fail_on: Severity = Severity.ERROR
    notes: tuple[str, ...] = ()
    tool: str = "doctor"

    @property
    def all_notes(self) -> tuple[str, ...]:
        """The notes of the diagnosis and of the call."""
        return (*self.notes, *self.diagnosis.notes)


def exit_status(diagnosis: Diagnosis, fail_on: Severity = Severity.ERROR) -> int:
    """1 for findings that are a failure, else 4 where something could not be judged, else 0."""
    worst = diagnosis.worst()
    if worst is Severity.ERROR or (worst is Severity.WARNING and fail_on is Severity.WARNING):
        return WRONG
    return NOT_KNOWN if diagnosis.has_unknown else GOOD


_WORDS: Final = {
    Verdict.ERROR: ("error", "errors"),
    Verdict.WARNING: ("warning", "warnings"),
    Verdict.UNKNOWN: ("unknown", "unknown"),
    Verdict.OK: ("ok", "ok"),
    Verdict.SKIPPED: ("skipped", "skipped"),
}


def summary(report: Report) -> str:
    """One line: how many checks there were, and what came of them."""
    diagnosis = report.diagnosis
    counts = {verdict: len(diagnosis.of(verdict)) for verdict in _WORDS}
    parts = [f"{count} {_WORDS[verdict][count != 1]}" for verdict, count in counts.items() if count]
    number = len(diagnosis.results)
    checks = f"{number} check{'' if number == 1 else 's'}"
    told = ", ".join(parts) or "none ran"
    status = exit_status(diagnosis, report.fail_on)
    if status == WRONG:
        begin = "something is wrong"
    elif status == NOT_KNOWN:
        begin = "not everything is known"
    else:
        begin = "all is well" if diagnosis.worst() is None else "nothing fails"
    return f"{report.subject}: {begin}; {checks}: {told}"


def page_of(check: Check) -> str:
    """Where the documentation describes a check."""
    return f"{_PAGES.get(check.category, PAGE)}#{check.id}"
