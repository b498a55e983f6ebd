"""Cilium as the only CNI of an EKS cluster, as CDK constructs.

The names below are the public API; everything else may change. They are imported on first use, so
that the plain parts (`values`, `addressing`, `settings`, ...) never wait for aws_cdk and its Node.js.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cdk_eks_cilium.checks.plugin import CiliumChecks
    from cdk_eks_cilium.cilium import Cilium
    from cdk_eks_cilium.cilium_cluster import CiliumCluster
    from cdk_eks_cilium.cluster.access import AccessGrant
    from cdk_eks_cilium.cluster.api_ready import ApiReady
    from cdk_eks_cilium.cluster.aws_node_removal import AwsNodeOptions, AwsNodeRemoval
    from cdk_eks_cilium.cluster.cni_configuration import CniConfiguration
    from cdk_eks_cilium.cluster.control_plane import ControlPlane
    from cdk_eks_cilium.cluster.core_addons import CoreAddons
    from cdk_eks_cilium.cluster.eni_sweep import EniSweep
    from cdk_eks_cilium.cluster.node_group import NodeGroup
    from cdk_eks_cilium.cluster.operator_role import OperatorRole
    from cdk_eks_cilium.cluster.pod_identity import PodIdentity
    from cdk_eks_cilium.network.existing_pod_subnets import ExistingPodSubnets
    from cdk_eks_cilium.network.pod_subnets import PodSubnets
    from cdk_eks_cilium.network.pod_subnets_base import PodSubnetsBase
    from cdk_eks_cilium.network.private_endpoints import PrivateEndpoints
    from cdk_eks_cilium.network.private_nat import PrivateNatGateways
    from cdk_eks_cilium.policies.network_policy import ClusterwideNetworkPolicy, NetworkPolicy
    from cdk_eks_cilium.policies.tenant import Tenant
    from cdk_eks_cilium.policy import (
        Http,
        Icmp,
        Peer,
        Port,
    )
    from cdk_eks_cilium.problems import InputError, Problem
    from cdk_eks_cilium.values import (
        Agent,
        BandwidthManager,
        CiliumValues,
        Egress,
        Encryption,
        Eni,
        Envoy,
        FlowExport,
        Hubble,
        HubbleTls,
        IngressController,
        Ipam,
        Issuer,
        Operator,
        Prometheus,
        Resources,
        Toleration,
    )
    from cdk_eks_cilium.versions import CiliumVersion

_MODULES = {
    "AccessGrant": "cluster.access",
    "Agent": "values",
    "ApiReady": "cluster.api_ready",
    "AwsNodeOptions": "cluster.aws_node_removal",
    "AwsNodeRemoval": "cluster.aws_node_removal",
    "BandwidthManager": "values",
    "Cilium": "cilium",
    "CiliumChecks": "checks.plugin",
    "CiliumCluster": "cilium_cluster",
    "CiliumValues": "values",
    "CiliumVersion": "versions",
    "ClusterwideNetworkPolicy": "policies.network_policy",
    "CniConfiguration": "cluster.cni_configuration",
    "ControlPlane": "cluster.control_plane",
    "CoreAddons": "cluster.core_addons",
    "Egress": "values",
    "Encryption": "values",
    "Eni": "values",
    "EniSweep": "cluster.eni_sweep",
    "Envoy": "values",
    "ExistingPodSubnets": "network.existing_pod_subnets",
    "FlowExport": "values",
    "Http": "policy",
    "Hubble": "values",
    "HubbleTls": "values",
    "Icmp": "policy",
    "IngressController": "values",
    "InputError": "problems",
    "Ipam": "values",
    "Issuer": "values",
    "NetworkPolicy": "policies.network_policy",
    "NodeGroup": "cluster.node_group",
    "Operator": "values",
    "OperatorRole": "cluster.operator_role",
    "Peer": "policy",
    "PodIdentity": "cluster.pod_identity",
    "PodSubnets": "network.pod_subnets",
    "PodSubnetsBase": "network.pod_subnets_base",
    "Port": "policy",
    "PrivateEndpoints": "network.private_endpoints",
    "PrivateNatGateways": "network.private_nat",
    "Problem": "problems",
    "Prometheus": "values",
    "Resources": "values",
    "Tenant": "policies.tenant",
    "Toleration": "values",
}

__all__ = [
    "AccessGrant",
    "Agent",
    "ApiReady",
    "AwsNodeOptions",
    "AwsNodeRemoval",
    "BandwidthManager",
    "Cilium",
    "CiliumChecks",
    "CiliumCluster",
    "CiliumValues",
    "CiliumVersion",
    "ClusterwideNetworkPolicy",
    "CniConfiguration",
    "ControlPlane",
    "CoreAddons",
    "Egress",
    "Encryption",
    "Eni",
    "EniSweep",
    "Envoy",
    "ExistingPodSubnets",
    "FlowExport",
    "Http",
    "Hubble",
    "HubbleTls",
    "Icmp",
    "IngressController",
    "InputError",
    "Ipam",
    "Issuer",
    "NetworkPolicy",
    "NodeGroup",
    "Operator",
    "OperatorRole",
    "Peer",
    "PodIdentity",
    "PodSubnets",
    "PodSubnetsBase",
    "Port",
    "PrivateEndpoints",
    "PrivateNatGateways",
    "Problem",
    "Prometheus",
    "Resources",
    "Tenant",
    "Toleration",
]


def __getattr__(name: str) -> Any:
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{module}"), name)
