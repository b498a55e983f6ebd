"""How many pods a node can have.

In ENI mode Cilium gives a node
``(interfaces - first index) x (addresses per interface - 1) x (16 with prefixes, else 1)``
addresses at most: `GetMaximumAllocatableIPv4` in
https://github.com/cilium/cilium/blob/v1.19.1/pkg/aws/eni/node.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cdk_eks_cilium.problems import Problem, refuse

from .instance_types import ADDRESSES_PER_PREFIX, InstanceType

AGENT_ADDRESSES: Final = 2
"""Addresses the agent takes for itself on every node: the router's and the health endpoint's.

Two a node, whatever its size: https://github.com/cilium/cilium/issues/22054. `agent_addresses_per_node`
counts what else it takes.
"""

HOST_NETWORK_PODS: Final = 1
"""Pods certain to use the node's own address: the Cilium agent, which runs on every node of every setup."""

# EKS enforces these on managed node groups with its own images:
# https://docs.aws.amazon.com/eks/latest/userguide/choosing-instance-type.html
_SMALL_NODE_CAP: Final = 110
_LARGE_NODE_CAP: Final = 250
_LARGE_NODE_VCPUS: Final = 30


def allocatable_ipv4(
    instance: InstanceType,
    *,
    first_interface_index: int = 1,
    prefix_delegation: bool = True,
    bare_metal_prefixes: bool = True,
    max_allocate: int | None = None,
) -> int:
    """Return how many IPv4 addresses Cilium can allocate on a node of this type.

    ``use_primary_address`` does not change it: the operator then counts the primary addresses among those
    a node has, and stops at the same number (`GetMaximumAllocatableIPv4` subtracts one address of each
    interface either way).

    Args:
        instance: The type.
        first_interface_index: The index of the first interface that pods use; those before it are the node's.
        prefix_delegation: Whether to allocate /28 prefixes. A type that takes none gets single addresses.
        bare_metal_prefixes: False for Cilium 1.12, which gives bare metal no prefixes.
        max_allocate: Cilium's ``ipam.max_allocate``, None for what the type can have. The operator asks for
            no more once a node has that many, and the prefix that takes it there counts whole:
            `calculateNeededIPs` in https://github.com/cilium/cilium/blob/v1.19.1/pkg/ipam/node.go.
    """
    interfaces = max(0, instance.enis - first_interface_index)
    prefixes = prefix_delegation and instance.takes_prefixes(bare_metal_prefixes=bare_metal_prefixes)
    step = ADDRESSES_PER_PREFIX if prefixes else 1
    most = interfaces * (instance.ipv4_per_eni - 1) * step
    return most if max_allocate is None else min(most, -(-max_allocate // step) * step)


def agent_addresses_per_node(*, ingress: bool = False) -> int:
    """Return how many addresses the agent takes for itself on every node.

    Args:
        ingress: Whether Cilium's ingress controller, Gateway API or Envoy configurations are switched on.
            The agent then takes an address to speak to backends from (`allocateIngressIPs` in
            https://github.com/cilium/cilium/blob/v1.16.0/daemon/cmd/ipam.go).
    """
    return AGENT_ADDRESSES + ingress


def host_network_pods_per_node(
    *, kube_proxy: bool = False, envoy: bool = False, pod_identity_agent: bool = False
) -> int:
    """Return how many pods in the host network are certain to run on every node.

    The agent always is. The operator is not: it has two replicas, which sit on any two nodes.

    Args:
        kube_proxy: Whether kube-proxy runs, rather than Cilium's replacement of it.
        envoy: Whether Envoy runs in a DaemonSet of its own, the chart's default from 1.16.
        pod_identity_agent: Whether the EKS Pod Identity agent is installed.
    """
    return HOST_NETWORK_PODS + kube_proxy + envoy + pod_identity_agent


def pod_cap(instance: InstanceType) -> int:
    """Return the number of pods EKS lets a managed node have: 110, or 250 from 30 vCPUs on."""
    return _SMALL_NODE_CAP if instance.vcpus < _LARGE_NODE_VCPUS else _LARGE_NODE_CAP


def max_pods(
    instances: Sequence[InstanceType],
    *,
    first_interface_index: int = 1,
    prefix_delegation: bool = True,
    bare_metal_prefixes: bool = True,
    host_network_pods: int = HOST_NETWORK_PODS,
    agent_addresses: int = AGENT_ADDRESSES,
    max_allocate: int | None = None,
) -> int:
    """Return the kubelet's ``maxPods`` for a node group: the least any of its types can carry.

    The kubelet counts pods in the host network too, though they take no address from Cilium, so those
    that are certain to run on every node are added. Counting one that may be absent would admit a pod
    that gets no address.

    Args:
        instances: The types of the group.
        first_interface_index: The index of the first interface that pods use.
        prefix_delegation: Whether pods get their addresses from prefixes.
        bare_metal_prefixes: False for Cilium 1.12, which gives bare metal no prefixes.
        host_network_pods: Pods in the host network that run on every node of the group. The default
            counts the agent alone; see `host_network_pods_per_node`.
        agent_addresses: Addresses the agent takes on every node; see `agent_addresses_per_node`.
        max_allocate: Cilium's ``ipam.max_allocate``, None for what the type can have.

    Raises:
        InputError: If *instances* is empty.
    """
    if not instances:
        refuse([Problem("instance_types", "must name at least one instance type to know the pods of a node")])
    return min(
        min(
            pod_cap(instance),
            max(
                0,
                allocatable_ipv4(
                    instance,
                    first_interface_index=first_interface_index,
                    prefix_delegation=prefix_delegation,
                    bare_metal_prefixes=bare_metal_prefixes,
                    max_allocate=max_allocate,
                )
                - agent_addresses,
            )
            + host_network_pods,
        )
        for instance in instances
    )
