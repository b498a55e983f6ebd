"""How Cilium gives addresses to nodes, and how many pods a node of a type can have.

In ENI mode Cilium gives a node
``(interfaces - first index) x (addresses per interface - 1) x (16 with prefixes, else 1)``
addresses at most: `GetMaximumAllocatableIPv4` in
https://github.com/cilium/cilium/blob/v1.19.1/pkg/aws/eni/node.go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from cdk_eks_cilium.problems import Problem, refuse

from .instance_types import ADDRESSES_PER_PREFIX, NO_FACTS, InstanceType, find

# belief: CILIUM-agent-takes-two
AGENT_ADDRESSES: Final = 2
"""Addresses the agent takes for itself on every node: one for the router, one for the health endpoint.

Nodes of every size need two: https://github.com/cilium/cilium/issues/22054. `agent_addresses_per_node` counts
further addresses.
"""

HOST_NETWORK_PODS: Final = 1
"""Pods that use the node's own address on every node of every setup: the Cilium agent.

The kubelet counts such pods although they take no address from Cilium. Others, such as kube-proxy, are not
counted: on a node without kube-proxy the kubelet would admit a pod that gets no address.
"""

# belief: EKS-max-pods-cap
# EKS enforces these on managed node groups with its own images:
# https://docs.aws.amazon.com/eks/latest/userguide/choosing-instance-type.html
_SMALL_NODE_CAP: Final = 110
_LARGE_NODE_CAP: Final = 250
_LARGE_NODE_VCPUS: Final = 30

_LEAST: Final = {
    "first_interface_index": 0,
    "pre_allocate": 1,
    "min_allocate": 0,
    "max_allocate": 1,
    "agent_addresses": 0,
}
"""The smallest valid number, by attribute of `NodeAddressing`."""


def agent_addresses_per_node(*, ingress: bool = False) -> int:
    """Return how many addresses the agent takes for itself on every node.

    Args:
        ingress: Whether Cilium's ingress controller, Gateway API or Envoy configurations are switched on.
            The agent then takes an address as its source towards backends (`allocateIngressIPs` in
            https://github.com/cilium/cilium/blob/v1.16.0/daemon/cmd/ipam.go).
    """
    return AGENT_ADDRESSES + ingress


def pod_cap(instance: InstanceType) -> int:
    """Return the number of pods EKS lets a managed node have: 110, or 250 from 30 vCPUs on."""
    return _SMALL_NODE_CAP if instance.vcpus < _LARGE_NODE_VCPUS else _LARGE_NODE_CAP


@dataclass(frozen=True, kw_only=True)
class NodeAddressing:
    """How Cilium gives addresses to the nodes of a cluster. The defaults are this library's.

    Functions take the whole object, so that no input of max pods is forgotten.

    Attributes:
        first_interface_index: The index of the first interface that pods use; the node keeps the others.
        prefix_delegation: Whether pods get their addresses from /28 prefixes. Types without prefixes get
            single addresses.
        bare_metal_prefixes: False for releases of Cilium that look for the Nitro hypervisor by name, and so
            do not give prefixes to bare metal.
        pre_allocate: ``ipam.pre_allocate`` in addresses, None for Cilium's own.
        min_allocate: ``ipam.min_allocate`` in addresses, None for no minimum.
        max_allocate: ``ipam.max_allocate`` in addresses, None for the most that a type can have. The operator
            stops when a node has that many, after a whole prefix: `calculateNeededIPs` in
            https://github.com/cilium/cilium/blob/v1.19.1/pkg/ipam/node.go.
        agent_addresses: Addresses the agent takes on every node; see `agent_addresses_per_node`.
        instance_facts: Facts of instance types by name, which override the library's table; see `read_facts`.

    ``use_primary_address`` is not an attribute. With it the operator counts primary addresses as addresses of
    the node, and stops at the same number (`GetMaximumAllocatableIPv4` subtracts one address of each
    interface in any case). The plan stays on the safe side and ignores it.
    """

    first_interface_index: int = 1
    prefix_delegation: bool = True
    bare_metal_prefixes: bool = True
    pre_allocate: int | None = None
    min_allocate: int | None = None
    max_allocate: int | None = None
    agent_addresses: int = AGENT_ADDRESSES
    instance_facts: Mapping[str, InstanceType] = field(default_factory=lambda: NO_FACTS, hash=False)

    def find(self, name: str, where: str = "instance_types") -> InstanceType:
        """Return the facts of the type *name*.

        Raises:
            InputError: If neither `instance_facts` nor the library's table has the type.
        """
        return find(name, self.instance_facts, where=where)

    def gives_prefixes(self, instance: InstanceType) -> bool:
        """Whether nodes of this type get prefixes instead of single addresses."""
        able = instance.nitro or (instance.bare_metal and self.bare_metal_prefixes)
        return self.prefix_delegation and able

    def step(self, instance: InstanceType) -> int:
        """Return how many addresses a slot of an interface holds: 16 with prefixes, else 1."""
        return ADDRESSES_PER_PREFIX if self.gives_prefixes(instance) else 1

    def slots(self, instance: InstanceType) -> int:
        """Return how many prefixes or single addresses all pod interfaces of a node can hold."""
        return max(0, instance.enis - self.first_interface_index) * instance.slots

    def allocatable_ipv4(self, instance: InstanceType) -> int:
        """Return how many IPv4 addresses Cilium can allocate on a node of this type."""
        step = self.step(instance)
        most = self.slots(instance) * step
        return most if self.max_allocate is None else min(most, -(-self.max_allocate // step) * step)

    def pods(self, instance: InstanceType) -> int:
        """Return how many pods a node of this type can have, as the kubelet counts them."""
        with_address = max(0, self.allocatable_ipv4(instance) - self.agent_addresses)
        return min(pod_cap(instance), with_address + HOST_NETWORK_PODS)

    def addresses_for(self, pods: int) -> int:
        """Return how many addresses a node needs for its pods, as the kubelet counts pods."""
        return self.agent_addresses + max(0, pods - HOST_NETWORK_PODS)

    def max_pods(self, instance_types: Sequence[str]) -> int:
        """Return the kubelet's ``maxPods`` for a node group: the pods of its smallest type.

        Raises:
            InputError: If *instance_types* is empty or a type is unknown.
        """
        if not instance_types:
            rule = "must name at least one instance type to know the pods of a node"
            refuse([Problem("instance_types", rule, id="CEK3022")])
        return min(self.pods(self.find(name)) for name in instance_types)

    def problems(self, where: str) -> Iterator[Problem]:
        """Yield a problem for each invalid number."""
        for name, least in _LEAST.items():
            value = getattr(self, name)
            if value is not None and value < least:
                yield Problem(f"{where}.{name}", f"must be {least} or more", value, id="CEK3023")
        low, high = self.min_allocate, self.max_allocate
        if low is not None and high is not None and low > high:
            rule, fix = f"must be at most max_allocate, which is {high}", "lower it or raise max_allocate"
            yield Problem(f"{where}.min_allocate", rule, low, fix, id="CEK3024")
