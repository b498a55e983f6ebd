"""What one node takes out of its pod subnet: prefixes, single addresses and interfaces.

The operator keeps a node's stock by `calculateNeededIPs`: it asks for
``max(pre-allocate - free, min-allocate - available)`` addresses, in whole prefixes with prefix delegation,
until the node has what it may have. When more pods are pending on the node than that, it asks for as many as
are pending, those included that hold an address already or need none (`determineMaintenanceAction`). Both are
in https://github.com/cilium/cilium/blob/v1.19.1/pkg/ipam/node.go. What is taken stays taken while the node
lives: prefixes are given back from Cilium 1.19 on, interfaces never.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from cdk_eks_cilium.problems import Problem, refuse

from .instance_types import ADDRESSES_PER_PREFIX, InstanceType
from .pods import AGENT_ADDRESSES, HOST_NETWORK_PODS, max_pods

PRE_ALLOCATE: Final = 8
"""Free addresses below which a node gets more, unless ``ipam.pre_allocate`` says otherwise.

https://docs.cilium.io/en/stable/network/concepts/ipam/eni/. A type that cannot have eight single addresses
gets as many as it can have: `GetMinimumAllocatableIPv4` in
https://github.com/cilium/cilium/blob/v1.19.1/pkg/aws/eni/node.go.
"""


@dataclass(frozen=True, kw_only=True)
class NodeAddressing:
    """How Cilium gives addresses to the nodes of a cluster. The defaults are this library's.

    Attributes:
        first_interface_index: The index of the first interface that pods use; those before it are the node's.
        prefix_delegation: Whether pods get their addresses from /28 prefixes.
        bare_metal_prefixes: False for Cilium 1.12, which gives bare metal no prefixes.
        pre_allocate: ``ipam.pre_allocate`` in addresses, None for Cilium's own.
        min_allocate: ``ipam.min_allocate`` in addresses, None for none.
        max_allocate: ``ipam.max_allocate`` in addresses, None for what a type can have.
        agent_addresses: Addresses the agent takes on every node; see `agent_addresses_per_node`.
        host_network_pods: Pods in the host network that run on every node, and need no address; see
            `host_network_pods_per_node`.

    ``use_primary_address`` is no field: it changes neither max pods (see `allocatable_ipv4`) nor, on the safe
    side, what a node takes.
    """

    first_interface_index: int = 1
    prefix_delegation: bool = True
    bare_metal_prefixes: bool = True
    pre_allocate: int | None = None
    min_allocate: int | None = None
    max_allocate: int | None = None
    agent_addresses: int = AGENT_ADDRESSES
    host_network_pods: int = HOST_NETWORK_PODS

    def max_pods(self, instances: Sequence[InstanceType]) -> int:
        """Return the kubelet's ``maxPods`` for a node group of these types: see `pods.max_pods`."""
        return max_pods(
            instances,
            first_interface_index=self.first_interface_index,
            prefix_delegation=self.prefix_delegation,
            bare_metal_prefixes=self.bare_metal_prefixes,
            host_network_pods=self.host_network_pods,
            agent_addresses=self.agent_addresses,
            max_allocate=self.max_allocate,
        )


@dataclass(frozen=True)
class Take:
    """What nodes take out of pod subnets.

    Attributes:
        prefixes: /28 prefixes.
        singles: Addresses assigned one by one, where there are no prefixes.
        interfaces: Pod interfaces. Each takes one address of its own, outside any prefix.
    """

    prefixes: int = 0
    singles: int = 0
    interfaces: int = 0

    @property
    def addresses(self) -> int:
        """All addresses, those of the interfaces included."""
        return ADDRESSES_PER_PREFIX * self.prefixes + self.singles + self.interfaces

    def __add__(self, other: Take) -> Take:
        return Take(
            self.prefixes + other.prefixes, self.singles + other.singles, self.interfaces + other.interfaces
        )

    def __mul__(self, nodes: int) -> Take:
        return Take(nodes * self.prefixes, nodes * self.singles, nodes * self.interfaces)

    def worst(self, other: Take) -> Take:
        """Return the larger of each."""
        return Take(
            max(self.prefixes, other.prefixes),
            max(self.singles, other.singles),
            max(self.interfaces, other.interfaces),
        )


