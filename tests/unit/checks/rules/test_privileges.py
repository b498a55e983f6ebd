"""Rules about what roles may do."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.checks.rules.good_template import (
    Template,
    allow,
    policies,
    reported,
    with_association,
    with_operator,
    with_removal,
)


def test_cec005_a_node_role_that_cannot_join(template: Template) -> None:
    policies(template, "AmazonEKSWorkerNodeMinimalPolicy", "AmazonEC2ContainerRegistryPullOnly")

    assert reported(template) == [
        (
            "CEC005",
            "Nodes",
            "node role Role lacks AmazonEKSWorkerNodePolicy: "
            "its nodes cannot describe instances and never join",
        )
    ]


def test_cec005_a_node_role_that_cannot_pull(template: Template) -> None:
    policies(template, "AmazonEKSWorkerNodePolicy")

    assert reported(template) == [
        ("CEC005", "Nodes", "node role Role cannot pull images from ECR, where EKS keeps its own")
    ]


def test_cec005_a_node_role_with_the_rights_of_a_cni(template: Template) -> None:
    policies(
        template, "AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryReadOnly", "AmazonEKS_CNI_Policy"
    )

    assert reported(template) == [
        (
            "CEC005",
            "Nodes",
            "node role Role holds AmazonEKS_CNI_Policy, "
            "which lets every pod on the host network rewire the VPC",
        )
    ]


def test_cec005_cannot_judge_a_role_of_elsewhere(template: Template) -> None:
    template["Resources"]["Nodes"]["Properties"]["NodeRole"] = "arn:aws:iam::123456789012:role/nodes"

    assert reported(template) == []


OWN = {"StringEquals": {"aws:ResourceTag/io.cilium/cluster-name": "demo"}}


@pytest.mark.parametrize(
    ("action", "named"),
    [
        ("ec2:*", "ec2:*"),
        ("*", "*"),
        (["ec2:DescribeVpcs", "ec2:DeleteNetworkInterface"], "ec2:DeleteNetworkInterface"),
    ],
)
def test_cec010_an_operator_that_may_change_what_is_not_its_own(
    template: Template, action: Any, named: str
) -> None:
    with_operator(template, allow(action))

    assert reported(template) == [
        ("CEC010", "Policy", f"cilium-operator may do {named} to everything in the account")
    ]


@pytest.mark.parametrize(
    "statement",
    [
        allow(["ec2:DescribeVpcs", "ec2:GetSecurityGroupsForVpc"]),
        allow("ec2:DeleteNetworkInterface", Condition=OWN),
        allow("ec2:CreateNetworkInterface", "arn:aws:ec2:r:1:subnet/subnet-1"),
        {**allow("ec2:*"), "Effect": "Deny"},
    ],
)
def test_cec010_looking_a_condition_and_a_resource_are_fine(
    template: Template, statement: dict[str, Any]
) -> None:
    with_operator(template, statement)

    assert reported(template) == []


def test_cec010_leaves_the_roles_of_others_alone(template: Template) -> None:
    with_operator(template, allow("ec2:*"))
    template["Resources"]["Release"]["Properties"]["Values"] = "{}"

    assert reported(template) == []


def test_cec010_finds_a_role_by_its_pod_identity(template: Template) -> None:
    with_operator(template, allow("ec2:*"))
    template["Resources"]["Release"]["Properties"]["Values"] = "{}"
    with_association(template)

    assert [rule for rule, *_ in reported(template)] == ["CEC010"]


def test_cec011_a_removal_with_rights_in_aws(template: Template) -> None:
    with_removal(template, allow(["eks:DeleteAddon", "eks:DescribeAddon"]))

    assert reported(template) == [
        (
            "CEC011",
            "HandlerRole",
            "the removal of aws-node may do eks:DeleteAddon to everything in the account",
        )
    ]


def test_cec011_a_removal_with_another_managed_policy(template: Template) -> None:
    with_removal(template, managed="AmazonEC2FullAccess")

    assert reported(template) == [
        (
            "CEC011",
            "HandlerRole",
            "the removal of aws-node holds a managed policy that a function does not need",
        )
    ]


def test_cec011_one_named_resource_is_fine(template: Template) -> None:
    with_removal(template, allow("eks:DeleteAddon", "arn:aws:eks:r:1:addon/demo/vpc-cni/*"))

    assert reported(template) == []
