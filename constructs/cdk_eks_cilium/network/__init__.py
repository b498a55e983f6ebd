"""The network side: subnets that only pods use."""

from cdk_eks_cilium.network.pod_subnets import PodSubnets

__all__ = ["PodSubnets"]
