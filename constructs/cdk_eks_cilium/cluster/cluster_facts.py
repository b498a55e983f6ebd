"""What an app knows of a cluster that it makes; of an imported one, nothing."""

from __future__ import annotations

from aws_cdk import aws_eks_v2 as eks

from cdk_eks_cilium.problems.looked_up import is_token


def eks_name(cluster: eks.Cluster | eks.ICluster) -> str:
    """The cluster's name as text where the app knows it, else its token."""
    resource = cluster.node.default_child
    if isinstance(resource, eks.CfnCluster) and resource.name and not is_token(resource.name):
        return resource.name
    return cluster.cluster_name


def stack_kubernetes_version(cluster: eks.Cluster | eks.ICluster) -> str | None:
    """The minor version of a cluster of this app; None for an imported cluster."""
    resource = cluster.node.default_child
    version = resource.version if isinstance(resource, eks.CfnCluster) else None
    return None if version is None or is_token(version) else version


def stack_service_cidr(cluster: eks.Cluster | eks.ICluster) -> str | None:
    """The range of Services that a cluster of this app names; None if EKS chooses it."""
    resource = cluster.node.default_child
    network = resource.kubernetes_network_config if isinstance(resource, eks.CfnCluster) else None
    if not isinstance(network, eks.CfnCluster.KubernetesNetworkConfigProperty):
        return None
    return network.service_ipv4_cidr
