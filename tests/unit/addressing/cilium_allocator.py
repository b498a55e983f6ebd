"""A model of Cilium's operator and of EC2's subnets, for a comparison with the plan's arithmetic.

It allocates step by step, as the operator does, and shares no formula with the library: stock is counted and
never computed. Where EC2 may choose, the model takes the worst case: a whole free /28 for a single address.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Network

BLOCK = 16


class Subnet:
    """The addresses of a subnet, by /28: how many of each are free."""

    def __init__(self, cidr: str) -> None:
        blocks = IPv4Network(cidr).num_addresses // BLOCK
        self.free = [BLOCK] * blocks
        self.free[0] -= 4
        self.free[-1] -= 1

    @property
    def free_addresses(self) -> int:
        return sum(self.free)

    def assign_prefix(self) -> bool:
        if BLOCK not in self.free:
            return False
        self.free[self.free.index(BLOCK)] = 0
        return True

    def assign_address(self) -> bool:
        fullest = max(range(len(self.free)), key=self.free.__getitem__)
        if not self.free[fullest]:
            return False
        self.free[fullest] -= 1
        return True


@dataclass
class Interface:
    subnet: Subnet
    prefixes: int = 0
    singles: int = 0


@dataclass
class Node:
    """A node and the operator's view of it.

    Attributes:
        adapters: Interfaces it may have.
        ipv4: Addresses or prefixes of an interface, its own address included.
        nitro: Whether prefixes can be delegated to it.
        first_index: The first interface for pods; one interface is there from the start.
        watermark: pre-allocate of the configuration, None for the operator's floor.
        least: min-allocate.
        most: max-allocate, None for what the node may have.
        primary: Whether interfaces' own addresses serve pods.
    """

    adapters: int
    ipv4: int
    nitro: bool = True
    first_index: int = 1
    watermark: int | None = None
    least: int = 0
    most: int | None = None
    primary: bool = False
    used: int = 0
    interfaces: list[Interface] = field(default_factory=list)

    @property
    def delegated(self) -> bool:
        plain = [each for each in self.interfaces if each.singles and not each.prefixes]
        return self.nitro and not plain

    @property
    def available(self) -> int:
        return sum(BLOCK * each.prefixes + each.singles + self.primary for each in self.interfaces)

    @property
    def prefixes(self) -> int:
        return sum(each.prefixes for each in self.interfaces)

    @property
    def singles(self) -> int:
        return sum(each.singles for each in self.interfaces)

    def _limit(self) -> int:
        if self.most is not None:
            return self.most
        each = (self.ipv4 - 1) * (BLOCK if self.delegated else 1)
        return max(0, self.adapters - self.first_index) * each

    def _needed(self) -> int:
        watermark = self.watermark
        if watermark is None:
            watermark = min(8, max(0, self.adapters - self.first_index) * (self.ipv4 - 1))
        needed = watermark - (self.available - self.used)
        if self.least:
            needed = max(needed, self.least - self.available)
        limit = self._limit()
        if limit and self.available + needed > limit:
            needed = limit - self.available
        return max(0, needed)

    def _room_on(self, interface: Interface) -> int:
        slots = self.ipv4 - 1 - interface.prefixes - interface.singles
        return slots * BLOCK if self.delegated else slots

    def maintain(self, subnets: list[Subnet], pending: int = 0) -> bool:
        """Do one round of the operator; return whether the node got an address."""
        needed = self._needed()
        if not needed:
            return False
        wanted = max(needed, pending)
        for interface in self.interfaces:
            room = self._room_on(interface)
            if room > 0 and interface.subnet.free_addresses:
                return self._assign(interface, min(wanted, room))
        # The node's own interfaces, up to the first index, occupy slots too.
        if len(self.interfaces) + max(1, self.first_index) >= self.adapters + (self.first_index == 0):
            return False
        subnet = max(subnets, key=lambda each: each.free_addresses)
        if not subnet.assign_address():
            return False
        interface = Interface(subnet)
        self.interfaces.append(interface)
        return self._assign(interface, min(wanted, self.ipv4 - 1))

    def _assign(self, interface: Interface, wanted: int) -> bool:
        got = False
        if self.delegated:
            prefixes = -(-wanted // BLOCK)
            if interface.subnet.free.count(BLOCK) >= prefixes:
                for _ in range(prefixes):
                    interface.subnet.assign_prefix()
                interface.prefixes += prefixes
                return prefixes > 0
        # No /28 is free: single addresses instead, and no prefixes on this node from now on.
        for _ in range(min(wanted, self.ipv4 - 1 - interface.prefixes - interface.singles)):
            if interface.subnet.assign_address():
                interface.singles += 1
                got = True
        return got

    def settle(self, subnets: list[Subnet], pending: int = 0) -> None:
        """Let the operator work until nothing changes."""
        while self.maintain(subnets, pending):
            pass

    def boot(self, subnets: list[Subnet], agents: int) -> None:
        """Start the node, and let the agent take its addresses."""
        self.settle(subnets)
        self.used += min(agents, self.available)
        self.settle(subnets)

    def burst(self, subnets: list[Subnet], pods: int, host_network: int) -> int:
        """Let pods arrive at once, all pending until each has an address; return how many get none."""
        waiting = max(0, pods - host_network)
        while waiting:
            taking = min(waiting, self.available - self.used)
            self.used += taking
            waiting -= taking
            if not self.maintain(subnets, pods) and not taking:
                break
        self.settle(subnets, pods)
        return waiting

    def trickle(self, subnets: list[Subnet], pods: int, host_network: int) -> int:
        """Let pods arrive one after another; return how many get no address."""
        for arrived in range(max(0, pods - host_network)):
            if self.used == self.available:
                return pods - host_network - arrived
            self.used += 1
            self.settle(subnets)
        return 0
