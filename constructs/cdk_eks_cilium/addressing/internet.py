"""Ranges of the internet. Plain Python."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Any

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def everyone(blocks: Iterable[Any]) -> bool:
    """Whether the blocks, taken together, hold every address of IPv4 or every one of IPv6.

    Args:
        blocks: CIDR blocks. Anything else, such as a token, counts for nothing.
    """
    networks = [network for block in blocks if (network := _network(block)) is not None]
    fours = [network for network in networks if isinstance(network, ipaddress.IPv4Network)]
    sixes = [network for network in networks if isinstance(network, ipaddress.IPv6Network)]
    return ipaddress.IPv4Network("0.0.0.0/0") in ipaddress.collapse_addresses(fours) or ipaddress.IPv6Network(
        "::/0"
    ) in ipaddress.collapse_addresses(sixes)


def _network(block: Any) -> Network | None:
    try:
        return ipaddress.ip_network(block, strict=False) if isinstance(block, str) else None
    except ValueError:
        return None
