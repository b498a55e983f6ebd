"""What EKS demands of the range of a cluster's services.

`serviceIpv4Cidr` in
https://docs.aws.amazon.com/eks/latest/APIReference/API_KubernetesNetworkConfigRequest.html.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network
from typing import Final

from cdk_eks_cilium.problems import Problem

from .vpc_blocks import cidr_problems

_PRIVATE: Final = tuple(IPv4Network(cidr) for cidr in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
_LARGEST: Final = 12
_SMALLEST: Final = 24


def service_cidr_problems(
    where: str,
    cidr: str,
    *,
    vpc_cidrs: Sequence[str] = (),
    peers: Sequence[str] = (),
    on_premises: Sequence[str] = (),
) -> list[Problem]:
    """Say why *cidr* cannot be the range of a cluster's services.

    It is never routed, but a node that knows a Service by an address cannot reach what else has it. EKS
    refuses an overlap with the VPC, and advises against one with peers and on-premises ranges.

    Args:
        where: The settings key to blame.
        cidr: The range, /12 to /24 of a private range.
        vpc_cidrs: All ranges of the VPC, those of pods included.
        peers: Ranges of peered VPCs.
        on_premises: Ranges beyond a VPN, Direct Connect or transit gateway.

    Raises:
        ValueError: If anything but *cidr* holds something that is no range; check those where they come from.
    """
    problems = cidr_problems(where, cidr, shortest=_LARGEST, longest=_SMALLEST)
    if problems:
        return problems
    network = IPv4Network(cidr)
    rules = []
    if not any(network.subnet_of(private) for private in _PRIVATE):
        rules.append(f"must lie inside {', '.join(map(str, _PRIVATE[:2]))} or {_PRIVATE[2]}")
    named = {
        "a range of the VPC": vpc_cidrs,
        "a range of a peered VPC": peers,
        "an on-premises range": on_premises,
    }
    rules += [
        f"must not overlap {other}, {name}"
        for name, others in named.items()
        for other in others
        if network.overlaps(IPv4Network(other))
    ]
    fix = "leave it out and let EKS choose, or take a private range that nothing else has"
    return [Problem(where, rule, cidr, fix) for rule in rules]
