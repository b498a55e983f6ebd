"""Sides that policies cannot tell apart have one identity, as in Cilium."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Iterable
from ipaddress import IPv4Address, IPv6Address, ip_network

from cdk_eks_cilium.policy_analysis.identity_labels import is_known
from cdk_eks_cilium.policy_analysis.workloads import Inventory, Workload

from .flow import Endpoint


def pod_identity(workload: Workload, inventory: Inventory) -> Hashable:
    """What pods have in common that policies cannot tell apart.

    That is all labels that Cilium knows, the names of ports, and addresses where ranges mean pods. Pods on
    their node's network are one node.
    """
    if workload.host_network:
        return "node", workload.addresses if "nodes" in inventory.ranges_mean else ()
    return (
        workload.namespace,
        frozenset((key, value) for key, value in workload.labels.items() if is_known(key)),
        workload.service_account,
        frozenset((port.name.lower(), port.protocol, port.number) for port in workload.ports),
        workload.namespace in inventory.namespaces,
        workload.addresses if "pods" in inventory.ranges_mean else (),
    )


def identity_of(endpoint: Endpoint, inventory: Inventory) -> Hashable:
    """What a side has in common with the sides that policies cannot tell from it."""
    if endpoint.workload is not None:
        return pod_identity(endpoint.workload, inventory)
    return endpoint.kind, endpoint.name, endpoint.at, endpoint.labels


class AddressAtoms:
    """Parts of the addresses that every one of some ranges means as a whole, or not at all.

    Args:
        ranges: The ranges, as text.
    """

    def __init__(self, ranges: Iterable[str]) -> None:
        starts: dict[int, set[int]] = {4: set(), 6: set()}
        for each in {ip_network(text, strict=False) for text in ranges}:
            starts[each.version] |= {int(each.network_address), int(each.broadcast_address) + 1}
        self._starts = {version: sorted(some) for version, some in starts.items()}

    def of(self, address: IPv4Address | IPv6Address) -> tuple[int, int]:
        """The version of an address, and the number of its part."""
        return address.version, bisect_right(self._starts[address.version], int(address))
