"""The ways a function ends badly. Their text is what CloudFormation shows as the reason.

No message here or anywhere in a function carries a token, a header or a presigned URL.
"""

from __future__ import annotations


class FunctionError(Exception):
    """What was asked for is not known to be done."""


class PermanentError(FunctionError):
    """Asking again would get the same answer: somebody has to change something first."""


class DeadlineError(FunctionError):
    """The function's time ran out while asking again still made sense."""
