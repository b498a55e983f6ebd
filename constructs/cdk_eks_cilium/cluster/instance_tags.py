"""Tags of nodes that others read: the rights of the operator, and EKS when launch templates change."""

from __future__ import annotations

from typing import Final

from cdk_eks_cilium.values import CLUSTER_TAG, CiliumValues

DATAPATH_TAG: Final = "cdk-eks-cilium/datapath"
"""Instance tag that changes with what only a new node takes over."""


def instance_tags(values: CiliumValues, cluster_name: str, *, pod_blocks: int = 1) -> dict[str, str]:
    """What the operator's rights depend on, and what a change of replaces nodes.

    Routing rules of running pods do not follow a change of the egress or of the first interface
    (https://github.com/cilium/cilium/pull/48417), and kube-proxy's rules stay behind on its nodes, so
    these must go; a changed tag in the launch template makes EKS replace them. With egress ``node`` pods have
    a routing rule for each range of the VPC, and those that run get none for a range that is added
    (https://github.com/cilium/cilium/issues/43071).

    Args:
        values: What Cilium does.
        cluster_name: Cilium's name of the cluster.
        pod_blocks: How many CIDR blocks the pod subnets are in.
    """
    egress = values.egress
    parts = [egress.kind, egress.interface or "none", str(values.eni.first_interface_index)]
    if not values.eni.prefix_delegation:
        # Prefixes go to nodes that never had single addresses (https://github.com/cilium/cilium/issues/46644).
        parts.append("no-prefixes")
    if values.masquerade == "ebpf":
        parts.append("ebpf")
    if values.kube_proxy_replacement:
        parts.append("no-kube-proxy")
    if pod_blocks > 1 and egress.kind == "node":
        parts.append(f"{pod_blocks}-blocks")
    return {CLUSTER_TAG: cluster_name, DATAPATH_TAG: "-".join(parts)}
