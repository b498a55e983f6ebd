"""Rules about access entries."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.checks.rules.good_template import (
    Template,
    allow,
    fixes,
    reported,
    with_operator,
    with_removal,
)

PREFIX = ":eks::aws:cluster-access-policy/"


def entry(template: Template, principal: Any, *policies: str, **more: Any) -> None:
    template["Resources"]["Entry"] = {
        "Type": "AWS::EKS::AccessEntry",
        "Properties": {
            "ClusterName": {"Ref": "Cluster"},
            "PrincipalArn": principal,
            "AccessPolicies": [
                {
                    "AccessScope": {"Type": "cluster"},
                    "PolicyArn": {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, PREFIX + policy]]},
                }
                for policy in policies
            ],
            **more,
        },
    }


def role(name: str) -> dict[str, Any]:
    return {"Fn::GetAtt": [name, "Arn"]}


@pytest.mark.parametrize("policy", ["AmazonEKSClusterAdminPolicy", "AmazonEKSAdminPolicy"])
def test_cec018_nodes_that_administer_their_cluster(policy: str, template: Template) -> None:
    entry(template, role("Role"), policy)

    assert reported(template) == [
        (
            "CEC018",
            "Entry",
            f"it makes each node of Nodes an administrator of the cluster: role Role gets {policy}",
        )
    ]
    assert fixes(template) == [
        "take the access policy away; give the role a group that is bound to what it needs"
    ]


def test_cec018_an_operator_that_administers_its_cluster(template: Template) -> None:
    with_operator(template, allow("ec2:DescribeVpcs"))
    entry(template, role("Operator"), "AmazonEKSClusterAdminPolicy")

    assert reported(template) == [
        (
            "CEC018",
            "Entry",
            "it makes cilium-operator an administrator of the cluster: "
            "role Operator gets AmazonEKSClusterAdminPolicy",
        )
    ]


def test_cec018_a_removal_that_administers_the_cluster(template: Template) -> None:
    with_removal(template)
    entry(template, role("HandlerRole"), "AmazonEKSClusterAdminPolicy")

    assert reported(template) == [
        (
            "CEC018",
            "Entry",
            "it makes the removal of aws-node an administrator of the cluster: "
            "role HandlerRole gets AmazonEKSClusterAdminPolicy",
        )
    ]


def test_cec018_people_and_lesser_policies_are_fine(template: Template) -> None:
    entry(template, role("People"), "AmazonEKSClusterAdminPolicy")
    assert reported(template) == []

    entry(template, role("Role"), "AmazonEKSAdminViewPolicy")
    assert reported(template) == []

    entry(template, role("Role"))
    assert reported(template) == []


ROLE = "arn:aws:iam::111122223333:role/people"


def test_cec019_a_group_of_kubernetes_itself(template: Template) -> None:
    entry(template, ROLE, KubernetesGroups=["readers", "system:masters"])

    assert reported(template) == [
        (
            "CEC019",
            "Entry",
            "it puts its principal into group system:masters, and EKS refuses Kubernetes's own groups",
        )
    ]
    assert fixes(template) == [
        "use an access policy, such as AmazonEKSClusterAdminPolicy, or bind a group of your own"
    ]


@pytest.mark.parametrize(
    "principal",
    ["arn:aws:sts::111122223333:assumed-role/people/me", "arn:aws:iam::111122223333:role/*", "*"],
)
def test_cec019_a_session_or_a_pattern_for_a_principal(principal: str, template: Template) -> None:
    entry(template, principal)

    assert reported(template) == [
        (
            "CEC019",
            "Entry",
            f"its principal is {principal}, and EKS takes a role or a user, not a session or a pattern",
        )
    ]
    assert fixes(template) == ["name the role itself, in an entry for each"]


@pytest.mark.parametrize("kind", ["EC2_LINUX", "EC2_WINDOWS"])
def test_cec019_rights_of_its_own_for_the_entry_of_a_node(kind: str, template: Template) -> None:
    entry(template, ROLE, Type=kind, KubernetesGroups=["readers"])

    assert reported(template) == [
        (
            "CEC019",
            "Entry",
            f"it is of type {kind}, for which EKS takes no rights besides the rights of a node",
        )
    ]
    assert fixes(template) == ["leave KubernetesGroups and AccessPolicies out, or the type"]


def test_cec019_takes_what_eks_takes(template: Template) -> None:
    entry(template, ROLE, "AmazonEKSViewPolicy", KubernetesGroups=["readers"], Type="STANDARD")
    assert reported(template) == []

    entry(template, role("Role"), Type="EC2_LINUX")
    assert reported(template) == []