@dataclass(frozen=True)
class _Stock:
    """The operator's arithmetic for one node, in units of one address or of one prefix."""

    step: int
    per_interface: int
    most: int
    pre_allocate: int
    min_allocate: int
    max_allocate: int | None

    def units(self, addresses: int) -> int:
        return -(-addresses // self.step)

    def kept(self, used: int) -> int:
        """Return the units a node has once *used* addresses are in use."""
        wanted = self.units(max(used + self.pre_allocate, self.min_allocate))
        return min(wanted, self.most, *([] if self.max_allocate is None else [self.units(self.max_allocate)]))

    def after_burst(self, idle: int, used: int, pods: int) -> int:
        """Return the units of an idle node on which *pods* arrive at once and stay pending for a while.

        Each round asks for as many addresses as pods are pending, and gets what one interface has room for:
        on a new one no more than it has slots, though a slot holds a prefix (`CreateInterface` in
        https://github.com/cilium/cilium/blob/v1.19.1/pkg/aws/eni/node.go).
        """
        units = self.kept(idle)
        while units < self.most and used + self.pre_allocate > units * self.step:
            if self.max_allocate is not None and units * self.step >= self.max_allocate:
                break
            room = -units % self.per_interface
            units += min(room, self.units(pods)) if room else self.units(min(pods, self.per_interface))
        return units


def _stock(instance: InstanceType, addressing: NodeAddressing) -> _Stock:
    interfaces = max(0, instance.enis - addressing.first_interface_index)
    per_interface = instance.ipv4_per_eni - 1
    prefixes = addressing.prefix_delegation and instance.takes_prefixes(
        bare_metal_prefixes=addressing.bare_metal_prefixes
    )
    most = interfaces * per_interface
    return _Stock(
        step=ADDRESSES_PER_PREFIX if prefixes else 1,
        per_interface=per_interface,
        most=most,
        pre_allocate=min(PRE_ALLOCATE, most) if addressing.pre_allocate is None else addressing.pre_allocate,
        min_allocate=addressing.min_allocate or 0,
        max_allocate=addressing.max_allocate,
    )


def _take(stock: _Stock, units: int) -> Take:
    prefixes = units if stock.step == ADDRESSES_PER_PREFIX else 0
    # A second interface is made when the first is full, and not before.
    return Take(prefixes, units - prefixes, -(-units // stock.per_interface))


def node_take(instance: InstanceType, addressing: NodeAddressing, pods: int) -> Take:
    """Return the most a node takes that comes to run a number of pods.

    It is what the node holds when all its pods arrive at once on the idle node, as those of a drained node
    do, or one after another, whichever is more. Bursts that follow each other while earlier pods are still
    pending can take more, up to what the type can have; from 1.19 on Cilium gives that back.

    Args:
        instance: The type of the node.
        addressing: How Cilium gives addresses.
        pods: Pods as the kubelet counts them, those in the host network included.
    """
    stock = _stock(instance, addressing)
    idle = addressing.agent_addresses
    used = idle + max(0, pods - addressing.host_network_pods)
    return _take(stock, max(stock.kept(used), stock.after_burst(idle, used, pods)))


def idle_take(instance: InstanceType, addressing: NodeAddressing) -> Take:
    """Return what a node takes before any pod runs on it: mostly one prefix, on one interface."""
    stock = _stock(instance, addressing)
    return _take(stock, stock.kept(addressing.agent_addresses))


def fullest_interface(instances: Sequence[InstanceType], addressing: NodeAddressing) -> Take:
    """Return the most one pod interface of any of these types can hold, the interface included."""
    take = Take()
    for instance in instances:
        stock = _stock(instance, addressing)
        take = take.worst(replace(_take(stock, stock.per_interface), interfaces=1))
    return take


def addressing_problems(where: str, addressing: NodeAddressing) -> list[Problem]:
    """Say which numbers of *addressing* make no sense.

    Args:
        where: The settings key to blame; the field's name is appended.
        addressing: How Cilium gives addresses.
    """
    least = {"first_interface_index": 0, "pre_allocate": 1, "min_allocate": 0, "max_allocate": 1}
    least |= {"agent_addresses": 0, "host_network_pods": 0}
    problems = []
    for name, lowest in least.items():
        value = getattr(addressing, name)
        if value is not None and value < lowest:
            problems.append(Problem(f"{where}.{name}", f"must be {lowest} or more", value))
    low, high = addressing.min_allocate, addressing.max_allocate
    if low is not None and high is not None and low > high:
        rule = f"must not be over max_allocate, which is {high}"
        problems.append(Problem(f"{where}.min_allocate", rule, low, "lower the first or raise the second"))
    return problems


def check_addressing(where: str, addressing: NodeAddressing) -> None:
    """Refuse an *addressing* that makes no sense.

    Raises:
        InputError: With what `addressing_problems` finds.
    """
    refuse(addressing_problems(where, addressing))
