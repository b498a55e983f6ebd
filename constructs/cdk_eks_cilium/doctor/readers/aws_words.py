"""Why AWS did not answer, in words. The texts of errors are left out: they can hold secrets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cdk_eks_cilium.doctor.engine.reader import UnreadError
from cdk_eks_cilium.problems.aws_failures import AwsFailure, code_of, failure_of

DOCTOR_ROLE: Final = "cdk-eks-cilium doctor role --aws"
"""The command that prints the rights of the doctor."""
_WORDS: Final[Mapping[AwsFailure, str]] = {
    AwsFailure.NO_CREDENTIALS: "AWS needs credentials: log in, or name a profile with --profile",
    AwsFailure.NO_REGION: "AWS needs a region: name it with --region",
    AwsFailure.NO_PROFILE: "the AWS profile does not exist: correct --profile or AWS_PROFILE",
    AwsFailure.INVALID_CONFIGURATION: "the AWS configuration cannot be read: correct ~/.aws/config",
    AwsFailure.INVALID_REGION: "the region is not the name of one: correct --region",
    AwsFailure.STALE_CREDENTIALS: "the AWS credentials are no longer valid: log in again, such as with "
    "'aws sso login'",
    AwsFailure.UNKNOWN_CREDENTIALS: "AWS does not know these credentials: check them with "
    "'aws sts get-caller-identity'",
    AwsFailure.REGION_DISABLED: "the region is not enabled for the account",
    AwsFailure.BUSY: "AWS has too much to do: run it again in a minute",
    AwsFailure.UNTRUSTED: "AWS does not show a certificate that is trusted: name the proxy's CA in "
    "AWS_CA_BUNDLE",
    AwsFailure.PROXY: "the proxy does not answer: correct HTTPS_PROXY",
    AwsFailure.UNREACHABLE: "AWS cannot be reached: check network, proxy and the name of the region",
}
#: What is so for every call: the next one would take as long, and end in the same way.
_FOR_ALL: Final = frozenset(
    {
        AwsFailure.NO_CREDENTIALS,
        AwsFailure.STALE_CREDENTIALS,
        AwsFailure.UNKNOWN_CREDENTIALS,
        AwsFailure.UNREACHABLE,
        AwsFailure.UNTRUSTED,
    }
)


class AwayError(UnreadError):
    """No call of AWS works, for a reason that stays."""


def unread(error: Exception, action: str, role: str = DOCTOR_ROLE) -> UnreadError:
    """The reason for an error of botocore.

    Args:
        error: The error.
        action: The action of IAM that the call needed, such as ``ec2:DescribeSubnets``.
        role: The command that prints the rights.
    """
    code, failure = code_of(error), failure_of(error)
    if code is not None and failure is AwsFailure.DENIED:
        return UnreadError(f"not allowed to call {action}: '{role}' prints the policy that allows it")
    if code == "ResourceNotFoundException":
        return UnreadError(f"{action} does not find it: correct --cluster and --region")
    if failure is not None and (words := _WORDS.get(failure)):
        return AwayError(words) if failure in _FOR_ALL else UnreadError(words)
    if code is not None:
        return UnreadError(f"{action} answered with {code or 'an error'}")
    return UnreadError(f"{action} failed: {type(error).__name__}")
