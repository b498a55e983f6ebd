"""How Cilium gives addresses to nodes with some typed values, in the terms of the address plan."""

from __future__ import annotations

from collections.abc import Mapping

from cdk_eks_cilium.addressing import NO_FACTS, InstanceType, NodeAddressing, agent_addresses_per_node
from cdk_eks_cilium.values.model import CiliumValues
from cdk_eks_cilium.versions import behaviour
from cdk_eks_cilium.versions.cilium import CiliumVersion


def node_addressing(
    values: CiliumValues, version: CiliumVersion, instance_facts: Mapping[str, InstanceType] = NO_FACTS
) -> NodeAddressing:
    """How many pods a node can have, and how many addresses they take, as the address plan counts."""
    return NodeAddressing(
        first_interface_index=values.eni.first_interface_index,
        prefix_delegation=values.eni.prefix_delegation,
        bare_metal_prefixes=behaviour.datapath.BARE_METAL_PREFIXES.holds(version),
        pre_allocate=values.ipam.pre_allocate,
        min_allocate=values.ipam.min_allocate,
        max_allocate=values.ipam.max_allocate,
        agent_addresses=agent_addresses_per_node(ingress=values.ingress_controller is not None),
        instance_facts=instance_facts,
    )
