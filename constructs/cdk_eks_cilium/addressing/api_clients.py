"""Which networks may reach the private endpoint of the Kubernetes API."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Final

from cdk_eks_cilium.problems import Problem

from .vpc_blocks import cidr_problems

LARGEST_NETWORK: Final = 8
"""Prefix length of the largest network: 10.0.0.0/8. Nobody owns a larger one."""

CALLERS_EXAMPLE: Final = "10.8.0.0/16"
"""A network with a route to the VPC, for fixes."""

_NOBODY_CALLS_FROM: Final = tuple(
    IPv4Network(block)
    for block in ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4")
)


def caller_problems(where: str, cidr: str) -> list[Problem]:
    """Return why *cidr* cannot be a network that calls the API over the VPC.

    Public addresses are valid: some networks use their own public range inside, and route it to the VPC.
    """
    problems = cidr_problems(where, cidr, shortest=0, longest=32, example=CALLERS_EXAMPLE)
    if problems:
        return problems
    network = IPv4Network(cidr)
    if network.prefixlen < LARGEST_NETWORK:
        return [
            Problem(
                where,
                f"must be a network of /{LARGEST_NETWORK} or smaller",
                cidr,
                f"name the networks that have a route to the VPC, such as '{CALLERS_EXAMPLE}'",
                id="CEK3001",
            )
        ]
    return [
        Problem(
            where, f"must not contain an address of {block}, which no packet comes from", cidr, id="CEK3002"
        )
        for block in _NOBODY_CALLS_FROM
        if network.overlaps(block)
    ]
