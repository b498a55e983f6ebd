"""The operator's role, used by itself."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cdk_eks_cilium import OperatorRole
from tests.small_apps import Synthesized, imported_cluster, known_vpc, new_stack

STATEMENTS: list[dict[str, Any]] = [
    {"Sid": "Look", "Effect": "Allow", "Action": ["ec2:DescribeSubnets"], "Resource": "*"},
    {
        "Sid": "Own",
        "Effect": "Allow",
        "Action": ["ec2:DeleteNetworkInterface"],
        "Resource": ["arn:aws:ec2:eu-west-1:123456789012:network-interface/*"],
        "Condition": {"StringEquals": {"aws:ResourceTag/io.cilium/cluster-name": "old"}},
    },
]


@pytest.fixture(scope="module")
def made() -> Synthesized:
    stack = new_stack()
    OperatorRole(stack, "Operator", cluster=imported_cluster(stack, known_vpc(stack)), statements=STATEMENTS)
    return Synthesized(stack)


def test_an_imported_clusters_issuer_is_the_one_of_its_provider(made: Synthesized) -> None:
    _, role = made.only("AWS::IAM::Role", "Operator")
    text, variables = role["AssumeRolePolicyDocument"]["Fn::Sub"]

    assert variables["Arn"] == (
        "arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABC"
    )
    assert variables["Issuer"] == "oidc.eks.eu-west-1.amazonaws.com/id/ABC"
    assert json.loads(text)["Version"] == "2012-10-17"


def test_the_policy_is_what_was_given_and_nothing_more(made: Synthesized) -> None:
    _, policy = made.only("AWS::IAM::Policy", "Operator")
    given = policy["PolicyDocument"]["Statement"]

    assert [statement["Sid"] for statement in given] == ["Look", "Own"]
    assert given[0]["Action"] == "ec2:DescribeSubnets"
    assert given[1]["Condition"] == STATEMENTS[1]["Condition"]
    assert policy["Roles"] == [{"Ref": made.only("AWS::IAM::Role", "Operator")[0]}]


def test_the_service_account_is_left_to_the_chart(made: Synthesized) -> None:
    assert not made.of_type("Custom::AWSCDK-EKS-KubernetesResource")
    assert not made.of_type("Custom::AWSCDKCfnJson")
