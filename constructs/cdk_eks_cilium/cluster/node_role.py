"""The role of nodes."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk_eks_cilium.checks.acknowledgements import acknowledge, managed_policy
from cdk_eks_cilium.nodes import NodeGroupProps
from cdk_eks_cilium.problems import Problem

# belief: NODE-boot-needs-describe-instances
_REASONS = {
    "AmazonEKSWorkerNodePolicy": "what booting and joining takes, kept by AWS",
    "AmazonEC2ContainerRegistryPullOnly": "pulls images, and nothing else",
}
_SSM = {"AmazonSSMManagedInstanceCore": "what Systems Manager takes to open a session, kept by AWS"}


class NodeRole(Construct):
    """The role of nodes: join the cluster and pull images, without the CNI's rights.

    The operator, not the node, makes network interfaces, so AmazonEKS_CNI_Policy is left out.
    AmazonEKSWorkerNodeMinimalPolicy would be too little: node boot calls ``ec2:DescribeInstances``
    (https://github.com/awslabs/amazon-eks-ami/issues/2436).

    Args:
        ssm_access: Whether people reach the nodes by AWS Systems Manager.
    """

    def __init__(self, scope: Construct, id: str, *, ssm_access: bool = False) -> None:
        super().__init__(scope, id)
        reasons = {**_REASONS, **(_SSM if ssm_access else {})}
        self.role = iam.Role(
            self,
            "Resource",
            description="EKS nodes: join the cluster and pull images",
            assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"),
            managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name(name) for name in reasons],
        )
        acknowledge(self, {managed_policy(name): reason for name, reason in reasons.items()})


def role_problems(where: str, group: NodeGroupProps, role: iam.IRole | None) -> list[Problem]:
    """Why *group* cannot have a *role* of the caller's, which has the rights that the caller gave it."""
    if role is None or not group.ssm_access:
        return []
    rule = "must be left out with node_role, whose rights are yours"
    fix = "add AmazonSSMManagedInstanceCore to that role"
    return [Problem(f"{where}: ssm_access", rule, True, fix, id="CEK6033")]
