"""Delete the pod interfaces that Cilium leaves behind when the cluster is destroyed."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk_eks_cilium.checks.acknowledgements import acknowledge
from cdk_eks_cilium.cluster.cluster_function import ClusterFunction
from cdk_eks_cilium.values import CLUSTER_TAG

# belief: CILIUM-leaves-interfaces, EC2-interface-holds-subnet


class EniSweep(ClusterFunction):
    """Custom resource that, when it is deleted, deletes the cluster's free network interfaces.

    cilium-operator deletes its interfaces, but only while it runs. An interface that it made and had not yet
    attached, or had already detached, stays, and blocks its subnet and the cluster's security group. On
    create and update this resource does nothing.

    The tag ``io.cilium/cluster-name`` and the VPC, never the description, make an interface the cluster's,
    so two clusters in one VPC need different names. The handler waits for interfaces that are still
    attached, up to five minutes without any change. Then the deletion fails and names them, because their
    subnets could not be deleted either. The handler leaves similar interfaces without the tag alone, and
    names them in the log. It also names what else is in the cluster's security group, or has a rule with
    that group: EKS then leaves the group behind, and the VPC cannot go.

    Whatever starts Cilium must depend on this construct, so that the sweep runs after Cilium is gone.

    Args:
        cluster: The cluster, ours or imported. It is deleted after the sweep.
        cluster_name: Cilium's name of the cluster, the value of the tag.
        vpc_owner_account: Account that shares the VPC, for the VPC's ARN. By default the stack's account.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        cluster: eks.Cluster | eks.ICluster,
        cluster_name: str,
        vpc_owner_account: str | None = None,
    ) -> None:
        super().__init__(
            scope,
            id,
            cluster=cluster,
            folder="eni_sweep",
            description="Deletes network interfaces that Cilium left behind, when its cluster is destroyed",
            # EC2 lets an account delete a few interfaces per second, so thousands take most of 15 minutes.
            timeout=cdk.Duration.minutes(14),
            service_timeout=cdk.Duration.minutes(16),
            # Some 60 MB are EC2's client; the rest is for thousands of interfaces and for CPU to parse them.
            memory_size=512,
        )
        self._allow(cluster_name, cluster.vpc.vpc_id, vpc_owner_account)
        self.resource = self.custom_resource(
            self,
            resource_type="Custom::EniSweep",
            properties={
                # It also ties the sweep to its cluster, for order and for checks.
                "ClusterName": cluster.cluster_name,
                "CiliumClusterName": cluster_name,
                "VpcId": cluster.vpc.vpc_id,
            },
        )
        resource = cluster.node.default_child
        if resource is not None:
            # A name given as text is not a reference. An imported cluster lacks the resource.
            self.resource.node.add_dependency(resource)

    def _allow(self, cluster_name: str, vpc_id: str, vpc_owner_account: str | None) -> None:
        stack = cdk.Stack.of(self)
        interfaces = stack.format_arn(service="ec2", resource="network-interface", resource_name="*")
        vpc = stack.format_arn(service="ec2", account=vpc_owner_account, resource="vpc", resource_name=vpc_id)
        self.handler.add_to_role_policy(
            iam.PolicyStatement(
                sid="Look",
                actions=["ec2:DescribeNetworkInterfaces", "ec2:DescribeSecurityGroups"],
                resources=["*"],
            )
        )
        self.handler.add_to_role_policy(
            iam.PolicyStatement(
                sid="DeleteOwnInterfaces",
                actions=["ec2:DeleteNetworkInterface"],
                resources=[interfaces],
                conditions={
                    "StringEquals": {f"aws:ResourceTag/{CLUSTER_TAG}": cluster_name},
                    "ArnEquals": {"ec2:Vpc": vpc},
                },
            )
        )
        acknowledge(
            self,
            wildcards={
                "*": "EC2's Describe actions take no resource",
                interfaces: "any interface, if it has the cluster's tag and is in its VPC",
            },
        )
