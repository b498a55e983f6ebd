"""The ways a sweep ends badly. Their text is what CloudFormation shows as the reason."""

from __future__ import annotations


class SweepError(Exception):
    """The cluster's network interfaces are not known to be gone."""


class PermanentError(SweepError):
    """Asking again would get the same answer: somebody has to change something first."""


class DeadlineError(SweepError):
    """The function's time, or its patience, ran out while something was still in the way."""
