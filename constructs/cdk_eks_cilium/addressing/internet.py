"""Ranges that cover the whole internet."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from typing import Any


def everyone(blocks: Iterable[Any]) -> bool:
    """Whether the blocks together contain every address of IPv4, or every address of IPv6.

    Args:
        blocks: CIDR blocks. Other values, such as tokens, are ignored.
    """
    fours: list[IPv4Network] = []
    sixes: list[IPv6Network] = []
    for block in blocks:
        try:
            network = ip_network(block if isinstance(block, str) else "", strict=False)
        except ValueError:
            continue
        if isinstance(network, IPv4Network):
            fours.append(network)
        else:
            sixes.append(network)
    whole = IPv4Network("0.0.0.0/0"), IPv6Network("::/0")
    return whole[0] in collapse_addresses(fours) or whole[1] in collapse_addresses(sixes)
