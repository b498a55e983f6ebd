"""Why a call of AWS failed, by its kind alone: the texts of errors can hold secrets.

boto3 is not imported: an error is known by its code, and by the names of its classes.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, Final


class AwsFailure(Enum):
    """Why AWS, or the way to it, did not give what was asked for.

    The values are error codes that AWS answers with, and names of exceptions of botocore and Python: names,
    because some versions of botocore lack some classes. Their pages:
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html and
    https://docs.aws.amazon.com/eks/latest/APIReference/CommonErrors.html.
    """

    DENIED = ("UnauthorizedOperation", "AccessDenied", "AccessDeniedException")
    NO_CREDENTIALS = ("NoCredentialsError", "PartialCredentialsError")
    NO_PROFILE = ("ProfileNotFound",)
    NO_REGION = ("NoRegionError",)
    STALE_CREDENTIALS = (
        "ExpiredToken",
        "ExpiredTokenException",
        "RequestExpired",
        "SSOError",
        "LoginError",
        "TokenRetrievalError",
        "CredentialRetrievalError",
    )
    UNKNOWN_CREDENTIALS = (
        "AuthFailure",
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "SignatureDoesNotMatch",
    )
    REGION_DISABLED = ("OptInRequired",)
    INVALID_REGION = ("InvalidRegionError",)
    BUSY = ("Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded")
    UNTRUSTED = ("SSLError",)
    PROXY = ("ProxyConnectionError",)
    UNREACHABLE = ("ConnectionError", "HTTPClientError")
    INVALID_CONFIGURATION = ("ConfigParseError",)
    INVALID_ENVIRONMENT = ("OSError", "ValueError")
    """An endpoint that is not an address; a credential program that is missing or prints something else."""


_FAILURES: Final[Mapping[str, AwsFailure]] = {name: each for each in AwsFailure for name in each.value}


def code_of(error: Exception) -> str | None:
    """The code of an error that AWS answered with; None for other errors."""
    response: Any = getattr(error, "response", None)
    return str((response.get("Error") or {}).get("Code") or "") if isinstance(response, dict) else None


def failure_of(error: Exception) -> AwsFailure | None:
    """The kind of a failure; None for one of no known kind.

    An answer of AWS is known by its code, any other error by its nearest class that has a kind.
    """
    code = code_of(error)
    if code is not None:
        return _FAILURES.get(code)
    names = (kind.__name__ for kind in type(error).__mro__)
    return next((_FAILURES[name] for name in names if name in _FAILURES), None)
