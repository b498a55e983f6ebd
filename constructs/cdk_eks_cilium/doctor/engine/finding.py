"""What a check can say: something is wrong, fine, unknown, or does not apply."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    """It does not work, or will not work at the next step."""
    WARNING = "warning"
    """It works, and hurts."""


@dataclass(frozen=True)
class Evidence:
    """One observation.

    Attributes:
        object: The object, such as ``Node ip-10-0-1-7.ec2.internal`` or ``ec2 subnet-0a1b``.
        field: The path of the field, such as ``status.allocatable.pods``.
        seen: What is there.
        expected: What should be there.
    """

    object: str
    field: str
    seen: str
    expected: str = ""

    def __str__(self) -> str:
        wanted = f", expected {self.expected}" if self.expected else ""
        return f"{self.object}: {self.field} is {self.seen or 'missing'}{wanted}"


@dataclass(frozen=True)
class Finding:
    """Something is wrong.

    Attributes:
        severity: How bad it is.
        summary: What is wrong, in one sentence without a full stop.
        evidence: Every object that shows it. Reports show the first few.
        fix: What to do: commands, one a line. Comments begin with ``#``.
        fault: The known fault of the release that it is, if it is one.
    """

    severity: Severity
    summary: str
    evidence: tuple[Evidence, ...]
    fix: str
    fault: str = ""


@dataclass(frozen=True)
class Fine:
    """All is well; *detail* says what was seen, such as a number of nodes."""

    detail: str


@dataclass(frozen=True)
class Unknown:
    """A part could not be judged, for *reason*."""

    reason: str


@dataclass(frozen=True)
class Skip:
    """The check does not apply, for *reason*."""

    reason: str


Outcome = Finding | Fine | Unknown | Skip
"""What a check yields. A check that yields nothing found nothing wrong."""
