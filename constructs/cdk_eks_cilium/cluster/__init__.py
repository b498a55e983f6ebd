"""The cluster side: what stands between an empty EKS control plane and Cilium on it."""

from cdk_eks_cilium.cluster.access import AccessGrant, AdministratorRole
from cdk_eks_cilium.cluster.api_ready import ApiReady
from cdk_eks_cilium.cluster.aws_node_removal import AwsNodeOptions, AwsNodeRemoval
from cdk_eks_cilium.cluster.cni_configuration import CniConfiguration
from cdk_eks_cilium.cluster.control_plane import ControlPlane
from cdk_eks_cilium.cluster.core_addons import CoreAddons
from cdk_eks_cilium.cluster.eni_sweep import EniSweep
from cdk_eks_cilium.cluster.node_group import NodeGroup
from cdk_eks_cilium.cluster.operator_role import OperatorRole
from cdk_eks_cilium.cluster.pod_identity import PodIdentity

__all__ = [
    "AccessGrant",
    "AdministratorRole",
    "ApiReady",
    "AwsNodeOptions",
    "AwsNodeRemoval",
    "CniConfiguration",
    "ControlPlane",
    "CoreAddons",
    "EniSweep",
    "NodeGroup",
    "OperatorRole",
    "PodIdentity",
]
