"""Keep the number of nodes that an autoscaler chose, whatever a deploy changes in a node group."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk_eks_cilium.checks.acknowledgements import acknowledge
from cdk_eks_cilium.cluster.cluster_function import ClusterFunction
from cdk_eks_cilium.cluster.later import later

COUNT = "Custom::NodeCount"


class NodeCounts(ClusterFunction):
    """A function that tells CloudFormation how many nodes each managed node group has now.

    A new group must have a number of nodes in its template, and CloudFormation sends this number again when
    it changes the group, which undoes what an autoscaler has done. So the number of a group is the answer of
    a custom resource: the initial size for a new group, and otherwise the group's own number,
    within its new limits. A group that replaces another one under the same logical id starts with the number
    of that one.

    CloudFormation asks only when the properties of the custom resource change, so they are a copy of the
    group's. A property that an override adds to the group (``add_property_override``) is not in the copy: if
    it alone changes, the group gets the number of the last answer.

    The function finds a group by the tags that CloudFormation gives it. It may list and describe the node
    groups of this cluster. If EKS does not answer, the deploy fails and the group stays as it is.

    Args:
        cluster: The cluster, ours or imported.
    """

    # belief: EKS-node-group-sizes, EKS-desired-size-sent-again, EKS-stack-tags-on-node-groups
    # belief: CFN-custom-resource-protocol

    def __init__(self, scope: Construct, id: str, *, cluster: eks.Cluster | eks.ICluster) -> None:
        super().__init__(
            scope,
            id,
            cluster=cluster,
            folder="node_counts",
            description="Tells how many nodes the node groups of a cluster have, so that deploys keep them",
            timeout=cdk.Duration.minutes(2),
            service_timeout=cdk.Duration.minutes(4),
        )
        stack = cdk.Stack.of(self)
        name = cluster.cluster_name
        groups = stack.format_arn(service="eks", resource="nodegroup", resource_name=f"{name}/*/*")
        for sid, action, arn in (
            (
                "List",
                "eks:ListNodegroups",
                stack.format_arn(service="eks", resource="cluster", resource_name=name),
            ),
            ("Describe", "eks:DescribeNodegroup", groups),
        ):
            self.handler.add_to_role_policy(iam.PolicyStatement(sid=sid, actions=[action], resources=[arn]))
        acknowledge(
            self, wildcards={groups: "any node group of this one cluster: EKS and CloudFormation name them"}
        )

    def keep(self, scope: Construct, group: eks.CfnNodegroup) -> cdk.CustomResource:
        """Let a group keep its number of nodes; the number that it has is the initial one from now on.

        Args:
            scope: The parent of the custom resource, in the group's stack.
            group: The group, with all three numbers in its ``scaling_config``.
        """
        resource = self.custom_resource(
            scope,
            resource_type=COUNT,
            properties={
                "ClusterName": self.cluster.cluster_name,
                "LogicalId": cdk.Stack.of(group).get_logical_id(group),
                "Group": later(lambda: _properties(group)),
            },
        )
        group.add_property_override("ScalingConfig.DesiredSize", resource.get_att("DesiredSize"))
        return resource


def _properties(group: eks.CfnNodegroup) -> Any:
    """The group's properties as in the template, but for overrides."""
    return group._render_properties(group._cfn_properties)
