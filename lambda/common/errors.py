"""The errors of a function. CloudFormation shows their text as the reason."""

from __future__ import annotations

from redaction import mask


class FunctionError(Exception):
    """The request is not known to be done. The text carries no token and no signed parameter."""

    def __init__(self, text: str) -> None:
        super().__init__(mask(text))


class PermanentError(FunctionError):
    """Another attempt would get the same answer: somebody must change something first."""


class DeadlineError(FunctionError):
    """The function's time, or its patience, ran out while another attempt might still have helped."""
