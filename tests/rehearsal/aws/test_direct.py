from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from rehearsal.aws.account import Account
from rehearsal.aws.iam.gate import REASON
from rehearsal.aws.moto import Credentials
from tests.rehearsal.conftest import HERE


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    with Account(HERE) as account:
        yield account


def of_a_role(account: Account) -> Credentials:
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}}]}
    iam = account.client("iam")
    role = iam.create_role(RoleName="nobody", AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    return account.assume(role["Arn"], "session")


def by_network(account: Account, service: str, credentials: Credentials | None = None) -> Any:
    """A client like a function's, which sends its requests to the address of the rehearsal's AWS."""
    return boto3.client(
        service,
        region_name=HERE.region,
        endpoint_url=account.url,
        aws_access_key_id=credentials.access_key if credentials else "rehearsal",
        aws_secret_access_key=credentials.secret_key if credentials else "rehearsal",
        aws_session_token=credentials.session_token if credentials else None,
    )


# One service of each protocol: EC2's, query, JSON with a target, JSON with paths, and S3's.
@pytest.mark.parametrize(
    ("service", "operation", "arguments"),
    [
        ("ec2", "describe_vpcs", {"Filters": [{"Name": "is-default", "Values": ["true"]}]}),
        ("iam", "list_policies", {"Scope": "AWS", "PathPrefix": "/aws-service-role/"}),
        ("logs", "describe_log_groups", {"logGroupNamePrefix": "/aws/é ü"}),
        ("eks", "list_clusters", {"maxResults": 2}),
        ("s3", "list_buckets", {}),
    ],
)
def test_the_answer_is_that_of_the_server(
    account: Account, service: str, operation: str, arguments: dict[str, Any]
) -> None:
    answers = [
        getattr(client, operation)(**arguments)
        for client in (account.client(service), by_network(account, service))
    ]
    for answer in answers:
        assert answer.pop("ResponseMetadata")["HTTPStatusCode"] == 200
    assert answers[0] == answers[1]


def test_names_in_paths_and_bodies_arrive_as_they_are(account: Account) -> None:
    bucket, key, body = "files", "a b/ü?x=1&y#z%2F.txt", bytes(range(256))
    account.client("s3").create_bucket(
        Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": HERE.region}
    )
    account.client("s3").put_object(Bucket=bucket, Key=key, Body=body)

    for client in (account.client("s3"), by_network(account, "s3")):
        assert client.get_object(Bucket=bucket, Key=key)["Body"].read() == body


@pytest.mark.parametrize(
    ("service", "operation", "arguments", "code"),
    [
        ("ec2", "describe_vpcs", {"VpcIds": ["vpc-0123456789abcdef0"]}, "InvalidVpcID.NotFound"),
        ("eks", "describe_cluster", {"name": "none"}, "ResourceNotFoundException"),
    ],
)
def test_an_error_is_that_of_the_server(
    account: Account, service: str, operation: str, arguments: dict[str, Any], code: str
) -> None:
    errors = []
    for client in (account.client(service), by_network(account, service)):
        with pytest.raises(ClientError) as caught:
            getattr(client, operation)(**arguments)
        errors.append(caught.value.response["Error"])
    assert errors[0] == errors[1]
    assert errors[0]["Code"] == code


def test_iam_judges_a_role_as_it_does_at_the_server(account: Account) -> None:
    role = of_a_role(account)
    denials = []
    for client in (account.client("ec2", role), by_network(account, "ec2", role)):
        with pytest.raises(ClientError, match="UnauthorizedOperation") as caught:
            client.describe_vpcs()
        denials.append(caught.value.response["ResponseMetadata"]["HTTPHeaders"][REASON])
    assert denials[0] == denials[1]
    assert "nobody" in denials[0]
