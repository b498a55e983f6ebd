"""Sides that policies cannot tell apart have one identity, as in Cilium."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Iterable, Sequence
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_network

from cdk_eks_cilium.policy_analysis.workloads import Inventory, Workload

from .flow import Endpoint
from .labels import is_known


def pod_identity(workload: Workload, inventory: Inventory) -> Hashable:
    """What pods have in common that policies cannot tell apart.

    That is all labels that Cilium knows, and the names of ports. Pods on their node's network are one node.
    """
    if workload.host_network:
        return "node"
    return (
        workload.namespace,
        frozenset((key, value) for key, value in workload.labels.items() if is_known(key)),
        workload.service_account,
        frozenset((port.name.lower(), port.protocol, port.number) for port in workload.ports),
        workload.namespace in inventory.namespaces,
    )


def identity_of(endpoint: Endpoint, inventory: Inventory) -> Hashable:
    """What a side has in common with the sides that policies cannot tell from it."""
    if endpoint.workload is not None:
        return pod_identity(endpoint.workload, inventory)
    return endpoint.kind, endpoint.name


class AddressAtoms:
    """The addresses between the ends of some ranges, which all of the ranges mean or do not mean together.

    Args:
        ranges: The ranges, as text.
    """

    def __init__(self, ranges: Iterable[str]) -> None:
        self._ranges = [ip_network(text, strict=False) for text in dict.fromkeys(ranges)]

    def of(self, endpoint: Endpoint) -> tuple[int, int]:
        """The version of an address, and the number of its atom."""
        address = endpoint.ip
        if address is None:
            raise ValueError(f"{endpoint} has no address")
        return address.version, bisect_right(self._starts[address.version], int(address))

    @cached_property
    def _starts(self) -> dict[int, Sequence[int]]:
        found: dict[int, set[int]] = {4: set(), 6: set()}
        for each in self._ranges:
            found[each.version] |= _ends(each)
        return {version: sorted(starts) for version, starts in found.items()}


def _ends(network: IPv4Network | IPv6Network) -> set[int]:
    return {int(network.network_address), int(network.broadcast_address) + 1}
