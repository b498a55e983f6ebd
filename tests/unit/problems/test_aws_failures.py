"""Why a call of AWS failed."""

from __future__ import annotations

from collections import Counter

import botocore.exceptions
import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ProxyConnectionError,
    ReadTimeoutError,
    SSLError,
)

from cdk_eks_cilium.problems.aws_failures import AwsFailure, code_of, failure_of

URL = "https://eks.eu-west-1.amazonaws.com"


def answered(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "secret"}}, "DescribeCluster")


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (answered("AccessDeniedException"), AwsFailure.DENIED),
        (answered("ExpiredToken"), AwsFailure.STALE_CREDENTIALS),
        (answered("Throttling"), AwsFailure.BUSY),
        (answered("InvalidSubnetID.NotFound"), None),
        (NoCredentialsError(), AwsFailure.NO_CREDENTIALS),
        (EndpointConnectionError(endpoint_url=URL), AwsFailure.UNREACHABLE),
        (ConnectTimeoutError(endpoint_url=URL), AwsFailure.UNREACHABLE),
        (ReadTimeoutError(endpoint_url=URL), AwsFailure.UNREACHABLE),
        (SSLError(endpoint_url=URL, error="secret"), AwsFailure.UNTRUSTED),
        (ProxyConnectionError(proxy_url=URL), AwsFailure.PROXY),
        (FileNotFoundError("secret"), AwsFailure.INVALID_ENVIRONMENT),
        (KeyError("secret"), None),
    ],
    ids=lambda each: getattr(each, "name", None) or type(each).__name__,
)
def test_an_answer_is_known_by_its_code_and_any_other_error_by_its_class(
    error: Exception, failure: AwsFailure | None
) -> None:
    assert failure_of(error) is failure


def test_only_an_answer_has_a_code() -> None:
    assert code_of(answered("Throttling")) == "Throttling"
    assert code_of(ClientError({}, "DescribeCluster")) == ""
    assert code_of(NoCredentialsError()) is None


def test_no_name_stands_for_two_failures() -> None:
    assert [
        name for name, count in Counter(n for f in AwsFailure for n in f.value).items() if count > 1
    ] == []


@pytest.mark.parametrize(
    "name",
    [
        name
        for failure in AwsFailure
        for name in failure.value
        if name.endswith("Error") and failure is not AwsFailure.INVALID_ENVIRONMENT
    ],
)
def test_a_name_of_a_class_is_one_of_botocore(name: str) -> None:
    assert issubclass(getattr(botocore.exceptions, name), Exception)
