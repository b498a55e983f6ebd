"""What VPC endpoints let through: the account's own principals, and requests without a principal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk_eks_cilium.addressing.endpoint_services import SERVICES_WITH_POLICIES


# belief: EC2-endpoint-policy-support
def interface_statements(service: str, accounts: Sequence[str]) -> list[iam.PolicyStatement]:
    """The policy of an interface endpoint; empty where it stays AWS's own, which lets everything through."""
    if service not in SERVICES_WITH_POLICIES:
        return []
    own = _allow("OwnPrincipals", ["*"], ["*"], {"StringEquals": {"aws:PrincipalAccount": list(accounts)}})
    if service != "sts":
        return [own]
    # belief: IAM-web-identity-has-no-principal
    # A caller that exchanges a token for credentials is not a principal yet: the request lacks the keys of a
    # principal, and a condition on them keeps every pod from its role (IRSA).
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sts_vpc_endpoint_policies.html
    return [own, _allow("TokensOfPods", ["sts:AssumeRoleWithWebIdentity"], ["*"])]


# belief: AWS-service-buckets
def storage_statements(scope: Construct, accounts: Sequence[str]) -> list[iam.PolicyStatement]:
    """The policy of S3's gateway endpoint: own principals in own buckets, and buckets of AWS by name."""
    stack = cdk.Stack.of(scope)
    region = stack.region
    dashless = cdk.Fn.join("", cdk.Fn.split("-", region))

    def objects(bucket: str) -> str:
        return f"arn:{stack.partition}:s3:::{bucket}/*"

    return [
        _allow(
            "OwnPrincipalsInOwnBuckets",
            ["s3:*"],
            ["*"],
            {
                "StringEquals": {
                    "aws:PrincipalAccount": list(accounts),
                    "aws:ResourceAccount": list(accounts),
                }
            },
        ),
        # ECR signs the addresses of layers with an account of its own.
        # https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html
        _allow("LayersOfImages", ["s3:GetObject"], [objects(f"prod-{region}-starport-layer-bucket")]),
        # Custom resources answer to signed addresses in buckets of AWS.
        # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/vpc-interface-endpoints.html
        _allow(
            "AnswersOfCustomResources",
            ["s3:PutObject"],
            [objects(f"cloudformation-custom-resource-response-{dashless}")],
        ),
        # The same and similar requests, in case a region names its bucket differently.
        _allow("AwsServices", ["s3:*"], ["*"], {"Bool": {"aws:PrincipalIsAWSService": "true"}}),
        # Nodes fetch packages of Amazon Linux 2023 without credentials.
        # https://github.com/aws-samples/data-perimeter-policy-examples/blob/main/service_owned_resources.md
        _allow("PackagesOfAmazonLinux", ["s3:GetObject"], [objects(f"al2023-repos-{region}-de612dc2")]),
    ]


def table_statement(accounts: Sequence[str]) -> iam.PolicyStatement:
    """The policy of DynamoDB's gateway endpoint: own principals and own tables.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/vpc-endpoints-dynamodb.html
    """
    return _allow(
        "OwnPrincipalsInOwnTables",
        ["dynamodb:*"],
        ["*"],
        {"StringEquals": {"aws:PrincipalAccount": list(accounts), "aws:ResourceAccount": list(accounts)}},
    )


def _allow(
    sid: str, actions: list[str], resources: list[str], conditions: Mapping[str, Any] | None = None
) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        sid=sid,
        # Gateway endpoints take only this principal; conditions name the accounts.
        principals=[iam.StarPrincipal()],
        actions=actions,
        resources=resources,
        conditions=conditions,
    )
