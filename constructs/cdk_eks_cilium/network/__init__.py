"""The network side: subnets that only pods use, their ways out, and AWS's services inside a VPC."""

from cdk_eks_cilium.network.existing_pod_subnets import ExistingPodSubnets
from cdk_eks_cilium.network.pod_subnets import PodSubnets
from cdk_eks_cilium.network.pod_subnets_base import PodSubnetsBase
from cdk_eks_cilium.network.private_endpoints import PrivateEndpoints
from cdk_eks_cilium.network.private_nat import PrivateNatGateways

__all__ = ["ExistingPodSubnets", "PodSubnets", "PodSubnetsBase", "PrivateEndpoints", "PrivateNatGateways"]
