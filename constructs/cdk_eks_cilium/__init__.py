"""Cilium as the only CNI of an EKS cluster, as CDK constructs.

The names below are the public API; everything else may change.
"""

from cdk_eks_cilium.checks import CiliumChecks
from cdk_eks_cilium.cilium import Cilium
from cdk_eks_cilium.cilium_cluster import CiliumCluster
from cdk_eks_cilium.cluster import (
    AccessGrant,
    ApiReady,
    AwsNodeRemoval,
    CniConfiguration,
    ControlPlane,
    CoreAddons,
    NodeGroup,
    OperatorRole,
)
from cdk_eks_cilium.network import PodSubnets
from cdk_eks_cilium.problems import InputError, Problem
from cdk_eks_cilium.values import CiliumValues, Egress, Encryption, Hubble
from cdk_eks_cilium.versions import CiliumVersion

__all__ = [
    "AccessGrant",
    "ApiReady",
    "AwsNodeRemoval",
    "Cilium",
    "CiliumChecks",
    "CiliumCluster",
    "CiliumValues",
    "CiliumVersion",
    "CniConfiguration",
    "ControlPlane",
    "CoreAddons",
    "Egress",
    "Encryption",
    "Hubble",
    "InputError",
    "NodeGroup",
    "OperatorRole",
    "PodSubnets",
    "Problem",
]
