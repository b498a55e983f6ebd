"""The operator's role, used by itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam

from cdk_eks_cilium import OperatorRole
from tests.small_apps import TEMPLATES_ONLY, Synthesized, imported_cluster, known_vpc, new_stack
from tests.stacks.conftest import flat

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


def test_a_role_that_others_make_has_its_whole_trust_in_the_report(tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path), context=TEMPLATES_ONLY, builtin_cloud_formation_validation=False)
    iam.Role.customize_roles(app, use_precreated_roles={"Stack/Operator/Resource": "cilium-operator"})
    stack = cdk.Stack(app, "Stack")
    cluster = imported_cluster(stack, known_vpc(stack))
    role = OperatorRole(stack, "Operator", cluster=cluster, statements=STATEMENTS)
    cdk.CfnOutput(stack, "Role", value=role.role_arn)
    template = Synthesized(stack)
    report = json.loads((tmp_path / "iam-policy-report.json").read_text())
    (described,) = (
        each for each in report["roles"] if each["roleConstructPath"] == "Stack/Operator/Resource"
    )
    (trust,) = described["assumeRolePolicy"]

    assert "Operator" not in "".join(template.of_type("AWS::IAM::Role"))
    assert flat(template.template["Outputs"]["Role"]["Value"]).endswith(":role/cilium-operator")
    assert trust["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert trust["Condition"]["StringEquals"] == {
        "ISSUER:aud": "sts.amazonaws.com",
        "ISSUER:sub": "system:serviceaccount:kube-system:cilium-operator",
    }
    assert [each["Sid"] for each in described["identityPolicyStatements"]] == ["Look", "Own"]


def test_a_report_beside_the_roles_changes_nothing(made: Synthesized) -> None:
    app = cdk.App(context=TEMPLATES_ONLY, builtin_cloud_formation_validation=False)
    iam.Role.customize_roles(app, prevent_synthesis=False)
    stack = cdk.Stack(app, "Stack")
    OperatorRole(stack, "Operator", cluster=imported_cluster(stack, known_vpc(stack)), statements=STATEMENTS)

    _, role = Synthesized(stack).only("AWS::IAM::Role", "Operator")
    assert role == made.only("AWS::IAM::Role", "Operator")[1]
