"""Why AWS did not answer, in words. The texts of errors are left out: they can hold secrets."""

from __future__ import annotations

from typing import Any, Final

from cdk_eks_cilium.doctor.engine.reader import UnreadError

_LOG_IN: Final = "AWS needs credentials: log in, or name a profile with --profile"
_STALE: Final = "the AWS credentials are no longer valid: log in again, such as with 'aws sso login'"
_STRANGE: Final = "AWS does not know these credentials: check them with 'aws sts get-caller-identity'"
_BUSY: Final = "AWS has too much to do: run it again in a minute"
_AWAY: Final = "AWS cannot be reached: check network, proxy and the name of the region"
_TRUST: Final = "AWS does not show a certificate that is trusted: name the proxy's CA in AWS_CA_BUNDLE"

# By error code, and by class name of botocore: names, because some versions lack some classes.
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html and
# https://docs.aws.amazon.com/eks/latest/APIReference/CommonErrors.html
_REASONS: Final = {
    "NoCredentialsError": _LOG_IN,
    "PartialCredentialsError": _LOG_IN,
    "NoRegionError": "AWS needs a region: name it with --region",
    "ProfileNotFound": "the AWS profile does not exist: correct --profile or AWS_PROFILE",
    "ConfigParseError": "the AWS configuration cannot be read: correct ~/.aws/config",
    "InvalidRegionError": "the region is not the name of one: correct --region",
    "ExpiredToken": _STALE,
    "ExpiredTokenException": _STALE,
    "RequestExpired": _STALE,
    "SSOError": _STALE,
    "LoginError": _STALE,
    "TokenRetrievalError": _STALE,
    "CredentialRetrievalError": _STALE,
    "AuthFailure": _STRANGE,
    "InvalidClientTokenId": _STRANGE,
    "UnrecognizedClientException": _STRANGE,
    "SignatureDoesNotMatch": _STRANGE,
    "OptInRequired": "the region is not enabled for the account",
    "Throttling": _BUSY,
    "ThrottlingException": _BUSY,
    "TooManyRequestsException": _BUSY,
    "RequestLimitExceeded": _BUSY,
    "SSLError": _TRUST,
    "ProxyConnectionError": "the proxy does not answer: correct HTTPS_PROXY",
    "ConnectionError": _AWAY,
    "HTTPClientError": _AWAY,
}
#: What is so for every call: the next one would take as long, and end in the same way.
_FOR_ALL: Final = frozenset({_LOG_IN, _STALE, _STRANGE, _AWAY, _TRUST})
_DENIED: Final = frozenset({"UnauthorizedOperation", "AccessDenied", "AccessDeniedException"})


class AwayError(UnreadError):
    """No call of AWS works, for a reason that stays."""


def unread(error: Exception, action: str) -> UnreadError:
    """The reason for an error of botocore.

    Args:
        error: The error.
        action: The action of IAM that the call needed, such as ``ec2:DescribeSubnets``.
    """
    response: Any = getattr(error, "response", None)
    if isinstance(response, dict):
        code = str((response.get("Error") or {}).get("Code") or "")
        if code in _DENIED:
            hint = "'cdk-eks-cilium doctor role --aws' prints the policy that allows it"
            return UnreadError(f"not allowed to call {action}: {hint}")
        if code == "ResourceNotFoundException":
            return UnreadError(f"{action} does not find it: correct --cluster and --region")
        return _error(_REASONS.get(code) or f"{action} answered with {code or 'an error'}")
    kinds = [kind.__name__ for kind in type(error).__mro__]
    reason = next((_REASONS[kind] for kind in kinds if kind in _REASONS), None)
    return _error(reason or f"{action} failed: {kinds[0]}")


def _error(reason: str) -> UnreadError:
    return AwayError(reason) if reason in _FOR_ALL else UnreadError(reason)
