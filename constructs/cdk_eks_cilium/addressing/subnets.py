"""Cuts a range into subnets."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network
from itertools import islice
from typing import Final

from cdk_eks_cilium.problems import Problem, refuse

from .subnet_space import PodSubnet
from .vpc_blocks import cidr_problems

LARGEST_BLOCK: Final = 16
"""Prefix length of the largest range of a VPC."""

# belief: EC2-reserved-addresses
SMALLEST_SUBNET: Final = 28
"""Prefix length of the smallest subnet: https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html."""


def split(cidr: str, count: int, *, where: str = "network.pod_cidr") -> list[str]:
    """Cut a range into *count* equal subnets, lowest address first.

    Subnets are powers of two: each of three zones gets a quarter of the range, and the last quarter stays
    free for a fourth zone.

    Raises:
        InputError: If *cidr* is an invalid range, *count* is less than 1, or the subnets would be smaller
            than /28.
    """
    if count < 1:
        refuse([Problem(where, "must be cut into at least one subnet", count, id="CEK3054")])
    refuse(cidr_problems(where, cidr))
    network = IPv4Network(cidr)
    extra = (count - 1).bit_length()
    if network.prefixlen + extra > SMALLEST_SUBNET:
        rule = f"must have room for {count} subnets of /{SMALLEST_SUBNET} or larger"
        needed = SMALLEST_SUBNET - extra
        fix = f"choose /{needed} or larger" if needed >= LARGEST_BLOCK else "plan fewer subnets"
        refuse([Problem(where, rule, cidr, fix, id="CEK3034")])
    return [str(subnet) for subnet in islice(network.subnets(prefixlen_diff=extra), count)]


# belief: EC2-subnet-reservation, EC2-prefixes-need-contiguous-space
def prefix_reservations(subnet: str, *, where: str = "network.pod_cidr") -> tuple[str, str]:
    """Return the parts of a pod subnet to reserve for prefixes: its second quarter and its upper half.

    The lowest quarter remains for the primary addresses of pod interfaces, and for single addresses.
    https://docs.aws.amazon.com/vpc/latest/userguide/subnet-cidr-reservation.html

    Raises:
        InputError: If the subnet is smaller than /26, so that a quarter is smaller than a prefix.
    """
    network = IPv4Network(subnet)
    if network.prefixlen > SMALLEST_SUBNET - 2:
        rule = (
            f"must have subnets of /{SMALLEST_SUBNET - 2} or larger, to reserve three quarters for prefixes"
        )
        refuse(
            [Problem(where, rule, subnet, "choose a larger range, or do not reserve prefixes", id="CEK3035")]
        )
    _, second, *_ = network.subnets(prefixlen_diff=2)
    _, upper = network.subnets(prefixlen_diff=1)
    return str(second), str(upper)


def pod_subnet_cidrs(cidr: str, zones: Sequence[str], *, where: str = "network.pod_cidr") -> dict[str, str]:
    """Give each availability zone an equal part of the pod range.

    Args:
        zones: The names of the zones, in the order of their subnets. A further zone at the end does not
            change the other subnets until the number of zones passes a power of two.

    Raises:
        InputError: If *cidr* is invalid or too small, or *zones* is empty or names a zone twice.
    """
    if not zones:
        refuse([Problem(where, "must be split over at least one availability zone", id="CEK3036")])
    rule = "must be split over different availability zones"
    twice = sorted({zone for zone in zones if zones.count(zone) > 1})
    refuse(Problem(where, rule, zone, "name it once", id="CEK3037") for zone in twice)
    return dict(zip(zones, split(cidr, len(zones), where=where), strict=True))


def pod_subnets(
    cidrs: Sequence[str], zones: Sequence[str], *, where: str = "network.pod_cidr"
) -> tuple[PodSubnet, ...]:
    """Give each availability zone an equal part of each of several pod ranges.

    A further range adds subnets and does not change the others, so a full cluster can grow.

    Raises:
        InputError: If a range is invalid, too small or overlaps another, or *zones* is empty or names a zone
            twice.
    """
    _refuse_overlaps(cidrs, where)
    return tuple(
        PodSubnet(zone, subnet)
        for cidr in cidrs
        for zone, subnet in pod_subnet_cidrs(cidr, zones, where=where).items()
    )


def _refuse_overlaps(cidrs: Sequence[str], where: str) -> None:
    if not cidrs:
        refuse([Problem(where, "must name at least one range", id="CEK3038")])
    for cidr in cidrs:
        refuse(cidr_problems(where, cidr))
    blocks = [IPv4Network(cidr) for cidr in cidrs]
    fix = "name each address once"
    refuse(
        Problem(where, f"must not overlap {other}, another pod range", str(block), fix, id="CEK3039")
        for at, block in enumerate(blocks)
        for other in blocks[:at]
        if block.overlaps(other)
    )
