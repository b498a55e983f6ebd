"""Cilium as the only CNI of an EKS cluster, as CDK constructs.

The names below are the public API; everything else may change. They are imported on first use, so
that the plain parts (`values`, `addressing`, `settings`, ...) never wait for aws_cdk and its Node.js.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cdk_eks_cilium.checks import CiliumChecks
    from cdk_eks_cilium.cilium import Cilium
    from cdk_eks_cilium.cilium_cluster import CiliumCluster
    from cdk_eks_cilium.cluster import (
        AccessGrant,
        ApiReady,
        AwsNodeOptions,
        AwsNodeRemoval,
        CniConfiguration,
        ControlPlane,
        CoreAddons,
        EniSweep,
        NodeGroup,
        OperatorRole,
        PodIdentity,
    )
    from cdk_eks_cilium.network import (
        ExistingPodSubnets,
        PodSubnets,
        PodSubnetsBase,
        PrivateEndpoints,
        PrivateNatGateways,
    )
    from cdk_eks_cilium.network_policy import ClusterwideNetworkPolicy, NetworkPolicy
    from cdk_eks_cilium.policy import Http, Icmp, Peer, Port
    from cdk_eks_cilium.problems import InputError, Problem
    from cdk_eks_cilium.tenant import Tenant
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
    "AccessGrant": "cluster",
    "Agent": "values",
    "ApiReady": "cluster",
    "AwsNodeOptions": "cluster",
    "AwsNodeRemoval": "cluster",
    "BandwidthManager": "values",
    "Cilium": "cilium",
    "CiliumChecks": "checks",
    "CiliumCluster": "cilium_cluster",
    "CiliumValues": "values",
    "CiliumVersion": "versions",
    "ClusterwideNetworkPolicy": "network_policy",
    "CniConfiguration": "cluster",
    "ControlPlane": "cluster",
    "CoreAddons": "cluster",
    "Egress": "values",
    "Encryption": "values",
    "Eni": "values",
    "EniSweep": "cluster",
    "Envoy": "values",
    "ExistingPodSubnets": "network",
    "FlowExport": "values",
    "Http": "policy",
    "Hubble": "values",
    "HubbleTls": "values",
    "Icmp": "policy",
    "IngressController": "values",
    "InputError": "problems",
    "Ipam": "values",
    "Issuer": "values",
    "NetworkPolicy": "network_policy",
    "NodeGroup": "cluster",
    "Operator": "values",
    "OperatorRole": "cluster",
    "Peer": "policy",
    "PodIdentity": "cluster",
    "PodSubnets": "network",
    "PodSubnetsBase": "network",
    "Port": "policy",
    "PrivateEndpoints": "network",
    "PrivateNatGateways": "network",
    "Problem": "problems",
    "Prometheus": "values",
    "Resources": "values",
    "Tenant": "tenant",
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
