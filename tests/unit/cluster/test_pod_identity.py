"""EKS Pod Identity for the operator, used by itself."""

from __future__ import annotations

from typing import Any, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_eks_v2 as eks

from cdk_eks_cilium import InputError, OperatorRole, PodIdentity
from cdk_eks_cilium.checks.template_graph import cycles, dependency_graph, waits_for
from tests.small_apps import Synthesized, imported_cluster, known_vpc, new_stack, plain_cluster

ADDON = "AWS::EKS::Addon"
ASSOCIATION = "AWS::EKS::PodIdentityAssociation"
STATEMENT = {"Effect": "Allow", "Action": ["ec2:DescribeSubnets"], "Resource": "*"}


def bind(cluster: eks.Cluster | eks.ICluster) -> PodIdentity:
    stack = cdk.Stack.of(cluster)
    role = OperatorRole(stack, "Operator", cluster=cluster, statements=[STATEMENT], identity="pod-identity")
    return PodIdentity(stack, "PodIdentity", cluster=cluster, role_arn=role.role_arn)


@pytest.fixture(scope="module", params=["ours", "imported"])
def made(request: pytest.FixtureRequest) -> Synthesized:
    stack = new_stack()
    vpc = known_vpc(stack)
    bind(plain_cluster(stack, vpc) if request.param == "ours" else imported_cluster(stack, vpc))
    return Synthesized(stack)


def test_the_operator_s_account_gets_the_role(made: Synthesized) -> None:
    role, _ = made.only("AWS::IAM::Role", "Operator")
    _, association = made.only(ASSOCIATION)

    assert association.pop("ClusterName") in ({"Ref": "ClusterEB0386A7"}, "old")
    assert association == {
        "Namespace": "kube-system",
        "ServiceAccount": "cilium-operator",
        "RoleArn": {"Fn::GetAtt": [role, "Arn"]},
    }


def test_the_agent_waits_for_the_association(made: Synthesized) -> None:
    agent, properties = made.only(ADDON)
    graph = dependency_graph(made.template)

    assert properties["AddonName"] == "eks-pod-identity-agent"
    assert waits_for(graph, agent, made.only(ASSOCIATION)[0])
    assert cycles(graph) == []


def trust(template: Synthesized) -> dict[str, Any]:
    _, role = template.only("AWS::IAM::Role", "Operator")
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    found: dict[str, Any] = statement
    return found


def test_the_role_trusts_eks_for_one_account_of_one_cluster_alone(made: Synthesized) -> None:
    statement = trust(made)
    required = statement["Condition"]["StringEquals"]

    assert statement["Principal"] == {"Service": "pods.eks.amazonaws.com"}
    assert statement["Action"] == ["sts:AssumeRole", "sts:TagSession"]
    assert list(statement["Condition"]) == ["StringEquals"]
    assert required.pop("aws:RequestTag/eks-cluster-arn")
    assert required == {
        "aws:SourceAccount": {"Ref": "AWS::AccountId"},
        "aws:RequestTag/kubernetes-namespace": "kube-system",
        "aws:RequestTag/kubernetes-service-account": "cilium-operator",
    }


@pytest.mark.parametrize("region", ["eu-west-1", "cn-north-1", "us-gov-west-1"])
def test_the_service_is_called_the_same_in_every_partition(region: str) -> None:
    stack = new_stack(env=cdk.Environment(account="123456789012", region=region))
    bind(plain_cluster(stack, known_vpc(stack)))

    assert trust(Synthesized(stack))["Principal"] == {"Service": "pods.eks.amazonaws.com"}


def test_a_cluster_of_the_app_shares_its_agent_with_other_accounts() -> None:
    stack = new_stack()
    cluster = plain_cluster(stack, known_vpc(stack))
    cluster.add_service_account("Other", name="other", identity_type=eks.IdentityType.POD_IDENTITY)
    network = bind(cluster)
    template = Synthesized(stack)

    assert len(template.of_type(ASSOCIATION)) == 2
    assert list(template.of_type(ADDON)) == [stack.resolve(network.agent.logical_id)]


def in_a_stack_of_its_own(cluster: eks.Cluster) -> cdk.Stack:
    second = cdk.Stack(cast(cdk.App, cluster.node.root), "Second")
    role = OperatorRole(second, "Operator", cluster=cluster, statements=[STATEMENT], identity="pod-identity")
    PodIdentity(second, "PodIdentity", cluster=cluster, role_arn=role.role_arn)
    return second


def test_in_a_stack_of_its_own_it_brings_the_agent() -> None:
    stack = new_stack()
    template = Synthesized(in_a_stack_of_its_own(plain_cluster(stack, known_vpc(stack))))
    agent, properties = template.only(ADDON)

    assert properties["AddonName"] == "eks-pod-identity-agent"
    assert waits_for(dependency_graph(template.template), agent, template.only(ASSOCIATION)[0])


def test_in_another_stack_than_the_cluster_s_own_agent_it_is_refused() -> None:
    stack = new_stack()
    cluster = plain_cluster(stack, known_vpc(stack))
    cluster.add_service_account("Other", name="other", identity_type=eks.IdentityType.POD_IDENTITY)
    with pytest.raises(InputError) as refused:
        in_a_stack_of_its_own(cluster)

    assert [str(problem) for problem in refused.value.problems] == [
        "Second/PodIdentity: must be in the cluster's stack 'Stack', not in 'Second': the cluster has an "
        "agent there, which must wait for the operator's role; make Cilium in the cluster's stack, or let "
        "its operator use 'irsa'"
    ]


def test_no_oidc_provider_is_made_for_it() -> None:
    stack = new_stack()
    bind(plain_cluster(stack, known_vpc(stack)))

    assert not [r for r in Synthesized(stack).template["Resources"].values() if "OIDC" in r["Type"]]
