"""EC2's facts of instance types, asked with the caller's own credentials.

boto3 is imported only for a question to EC2: it comes with the extra ``cli``, and nothing else needs it.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceTypes.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from cdk_eks_cilium.addressing import Row, rows_from_answer
from cdk_eks_cilium.problems import MISSING, Problem
from cdk_eks_cilium.problems.aws_failures import AwsFailure, code_of, failure_of

CONNECT_SECONDS: Final = 5
READ_SECONDS: Final = 20
ATTEMPTS: Final = 3
"""The most attempts of a call, when EC2 throttles, fails or hangs."""
_TYPES_PER_CALL: Final = 100
_OPERATION: Final = "DescribeInstanceTypes"

_RENEW: Final = "log in again, such as with 'aws sso login', and check that the clock is right"
_CHECK: Final = "check them with 'aws sts get-caller-identity', and that the account has the region enabled"
_WAY_ROUND: Final = "check network and proxy, or make the answer elsewhere and read it with --from-json"
_ALLOW: Final = ("must be allowed for these credentials", "allow the IAM action ec2:DescribeInstanceTypes")
_LOG_IN: Final = ("must be asked with credentials", "log in, or name a profile in AWS_PROFILE")
_STALE: Final = ("must be asked with credentials that are valid now", _RENEW)
_STRANGE: Final = ("must know these credentials", _CHECK)
_BUSY: Final = ("must have time to answer", "wait a minute and run it again")
_AWAY: Final = ("must be reachable", _WAY_ROUND)
_CONFIGURED: Final = (
    "must be asked with a configuration that can be used",
    "check AWS_ENDPOINT_URL_EC2, and what the profile names",
)
_OTHER: Final = ("must answer", "run it again, or make the answer elsewhere and read it with --from-json")

_REASONS: Final[Mapping[AwsFailure | None, tuple[str, str]]] = {
    AwsFailure.DENIED: _ALLOW,
    AwsFailure.NO_CREDENTIALS: _LOG_IN,
    AwsFailure.NO_PROFILE: ("must be asked with a profile that exists", "correct AWS_PROFILE"),
    AwsFailure.STALE_CREDENTIALS: _STALE,
    AwsFailure.UNKNOWN_CREDENTIALS: _STRANGE,
    AwsFailure.REGION_DISABLED: (
        "must be enabled for the account",
        "enable the region, or name another",
    ),
    AwsFailure.INVALID_REGION: ("must be the name of a region", "name one such as 'eu-west-1'"),
    AwsFailure.BUSY: _BUSY,
    AwsFailure.UNTRUSTED: (
        "must show a certificate that is trusted",
        "if a proxy opens TLS, name the file of its CA in AWS_CA_BUNDLE",
    ),
    AwsFailure.PROXY: ("must be reachable through the proxy", "correct HTTPS_PROXY"),
    AwsFailure.UNREACHABLE: _AWAY,
    AwsFailure.INVALID_CONFIGURATION: _CONFIGURED,
    AwsFailure.INVALID_ENVIRONMENT: _CONFIGURED,
}


class Ec2Error(Exception):
    """EC2 did not answer. The text is one line, *where: rule, got value; fix*, without secrets."""


def open_session(region: str | None) -> Any:
    """Return a boto3 session for a region, by default the region of the environment or the profile.

    Its ``region_name`` is None if nothing names a region.

    Raises:
        ImportError: If boto3 is not installed.
        Ec2Error: If the environment names a profile that does not exist.
    """
    import boto3
    from botocore.exceptions import BotoCoreError

    try:
        return boto3.session.Session(region_name=region)
    except BotoCoreError as error:
        raise Ec2Error(_problem("EC2", error)) from None


def ask(session: Any, names: Sequence[str] = ()) -> list[Row]:
    """Return the rows of the instance types that EC2 offers in the session's region.

    Args:
        names: The types to ask for. By default all.

    Raises:
        Ec2Error: If EC2 does not answer, or does not know a type.
        InputError: If the answer lacks what addressing needs.
    """
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    where = f"EC2 in {session.region_name}"
    try:
        found = [facts for page in _pages(session, names) for facts in page["InstanceTypes"]]
    except ClientError as error:
        raise Ec2Error(_client_problem(where, error, names)) from None
    except (BotoCoreError, ResponseParserError, OSError, ValueError) as error:
        # botocore also lets through the last two: see _REASONS.
        raise Ec2Error(_problem(where, error)) from None
    return rows_from_answer({"InstanceTypes": found}, where, "report it, with the version of boto3")


def _pages(session: Any, names: Sequence[str]) -> Iterator[Any]:
    from botocore.config import Config

    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
    )
    paginator = session.client("ec2", config=config).get_paginator("describe_instance_types")
    if not names:
        yield from paginator.paginate()
    for start in range(0, len(names), _TYPES_PER_CALL):
        yield from paginator.paginate(InstanceTypes=[*names[start : start + _TYPES_PER_CALL]])


def _client_problem(where: str, error: Any, names: Sequence[str]) -> str:
    code = code_of(error) or ""
    if error.operation_name != _OPERATION:
        # A call for the profile's credentials, such as AssumeRole.
        rule, fix = (
            "must give the profile its credentials",
            "check the profile with 'aws sts get-caller-identity'",
        )
        return str(Problem(error.operation_name, rule, code, fix, id="CEK7001"))
    if code.startswith(("InvalidInstanceType", "InvalidParameterValue")) and names:
        message = error.response["Error"].get("Message", "")
        blamed = ", ".join([name for name in names if name in message] or names)
        rule, fix = (
            f"must be an instance type that {where} offers",
            "check the spelling, or name another region",
        )
        return str(Problem("--type", rule, blamed, fix, id="CEK7002"))
    rule, fix = _REASONS.get(failure_of(error), _OTHER)
    return str(Problem(where, rule, code or MISSING, fix, id="CEK7003"))


def _problem(where: str, error: Exception) -> str:
    # Not the error's own text: it can hold what a credential process printed, or a proxy's password.
    rule, fix = _REASONS.get(failure_of(error), _OTHER)
    return str(Problem(where, rule, type(error).__name__, fix, id="CEK7004"))
