"""The ways a removal ends badly. Their text is what CloudFormation shows as the reason.

No message here or anywhere in this function carries a token, a header or a presigned URL.
"""

from __future__ import annotations


class RemovalError(Exception):
    """The DaemonSets are not known to be gone, or kept off every node."""


class PermanentError(RemovalError):
    """Asking again would get the same answer: somebody has to change something first."""


class DeadlineError(RemovalError):
    """The function's time ran out while asking again still made sense."""
