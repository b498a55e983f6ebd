"""Tags of nodes for the rights of the operator, and for EKS, which replaces nodes when they change."""

from __future__ import annotations

from typing import Final

from cdk_eks_cilium.values import CLUSTER_TAG, CiliumValues

# belief: CILIUM-running-pods-keep-routes, EKS-node-group-update-rolls
DATAPATH_TAG: Final = "cdk-eks-cilium/datapath"
"""Instance tag that changes with settings that only new nodes take over."""


def instance_tags(values: CiliumValues, cluster_name: str, *, pod_blocks: int = 1) -> dict[str, str]:
    """The tag that the operator's rights need, and the tag whose change replaces nodes.

    Routing rules of running pods do not follow a change of the egress or of the first interface
    (https://github.com/cilium/cilium/pull/48417), and kube-proxy's rules stay behind on its nodes. EKS must
    replace such nodes, and does when a tag in the launch template changes. With egress ``node`` pods have a
    routing rule for each range of the VPC, and running pods do not get a rule for an added range
    (https://github.com/cilium/cilium/issues/43071).
    """
    egress = values.egress
    parts = [egress.kind, egress.interface or "none", str(values.eni.first_interface_index)]
    if not values.eni.prefix_delegation:
        # Nodes that ever had single addresses get no prefixes: https://github.com/cilium/cilium/issues/46644.
        parts.append("no-prefixes")
    if values.masquerade == "ebpf":
        parts.append("ebpf")
    if values.kube_proxy_replacement:
        parts.append("no-kube-proxy")
    if pod_blocks > 1 and egress.kind == "node":
        parts.append(f"{pod_blocks}-blocks")
    return {CLUSTER_TAG: cluster_name, DATAPATH_TAG: "-".join(parts)}
