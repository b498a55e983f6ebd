"""Nodes of Karpenter: an access entry for their role, a tag for the operator, a chart after the first nodes.

https://github.com/aws/karpenter-provider-aws/issues/1038
"""

from __future__ import annotations

import json
from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam

from cdk_eks_cilium import CiliumCluster
from cdk_eks_cilium.nodes import AGENT_NOT_READY
from cdk_eks_cilium.values import CLUSTER_TAG


def build(app: cdk.App) -> cdk.Stack:
    """A cluster whose own group runs Karpenter alone."""
    stack = cdk.Stack(app, "Shop")
    platform = CiliumCluster(stack, "Platform", cluster_name="shop", default_nodes=False)
    platform.cilium.add_node_group("System", min_size=2, max_size=2)
    cluster = platform.cluster
    role = iam.Role(
        stack,
        "Nodes",
        assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"),
        managed_policies=[
            iam.ManagedPolicy.from_aws_managed_policy_name(name)
            for name in ("AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly")
        ],
    )
    entry = eks.AccessEntry(
        stack,
        "NodesEntry",
        cluster=cast(eks.ICluster, cluster),
        principal=role.role_arn,
        access_entry_type=eks.AccessEntryType.EC2_LINUX,
        access_policies=[],
    )
    karpenter = cluster.add_service_account(
        "Karpenter", name="karpenter", namespace="kube-system", identity_type=eks.IdentityType.POD_IDENTITY
    )
    chart = cluster.add_helm_chart(
        "KarpenterChart",
        chart="karpenter",
        repository="oci://public.ecr.aws/karpenter/karpenter",
        namespace="kube-system",
        values={
            "settings": {"clusterName": "shop"},
            "serviceAccount": {"create": False, "name": "karpenter"},
        },
    )
    chart.node.add_dependency(karpenter, entry, *platform.cilium.running)
    node_class = {
        "apiVersion": "karpenter.k8s.aws/v1",
        "kind": "EC2NodeClass",
        "metadata": {"name": "default"},
        "spec": {
            "role": role.role_name,
            "amiSelectorTerms": [{"alias": "bottlerocket@latest"}],
            "subnetSelectorTerms": [{"id": subnet.subnet_id} for subnet in platform.cilium.node_subnets],
            "securityGroupSelectorTerms": [{"id": cluster.cluster_security_group_id}],
            # Without the tag the operator may not attach interfaces to the instance.
            "tags": {CLUSTER_TAG: platform.cilium.cluster_name},
        },
    }
    pool = {
        "apiVersion": "karpenter.sh/v1",
        "kind": "NodePool",
        "metadata": {"name": "default"},
        "spec": {
            "template": {
                "spec": {
                    "nodeClassRef": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "default"},
                    "startupTaints": [{"key": AGENT_NOT_READY.key, "value": "true", "effect": "NoExecute"}],
                }
            }
        },
    }
    cluster.add_manifest("Pool", json.loads(json.dumps(node_class)), pool).node.add_dependency(chart)
    return stack
