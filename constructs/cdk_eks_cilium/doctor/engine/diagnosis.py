"""What came of all checks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from .check import Check
from .finding import Finding, Severity


class Verdict(StrEnum):
    """What came of a check."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"

    @property
    def is_finding(self) -> bool:
        """Whether something is wrong."""
        return self in (Verdict.WARNING, Verdict.ERROR)


@dataclass(frozen=True)
class Result:
    """What came of one check.

    Attributes:
        check: The check.
        verdict: The worst that it found.
        findings: What is wrong.
        detail: What was seen where all is well, or why the check was skipped.
        unknown: Why some or all of it could not be judged, also beside findings.
    """

    check: Check
    verdict: Verdict
    findings: tuple[Finding, ...] = ()
    detail: str = ""
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True)
class Diagnosis:
    """What came of all checks.

    Attributes:
        results: A result for each check, in the order of the checks.
        notes: What a reader must know, such as an ignored check that found nothing.
    """

    results: Sequence[Result]
    notes: tuple[str, ...] = ()

    def of(self, verdict: Verdict) -> list[Result]:
        """The results with a verdict."""
        return [result for result in self.results if result.verdict is verdict]

    def worst(self) -> Severity | None:
        """How bad the worst finding is; None where all is well."""
        found = {finding.severity for result in self.results for finding in result.findings}
        return next((severity for severity in Severity if severity in found), None)

    @property
    def has_unknown(self) -> bool:
        """Whether anything could not be judged."""
        return any(result.unknown for result in self.results)
