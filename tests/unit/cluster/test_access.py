"""Access entries for people."""

from __future__ import annotations

import pytest

from cdk_eks_cilium import AccessGrant, InputError
from cdk_eks_cilium.cluster.access import AdministratorRole, grant_access, kubeconfig_command
from tests.small_apps import Synthesized, known_vpc, new_stack, plain_cluster
from tests.stacks.conftest import flat

ENTRY = "AWS::EKS::AccessEntry"
ROLE = "arn:aws:iam::123456789012:role/one"


@pytest.mark.parametrize(
    ("policy", "name"),
    [
        ("cluster-admin", "AmazonEKSClusterAdminPolicy"),
        ("admin", "AmazonEKSAdminPolicy"),
        ("edit", "AmazonEKSEditPolicy"),
        ("view", "AmazonEKSViewPolicy"),
    ],
)
def test_each_policy_is_the_one_of_eks_with_that_name(policy: str, name: str) -> None:
    granted = AccessGrant(principal_arn=ROLE, policy=policy).access_policy()

    assert granted.policy.endswith(f":eks::aws:cluster-access-policy/{name}")
    assert granted.access_scope.namespaces is None


def test_another_policy_is_refused() -> None:
    with pytest.raises(InputError) as refused:
        AccessGrant(principal_arn=ROLE, policy="root")

    assert [str(problem) for problem in refused.value.problems] == [
        "access: policy: must be one of cluster-admin, admin, edit, view, got 'root'; "
        "choose the least that is enough"
    ]


def test_several_grants_of_one_principal_become_one_entry() -> None:
    stack = new_stack()
    grants = [
        AccessGrant(principal_arn=ROLE, policy="view"),
        AccessGrant(principal_arn=f"{ROLE}-else"),
        AccessGrant(principal_arn=ROLE, policy="edit", namespaces=("shop", "web")),
    ]
    entries = grant_access(stack, plain_cluster(stack, known_vpc(stack)), grants)
    made = Synthesized(stack)

    assert len({entry.node.id for entry in entries}) == len(entries) == 2
    _, first = made.only(ENTRY, entries[0].node.id.replace("-", ""))
    assert first["PrincipalArn"] == ROLE
    assert [flat(policy["PolicyArn"]).split("/")[-1] for policy in first["AccessPolicies"]] == [
        "AmazonEKSViewPolicy",
        "AmazonEKSEditPolicy",
    ]
    assert [policy["AccessScope"] for policy in first["AccessPolicies"]] == [
        {"Type": "cluster"},
        {"Type": "namespace", "Namespaces": ["shop", "web"]},
    ]


def test_administrators_may_describe_this_cluster_and_nothing_else_in_aws() -> None:
    stack = new_stack()
    role = AdministratorRole(stack, "People", cluster=plain_cluster(stack, known_vpc(stack)))
    made = Synthesized(stack)
    _, policy = made.only("AWS::IAM::Policy", "People")
    cluster, _ = made.only("AWS::EKS::Cluster")

    assert policy["PolicyDocument"]["Statement"] == [
        {
            "Action": "eks:DescribeCluster",
            "Effect": "Allow",
            "Resource": {"Fn::GetAtt": [cluster, "Arn"]},
        }
    ]
    assert role.grant == AccessGrant(principal_arn=role.role.role_arn)


def test_the_kubeconfig_is_the_callers_own_without_a_role() -> None:
    stack = new_stack(env={"account": "123456789012", "region": "eu-west-1"})
    command = kubeconfig_command(plain_cluster(stack, known_vpc(stack)), None)

    assert flat(stack.resolve(command)).startswith("aws eks update-kubeconfig --region eu-west-1 --name <")
    assert "--role-arn" not in flat(stack.resolve(command))
