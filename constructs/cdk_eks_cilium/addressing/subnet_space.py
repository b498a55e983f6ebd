"""How many prefixes a pod subnet holds for certain, and how nodes spread over several subnets of a zone.

AWS keeps the first four addresses and the last address of every subnet
(https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html), so it cannot delegate the first and the
last /28. It picks the address of an interface from anywhere outside the prefixes: in the worst case every
interface spoils another /28, also in a reservation. AWS documents that it assigns no address of a reservation
(https://docs.aws.amazon.com/vpc/latest/userguide/subnet-cidr-reservation.html), and users saw primary
addresses in some (https://github.com/aws/amazon-vpc-cni-k8s/issues/3087). So `Room` counts on neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from itertools import pairwise
from typing import Final

from cdk_eks_cilium.problems import Problem

from .instance_types import ADDRESSES_PER_PREFIX
from .node_take import Take
from .vpc_blocks import cidr_problems

RESERVED_ADDRESSES: Final = 5
"""Addresses of every subnet that AWS keeps: the first four and the last."""


@dataclass(frozen=True)
class PodSubnet:
    """A subnet for pods.

    Attributes:
        zone: The availability zone it is in.
        cidr: Its range, /16 to /28.
        prefix_reservations: Its ranges that are reserved for prefixes (a `SubnetCidrReservation` of type
            ``prefix``), /28 or larger. The plan counts prefixes in reservations alone, because AWS chooses
            them there, and addresses of interfaces in the rest alone, though one may spoil a reserved /28.
        taken: Addresses in use by others in an existing subnet, outside the reservations.
    """

    zone: str
    cidr: str
    prefix_reservations: tuple[str, ...] = ()
    taken: int = 0

    @property
    def size(self) -> int:
        """All its addresses, including the five that AWS keeps."""
        return IPv4Network(self.cidr).num_addresses


@dataclass(frozen=True)
class Room:
    """What a subnet holds for certain, wherever AWS puts the addresses of interfaces.

    Attributes:
        addresses: Usable addresses, without the addresses that AWS keeps and the taken addresses.
        blocks: /28 blocks for delegation, before any interface is in the subnet.
        loose: Addresses for interfaces, and for pods without prefixes.
    """

    addresses: int
    blocks: int
    loose: int

    def holds(self, take: Take) -> bool:
        """Whether *take* fits in the worst case."""
        if take.singles + take.interfaces > self.loose:
            return False
        return self.blocks_used(take) <= self.blocks

    def blocks_used(self, take: Take) -> int:
        """Return how many /28 blocks *take* costs in the worst case; 0 without prefixes."""
        if not take.prefixes:
            return 0
        return take.prefixes + _spoilt(take)

    def prefixes_beside(self, take: Take) -> int:
        """Return how many prefixes it holds in all, beside the addresses of *take*'s interfaces and pods."""
        return max(0, self.blocks - _spoilt(take))

    def free_percent(self, take: Take) -> int:
        """Return the free blocks or addresses in percent, whichever is less, rounded down; 0 when full."""
        free = [100 * (self.loose - take.singles - take.interfaces) // self.loose if self.loose else 0]
        if take.prefixes:
            free.append(100 * (self.blocks - self.blocks_used(take)) // self.blocks if self.blocks else 0)
        return max(0, min(free))


def _spoilt(take: Take) -> int:
    """The blocks that may be spoilt: a single address spoils one as the address of an interface does."""
    return take.interfaces + take.singles


def room(subnet: PodSubnet) -> Room:
    """Return what *subnet* holds.

    Raises:
        ValueError: If a range is invalid; `subnet_problems` explains it.
    """
    network = IPv4Network(subnet.cidr)
    size = network.num_addresses
    usable = max(0, size - RESERVED_ADDRESSES - subnet.taken)
    reserved = [IPv4Network(cidr) for cidr in subnet.prefix_reservations]
    if not reserved:
        blocks = max(0, size // ADDRESSES_PER_PREFIX - 2)
        return Room(usable, max(0, blocks - subnet.taken), usable)
    edges = {network.network_address + offset for offset in range(4)} | {network.broadcast_address}
    first, last = network.network_address, network.broadcast_address
    blocks = sum(
        block.num_addresses // ADDRESSES_PER_PREFIX - (first in block) - (last in block and size > 16)
        for block in reserved
    )
    outside = size - sum(block.num_addresses for block in reserved)
    lost = sum(1 for address in edges if not any(address in block for block in reserved))
    return Room(usable, max(0, blocks), max(0, outside - lost - subnet.taken))


def subnet_problems(where: str, subnets: Sequence[PodSubnet]) -> list[Problem]:
    """Return which of the subnets AWS would refuse, and which cannot be in one VPC."""
    problems: list[Problem] = []
    sound = []
    for subnet in subnets:
        wrong = cidr_problems(where, subnet.cidr)
        problems += wrong
        if not wrong:
            sound.append(subnet)
            problems += _reservation_problems(where, subnet)
        if subnet.taken < 0:
            problems.append(Problem(where, "must have 0 or more taken addresses", subnet.taken, id="CEK3030"))
    ordered = sorted(
        (IPv4Network(subnet.cidr) for subnet in sound),
        key=lambda block: (int(block.network_address), block.prefixlen),
    )
    fix = "give each subnet its own range"
    problems += [
        Problem(where, f"must not overlap {one}, another pod subnet", str(other), fix, id="CEK3031")
        for one, other in pairwise(ordered)
        if one.overlaps(other)
    ]
    return problems


def _reservation_problems(where: str, subnet: PodSubnet) -> list[Problem]:
    whole = IPv4Network(subnet.cidr)
    problems: list[Problem] = []
    blocks: list[IPv4Network] = []
    again = "reserve each address once"
    for cidr in subnet.prefix_reservations:
        wrong = cidr_problems(where, cidr)
        problems += wrong
        if wrong:
            continue
        block = IPv4Network(cidr)
        if not block.subnet_of(whole):
            rule = f"must reserve a part of {whole}"
            problems.append(Problem(where, rule, cidr, "choose a range in it", id="CEK3032"))
        problems += [
            Problem(where, f"must not overlap {other}, another reservation", cidr, again, id="CEK3033")
            for other in blocks
            if other.overlaps(block)
        ]
        blocks.append(block)
    return problems


def shares(free: Sequence[int], cost: int, count: int) -> list[int]:
    """Return the most of *count* interfaces that each subnet gets when each goes to the emptiest subnet.

    Cilium places an interface in the subnet with the most free addresses (`FindSubnetByIDs` in
    https://github.com/cilium/cilium/blob/v1.19.1/pkg/aws/eni/instances.go) and never moves it. Of several
    equal subnets each could be the chosen one, so the sum can be over *count*.

    Args:
        free: Free addresses of each subnet.
        cost: Addresses an interface takes, at least one.
        count: The number of interfaces.
    """
    if count <= 0:
        return [0] * len(free)
    low, high = min(free) - cost * count, max(free)

    def placed(level: int) -> list[int]:
        return [max(0, (each - level) // cost + 1) if each >= level else 0 for each in free]

    # Find the highest level of free addresses down to which the interfaces fill the subnets.
    while low < high:
        middle = (low + high + 1) // 2
        if sum(placed(middle)) >= count:
            low = middle
        else:
            high = middle - 1
    return [min(count, each) for each in placed(low)]
