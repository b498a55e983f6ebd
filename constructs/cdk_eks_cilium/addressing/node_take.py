"""What one node takes from its pod subnet: prefixes, single addresses and interfaces.

The operator keeps a node's stock by `calculateNeededIPs`: it asks for
``max(pre-allocate - free, min-allocate - available)`` addresses, in whole prefixes with prefix delegation,
until the node has its maximum. When more pods are pending on the node than that, it asks for as many
addresses as pods are pending, and counts pods that hold an address already or need no address
(`determineMaintenanceAction`). Both functions are in
https://github.com/cilium/cilium/blob/v1.19.1/pkg/ipam/node.go. A node keeps what it took: prefixes until
Cilium 1.19 gives them back, interfaces for life.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from .instance_types import ADDRESSES_PER_PREFIX, InstanceType
from .node_addressing import NodeAddressing

# belief: CILIUM-watermarks, CILIUM-eni-formula

PRE_ALLOCATE: Final = 8
"""Free addresses below which a node gets more, without ``ipam.pre_allocate``.

https://docs.cilium.io/en/stable/network/concepts/ipam/eni/. A type with fewer than eight single addresses
gets all that it can have: `GetMinimumAllocatableIPv4` in
https://github.com/cilium/cilium/blob/v1.19.1/pkg/aws/eni/node.go.
"""


@dataclass(frozen=True)
class Take:
    """What nodes take from pod subnets.

    Attributes:
        prefixes: /28 prefixes.
        singles: Addresses assigned one by one, on nodes without prefixes.
        interfaces: Pod interfaces. Each takes one address of its own, outside any prefix.
    """

    prefixes: int = 0
    singles: int = 0
    interfaces: int = 0

    @property
    def addresses(self) -> int:
        """All addresses, including one for each interface."""
        return ADDRESSES_PER_PREFIX * self.prefixes + self.singles + self.interfaces

    def __add__(self, other: Take) -> Take:
        return Take(
            self.prefixes + other.prefixes, self.singles + other.singles, self.interfaces + other.interfaces
        )

    def __mul__(self, nodes: int) -> Take:
        return Take(nodes * self.prefixes, nodes * self.singles, nodes * self.interfaces)


def worst(takes: Iterable[Take]) -> Take:
    """Return the largest number of each kind; nothing for no *takes*."""
    every = [Take(), *takes]
    return Take(
        max(take.prefixes for take in every),
        max(take.singles for take in every),
        max(take.interfaces for take in every),
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

        Each round asks for as many addresses as pods are pending, and gets what one interface has room for. A
        new interface gets at most as many addresses as it has slots, although a slot holds a prefix
        (`CreateInterface` in
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
    most = addressing.slots(instance)
    return _Stock(
        step=addressing.step(instance),
        per_interface=instance.slots,
        most=most,
        pre_allocate=min(PRE_ALLOCATE, most) if addressing.pre_allocate is None else addressing.pre_allocate,
        min_allocate=addressing.min_allocate or 0,
        max_allocate=addressing.max_allocate,
    )


def _take(stock: _Stock, units: int) -> Take:
    prefixes = units if stock.step == ADDRESSES_PER_PREFIX else 0
    # The operator makes a second interface only when the first is full.
    return Take(prefixes, units - prefixes, -(-units // stock.per_interface))


def node_take(instance: InstanceType, addressing: NodeAddressing, pods: int) -> Take:
    """Return the most that a node with a number of pods takes.

    The pods arrive on the idle node all at once, as from a drained node, or one after another, whichever
    takes more. Bursts that follow each other while earlier pods are still pending can take more, up to the
    maximum of the type; from 1.19 on Cilium gives the excess back.

    Args:
        instance: The type of the node.
        addressing: How Cilium gives addresses.
        pods: Pods as the kubelet counts them, those in the host network included.
    """
    stock = _stock(instance, addressing)
    idle = addressing.agent_addresses
    used = addressing.addresses_for(pods)
    return _take(stock, max(stock.kept(used), stock.after_burst(idle, used, pods)))


def idle_take(instance: InstanceType, addressing: NodeAddressing) -> Take:
    """Return what a node takes before any pod runs on it: usually one prefix, on one interface."""
    stock = _stock(instance, addressing)
    return _take(stock, stock.kept(addressing.agent_addresses))


def fullest_interface(instance: InstanceType, addressing: NodeAddressing) -> Take:
    """Return the most that one pod interface of this type can hold, and the interface itself."""
    stock = _stock(instance, addressing)
    return replace(_take(stock, stock.per_interface), interfaces=1)
