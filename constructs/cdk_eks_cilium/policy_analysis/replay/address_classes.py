"""Addresses that no policy tells apart: a public workload hears from thousands, and one of each is judged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from ipaddress import ip_address, ip_network
from typing import Any

from cdk_eks_cilium.policy.model import Policy
from cdk_eks_cilium.policy_analysis.flows import Conversation, Party
from cdk_eks_cilium.policy_analysis.workloads import Inventory

AddressClass = tuple[int, tuple[tuple[int, int], ...]]
"""The version of IP, and the ranges around an address: each its prefix length and its first address."""


class AddressClasses:
    """Puts one address in the place of all that are in the same ranges.

    Args:
        policies: The policies. Every range in them counts, wherever it stands.
        inventory: What files describe: the ranges of CiliumCIDRGroups, and what is behind Services.
    """

    def __init__(self, policies: Iterable[Policy], inventory: Inventory) -> None:
        texts = {text for policy in policies for text in _texts(policy.manifest())}
        texts |= {text for group in inventory.cidr_groups for text in group.cidrs}
        texts |= {text for listed in inventory.backends for text in listed.addresses}
        self._ranges: dict[int, dict[int, set[int]]] = {4: {}, 6: {}}
        for text in texts:
            try:
                found = ip_network(text, strict=False)
            except ValueError:
                continue
            lengths = self._ranges[found.version]
            lengths.setdefault(found.prefixlen, set()).add(int(found.network_address))
        self._first: dict[AddressClass, str] = {}

    def stand_in(self, conversation: Conversation) -> Conversation:
        """A conversation that policies cannot tell from another one, mostly that other one."""
        source, destination = self._party(conversation.source), self._party(conversation.destination)
        if source is conversation.source and destination is conversation.destination:
            return conversation
        return replace(conversation, source=source, destination=destination)

    def _party(self, party: Party) -> Party:
        if party.kind != "world":
            return party
        found = self._first.setdefault(self._class(party.name), party.name)
        return party if found == party.name else replace(party, name=found)

    def _class(self, text: str) -> AddressClass:
        address = ip_address(text)
        number, bits = int(address), address.max_prefixlen
        around = []
        for length, ranges in self._ranges[address.version].items():
            first = number >> (bits - length) << (bits - length)
            if first in ranges:
                around.append((length, first))
        return address.version, tuple(around)


def _texts(data: Any) -> Iterator[str]:
    """Every text in plain data that may be a range."""
    if isinstance(data, str):
        if "." in data or ":" in data:
            yield data
    elif isinstance(data, Mapping):
        for each in data.values():
            yield from _texts(each)
    elif isinstance(data, list | tuple):
        for each in data:
            yield from _texts(each)
