"""EKS Pod Identity for cilium-operator: the agent on the nodes, and the role of the ServiceAccount."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, cast

import aws_cdk as cdk
from aws_cdk import aws_eks_v2 as eks
from constructs import Construct

from cdk_eks_cilium.cluster.apart import apart
from cdk_eks_cilium.problems import Problem, refuse

# belief: EKS-pod-identity-when-made, EKS-pod-identity-late, EKS-pod-identity-agent

AGENT: Final = "eks-pod-identity-agent"


class PodIdentity(Construct):
    """Binds a role to the ServiceAccount ``kube-system/cilium-operator`` from outside the cluster.

    The agent and the operator run on the host network and tolerate every taint. So both run on a node
    without a CNI, and share the network namespace with the agent's link-local address. Amazon's own CNI, on
    the host network too, gets its role the same way
    (https://docs.aws.amazon.com/eks/latest/userguide/cni-iam-role.html).

    EKS writes what the SDK needs into a pod when the pod is made, and learns of an association some seconds
    late (https://docs.aws.amazon.com/cli/latest/reference/eks/create-pod-identity-association.html). A
    pod made too early keeps the node's credentials for good. So the add-on, which takes about half a
    minute to become active, waits for the association, and the release must wait for the `agent`.

    Args:
        cluster: The cluster. A cluster of this stack shares the agent with its other service accounts
            (`eks.Cluster.eks_pod_identity_agent`). A cluster of another stack, or an imported one, must not
            have the add-on yet: this construct makes it.
        role_arn: The role, which must trust ``pods.eks.amazonaws.com``.

    Attributes:
        association: The binding of role and ServiceAccount.
        agent: The add-on, or the cluster's own where the cluster has it. It waits for the association.
    """

    def __init__(
        self, scope: Construct, id: str, *, cluster: eks.Cluster | eks.ICluster, role_arn: str
    ) -> None:
        super().__init__(scope, id)
        refuse(self._agent_problems(cluster))
        self.association = eks.CfnPodIdentityAssociation(
            self,
            "Association",
            cluster_name=cluster.cluster_name,
            namespace="kube-system",
            service_account="cilium-operator",
            role_arn=role_arn,
        )
        self.agent = self._agent(cluster)
        self.agent.node.add_dependency(self.association)

    def _agent_problems(self, cluster: eks.Cluster | eks.ICluster) -> Iterator[Problem]:
        if apart(self, cluster) and cluster.node.try_find_child("EksPodIdentityAgentAddon") is not None:
            stacks = f"{cdk.Stack.of(cluster).stack_name!r}, not in {cdk.Stack.of(self).stack_name!r}"
            yield Problem(
                self.node.path,
                f"must be in the cluster's stack {stacks}: the cluster has an agent there, which must wait "
                "for the operator's role",
                fix="make Cilium in the cluster's stack, or let its operator use 'irsa'",
                id="CEK6045",
            )

    def _agent(self, cluster: eks.Cluster | eks.ICluster) -> cdk.CfnResource:
        # In another stack the cluster's own agent could not wait for the association: that stack is first.
        ours = cluster if isinstance(cluster, eks.Cluster) and not apart(self, cluster) else None
        shared = ours.eks_pod_identity_agent if ours is not None else None
        if shared is None:
            return eks.CfnAddon(
                self,
                "Agent",
                cluster_name=cluster.cluster_name,
                addon_name=AGENT,
                resolve_conflicts="OVERWRITE",
            )
        return cast(cdk.CfnResource, shared.node.default_child)
