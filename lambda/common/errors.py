"""The ways a function ends badly. Their text is what CloudFormation shows as the reason."""

from __future__ import annotations

from redaction import mask


class FunctionError(Exception):
    """What was asked for is not known to be done. The text carries no token and no signed parameter."""

    def __init__(self, text: str) -> None:
        super().__init__(mask(text))


class PermanentError(FunctionError):
    """Asking again would get the same answer: somebody has to change something first."""


class DeadlineError(FunctionError):
    """The function's time, or its patience, ran out while asking again still made sense."""
