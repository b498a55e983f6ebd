"""Findings that somebody accepted, each with a reason and perhaps an end."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True)
class Ignored:
    """A check whose findings are accepted.

    Attributes:
        id: The id of the check.
        reason: Why.
        until: The last day; None for ever.
    """

    id: str
    reason: str
    until: dt.date | None = None

    def holds(self, today: dt.date) -> bool:
        """Whether the findings are still accepted."""
        return self.until is None or today <= self.until

    def __str__(self) -> str:
        end = f", until {self.until}" if self.until else ""
        return f"ignored: {self.reason}{end}"


def parse_ignored(text: str) -> Ignored:
    """Read ``ID=REASON`` or ``ID=REASON@YYYY-MM-DD``.

    Raises:
        ValueError: It has another form; the text says which part is wrong.
    """
    id_, equals, rest = text.partition("=")
    reason, at, day = rest.rpartition("@")
    if not at:
        reason = rest
    if not id_.strip() or not equals or not reason.strip():
        raise ValueError("must be ID=REASON or ID=REASON@YYYY-MM-DD")
    if not at:
        return Ignored(id_.strip(), reason.strip())
    try:
        until = dt.date.fromisoformat(day.strip())
    except ValueError:
        raise ValueError(f"must end with a day as YYYY-MM-DD after @, got {day.strip()!r}") from None
    return Ignored(id_.strip(), reason.strip(), until)
