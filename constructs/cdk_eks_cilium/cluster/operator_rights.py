"""The operator's role, with the rights that the values of Cilium ask for."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_eks_v2 as eks
from constructs import Construct

from cdk_eks_cilium.cluster.cluster_facts import eks_name
from cdk_eks_cilium.cluster.operator_role import OperatorRole
from cdk_eks_cilium.network.pod_subnets_base import PodSubnetsBase
from cdk_eks_cilium.values import CiliumValues, OperatorIdentity, policy_statements
from cdk_eks_cilium.versions import CiliumVersion


def operator_role(
    scope: Construct,
    id: str,
    *,
    cluster: eks.Cluster | eks.ICluster,
    cluster_name: str,
    pod_subnets: PodSubnetsBase,
    values: CiliumValues,
    version: CiliumVersion,
    identity: OperatorIdentity,
) -> OperatorRole:
    """Make the role, limited to this cluster, its VPC and the pods' subnets.

    Args:
        cluster_name: Cilium's name of the cluster, which the operator's tags carry.
    """
    stack = cdk.Stack.of(scope)
    statements = policy_statements(
        values,
        version,
        partition=stack.partition,
        region=stack.region,
        account=stack.account,
        cluster_name=cluster_name,
        eks_cluster_name=eks_name(cluster),
        subnet_arns=pod_subnets.subnet_arns,
        vpc_arn=stack.format_arn(
            service="ec2",
            account=pod_subnets.owner_account,
            resource="vpc",
            resource_name=cluster.vpc.vpc_id,
        ),
    )
    role = OperatorRole(scope, id, cluster=cluster, statements=statements, identity=identity)
    if values.profile == "article":
        cdk.Validations.of(role).acknowledge(
            cdk.Acknowledgment(
                id="cdk-eks-cilium::CEC010",
                reason="the article gives its operator these rights on everything, and its Cilium "
                "tags no interface that a policy could be limited to",
            )
        )
    return role
