"""The failure of an operation on a stack."""

# no belief: how failures are written

from __future__ import annotations

from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from rehearsal.aws.handler import ResourceError
from rehearsal.cloudformation.intrinsics import TemplateError

UNCHANGED: Final = "UNCHANGED"
"""Not a status of CloudFormation's: the call is refused, and nothing of the stack changes."""


class StackError(Exception):
    """An operation on a stack failed; `reasons` has the failed resources by logical id."""

    def __init__(self, stack: str, status: str, reasons: dict[str, str]) -> None:
        super().__init__(f"{stack}: {status}: " + "; ".join(f"{k}: {v}" for k, v in reasons.items()))
        self.stack = stack
        self.status = status
        self.reasons = reasons


def reason_of(error: BaseException) -> str:
    """The status reason of a failure: one line for AWS errors, the text for others."""
    if isinstance(error, ResourceError):
        return error.reason
    if isinstance(error, ClientError | BotoCoreError | TemplateError):
        return str(error)
    return f"{type(error).__name__}: {error}"


def first(failures: dict[str, str]) -> str:
    """The first failure, as one line."""
    name, reason = next(iter(failures.items()))
    return f"{name}: {reason}"
