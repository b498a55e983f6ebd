"""AWS's rules for the IPv4 ranges of a VPC.

The VPC user guide has the rules: sizes and overlaps at
https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html, the ranges that a primary range
excludes at https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html#add-cidr-block-restrictions,
the number of ranges at https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network, ip_interface
from typing import Final

from cdk_eks_cilium.problems import Problem

# belief: EC2-quotas
DEFAULT_BLOCK_QUOTA: Final = 5
"""IPv4 ranges per VPC, including the primary range, unless AWS has raised the quota."""

LARGEST_BLOCK_QUOTA: Final = 50
"""IPv4 ranges per VPC with the highest quota that AWS grants."""

PRIMARY_EXAMPLE: Final = "10.0.0.0/16"
"""A primary range of a VPC, for fixes."""

_IPV6: Final = 6
_ONLY_IPV4: Final = "name an IPv4 range: a cluster of this library has no IPv6"

# belief: EC2-block-matrix
_TEN: Final = IPv4Network("10.0.0.0/8")
_TEN_LOW: Final = IPv4Network("10.0.0.0/15")
_TEN_ZERO: Final = IPv4Network("10.0.0.0/16")
_ONE_SEVEN_TWO: Final = IPv4Network("172.16.0.0/12")
_DEFAULT_VPC: Final = IPv4Network("172.31.0.0/16")
_ONE_NINE_TWO: Final = IPv4Network("192.168.0.0/16")
_BENCHMARK: Final = IPv4Network("198.19.0.0/16")
_LINK_LOCAL: Final = IPv4Network("169.254.0.0/16")
_SHARED: Final = IPv4Network("100.64.0.0/10")
_DOCKER: Final = IPv4Network("172.17.0.0/16")
_RFC1918: Final = (_TEN, _ONE_SEVEN_TWO, _ONE_NINE_TWO)
# Ranges no host may have, whatever the cloud: "this network", loopback, multicast.
_NEVER: Final = tuple(IPv4Network(cidr) for cidr in ("0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/4"))
_EKS_SERVICE_RANGES: Final = (IPv4Network("10.100.0.0/16"), IPv4Network("172.20.0.0/16"))


def cidr_problems(
    where: str, value: str, *, shortest: int = 16, longest: int = 28, example: str = "100.64.0.0/16"
) -> list[Problem]:
    """Return why *value* is not an IPv4 range of a permitted size.

    Args:
        example: A range such as it could be, for the fix.
        shortest: The smallest prefix length, which is the largest range.
        longest: The largest prefix length, which is the smallest range.
    """
    sized = f"from /{shortest} to /{longest}" if shortest != longest else f"of /{shortest}"
    rule = f"must be an IPv4 range {sized}"
    try:
        network = IPv4Network(value, strict=False)
    except ValueError:
        fix = _ONLY_IPV4 if _is_ipv6(value) else f"write it as an address and a length: '{example}'"
        return [Problem(where, rule, value, fix, id="CEK3040")]
    if "/" not in value:
        fix = f"add its length: '{_with_length(value, shortest, longest)}'"
        return [Problem(where, rule, value, fix, id="CEK3041")]
    if value != str(network):
        # The value has host bits, or a netmask, which AWS does not read.
        rule, fix = "must be written as its first address and its length", f"did you mean '{network}'?"
        return [Problem(where, rule, value, fix, id="CEK3042")]
    if not shortest <= network.prefixlen <= longest:
        size = "larger" if network.prefixlen > longest else "smaller"
        return [Problem(where, rule, value, f"choose a {size} range", id="CEK3043")]
    return []


def _is_ipv6(value: str) -> bool:
    try:
        return ip_interface(value).version == _IPV6
    except ValueError:
        return False


def vpc_cidr_problems(where: str, cidr: str, *, zones: int = 1) -> list[Problem]:
    """Return why *cidr* cannot be the primary range of a VPC with subnets in some zones."""
    problems = cidr_problems(where, cidr, example=PRIMARY_EXAMPLE)
    if problems:
        return problems
    network = IPv4Network(cidr)
    fix = "take a range of 10.0.0.0/8, such as '10.0.0.0/16'"
    problems = [Problem(where, rule, cidr, fix, id="CEK3044") for rule in _reserved_rules(network)]
    # A public and a private subnet in each zone.
    count = 2 * zones
    # EKS needs six free addresses in each subnet of the control plane and recommends sixteen; AWS keeps five
    # of every subnet. A /28 has eleven free addresses:
    # https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html.
    needed = 28 - (count - 1).bit_length()
    if network.prefixlen > needed:
        rule = f"must have room for {count} subnets of /28 or larger in {zones} availability zones"
        problems.append(Problem(where, rule, cidr, f"choose /{needed} or larger", id="CEK3045"))
    return problems


def secondary_cidr_problems(
    where: str, *, primary: str, secondary: str, associated: Sequence[str] = ()
) -> list[Problem]:
    """Return why *secondary* cannot become a further range of a VPC.

    Args:
        where: The settings key that the problems name.
        primary: The primary range of the VPC.
        secondary: The range to add.
        associated: Other ranges that the VPC has already.

    Raises:
        ValueError: If another argument than *secondary* has an invalid range; check those arguments first.
    """
    problems = cidr_problems(where, secondary)
    if problems:
        return problems
    network, first = IPv4Network(secondary), IPv4Network(primary)
    others = [block for block in map(IPv4Network, associated) if block != first]
    fix = _proposal(network.prefixlen, [first, *others])
    rules = _reserved_rules(network) or _matrix_rules(network, first, others)
    named = [(first, "the primary range of the VPC"), *((block, "a range of the VPC") for block in others)]
    rules += [f"must not overlap {block}, {name}" for block, name in named if network.overlaps(block)]
    problems = [Problem(where, rule, secondary, fix, id="CEK3046") for rule in rules]
    # More than the default quota gets advice: an account may have a higher quota.
    if 2 + len(others) > LARGEST_BLOCK_QUOTA:
        most = LARGEST_BLOCK_QUOTA
        rule = f"must fit into the quota of {most} IPv4 ranges per VPC, {1 + len(others)} of them in use"
        fix = f"remove a range, AWS raises the quota to {most} at most"
        problems.append(Problem(where, rule, secondary, fix, id="CEK3047"))
    return problems


def secondary_cidr_advice(secondary: str, *, service_cidr: str | None = None) -> list[str]:
    """Return advice on a pod range that AWS accepts and that may still cause trouble.

    Args:
        service_cidr: The range of the cluster's Services. With None it is unknown, and EKS may have taken it.
    """
    if cidr_problems("", secondary):
        return []
    network = IPv4Network(secondary)
    advice = []
    if network.overlaps(_DOCKER):
        advice.append(
            f"{secondary} overlaps {_DOCKER}, the bridge network of Docker, which some AWS services use too: "
            "pods there may be unreachable from Docker hosts, Cloud9 and SageMaker"
        )
    if service_cidr is None and any(network.overlaps(block) for block in _EKS_SERVICE_RANGES):
        advice.append(
            f"{secondary} overlaps a range that EKS takes for services by default: "
            f"set the service range, or move to {_SHARED}"
        )
    if network.is_global:
        advice.append(
            f"{secondary} is a public range: the VPC cannot reach its owner on the internet; "
            f"nobody owns a range of {_SHARED}"
        )
    return advice


def _with_length(address: str, shortest: int, longest: int) -> str:
    """Return the range that an address without a length most likely stands for."""
    # Where a single host is permitted, propose a single host: a larger range would let in more than intended.
    length = longest if longest == 32 else shortest
    return str(IPv4Network(f"{address}/{length}", strict=False))


def _reserved_rules(network: IPv4Network) -> list[str]:
    """Return why no VPC can have a range."""
    if network.overlaps(_LINK_LOCAL):
        return [f"must lie outside {_LINK_LOCAL}, which is link-local and never part of a VPC"]
    return [f"must lie outside {block}, which no host may use" for block in _NEVER if network.overlaps(block)]


def _matrix_rules(network: IPv4Network, primary: IPv4Network, others: Sequence[IPv4Network]) -> list[str]:
    """Return why the ranges of a VPC exclude another range."""
    rules = [
        f"must lie outside {block} in a VPC whose primary range is {primary}"
        for block in _ruled_out(primary)
        if network.overlaps(block)
    ]
    low = [block for block in (primary, *others) if block.subnet_of(_TEN_LOW)]
    if primary.subnet_of(_TEN) and low and network.subnet_of(_TEN_ZERO):
        rules.append(f"must lie outside {_TEN_ZERO} in a VPC with a range in {_TEN_LOW}, here {low[0]}")
    return rules


def _ruled_out(primary: IPv4Network) -> tuple[IPv4Network, ...]:
    """Return the ranges that AWS forbids beside a primary range: its table, row by row."""
    if primary.subnet_of(_TEN):
        return (_ONE_SEVEN_TWO, _ONE_NINE_TWO, _BENCHMARK)
    if primary.subnet_of(_ONE_SEVEN_TWO):
        return (_TEN, _ONE_NINE_TWO, _DEFAULT_VPC, _BENCHMARK)
    if primary.subnet_of(_ONE_NINE_TWO):
        return (_TEN, _ONE_SEVEN_TWO, _BENCHMARK)
    if primary.subnet_of(_BENCHMARK):
        return _RFC1918
    return (*_RFC1918, _BENCHMARK)


def _proposal(length: int, taken: Sequence[IPv4Network]) -> str:
    """Return a fix that names a free range of the same size, from the space that every VPC accepts."""
    free = free_blocks(str(_SHARED), length, 1, [str(block) for block in taken])
    if free is None:
        return "choose a free range"
    return f"take '{free[0]}' or another free range of {_SHARED}"


def free_blocks(space: str, length: int, count: int, taken: Sequence[str] = ()) -> list[str] | None:
    """Return the lowest *count* free ranges of a size, or None if *space* has fewer beside *taken* ones."""
    whole, size = IPv4Network(space), 2 ** (32 - length)
    obstacles = [IPv4Network(cidr) for cidr in taken]
    found: list[str] = []
    start, end = int(whole.network_address), int(whole.broadcast_address)
    while len(found) < count:
        if start + size - 1 > end:
            return None
        block = IPv4Network((start, length))
        in_the_way = [other for other in obstacles if other.overlaps(block)]
        if not in_the_way:
            found.append(str(block))
            start += size
        else:
            # Go on behind the obstacle, at the next address where a range of this size may start.
            start = max(int(other.broadcast_address) for other in in_the_way) // size * size + size
    return found
