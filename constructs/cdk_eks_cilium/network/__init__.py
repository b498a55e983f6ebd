"""The network side: subnets that only pods use, and AWS's services inside a VPC without internet."""

from cdk_eks_cilium.network.pod_subnets import PodSubnets
from cdk_eks_cilium.network.private_endpoints import PrivateEndpoints

__all__ = ["PodSubnets", "PrivateEndpoints"]
