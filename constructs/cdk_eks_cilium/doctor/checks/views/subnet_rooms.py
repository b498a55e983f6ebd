"""What is free in the subnets of pods, block by block, beside interfaces and CIDR reservations.

EC2 never tells which /28 blocks of a subnet are free: ``AvailableIpAddressCount`` counts single addresses. So
they are counted here, from all interfaces and all reservations of a subnet:

* A block that a reservation of type ``explicit`` touches is not free: AWS never chooses an address of it by
  itself, and Cilium asks for a number of prefixes, never for a range (`AssignENIPrefixes` in
  https://github.com/cilium/cilium/blob/v1.19.1/pkg/aws/ec2/ec2.go).
* Where a subnet has reservations of type ``prefix``, only their blocks count: AWS then chooses prefixes from
  these reservations, and from the rest of the subnet only without a reservation of that type.

https://docs.aws.amazon.com/vpc/latest/userguide/subnet-cidr-reservation.html and, for the choice of AWS,
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-prefix-eni.html
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from cdk_eks_cilium.doctor.engine.aws_kinds import INTERFACES, SUBNET_RESERVATIONS, SUBNETS
from cdk_eks_cilium.doctor.engine.finding import Evidence
from cdk_eks_cilium.doctor.engine.reader import Object, UnreadError
from cdk_eks_cilium.doctor.engine.seen import Seen

from .addresses import PREFIX_BITS, number
from .subnets import NO_SUBNETS, optional, pod_subnets


@dataclass(frozen=True)
class SubnetRoom:
    """What is free in a subnet, counted exactly.

    Attributes:
        id: The subnet.
        zone: Its zone.
        range: Its range.
        blocks: Its /28 blocks that could be prefixes: all but the first and the last, which AWS spoils; with
            reservations of type ``prefix``, those in them alone.
        prefixes: How many of these are prefixes.
        spoilt: How many hold a single address, so that they cannot be prefixes.
        addresses: Its free addresses, as EC2 counts them.
        explicit: How many further blocks a reservation of type ``explicit`` keeps from prefixes.
        prefix_reservations: Its ranges that are reserved for prefixes.
        prefixes_beyond: Its prefixes outside of these ranges; 0 without such ranges.
        free_beyond: Its free blocks outside of them, which AWS does not choose; 0 without such ranges.
    """

    id: str
    zone: str
    range: str
    blocks: int
    prefixes: int
    spoilt: int
    addresses: int
    explicit: int = 0
    prefix_reservations: tuple[str, ...] = ()
    prefixes_beyond: int = 0
    free_beyond: int = 0

    @property
    def free(self) -> int:
        """The /28 blocks that can still be prefixes."""
        return self.blocks - self.prefixes - self.spoilt - self.explicit

    @cached_property
    def free_percent(self) -> int:
        """The free blocks in percent of all."""
        return 100 * self.free // self.blocks if self.blocks else 0

    def of_reservations(self) -> Iterator[Evidence]:
        """What reservations change, as evidence; nothing where the subnet is without reservations."""
        name = f"ec2 {self.id} ({self.range})"
        if self.explicit:
            yield Evidence(name, "/28 blocks that explicit reservations keep", str(self.explicit))
        if self.prefix_reservations:
            ranges = ", ".join(self.prefix_reservations)
            yield Evidence(name, "reservations of type prefix, which alone count", ranges)
            yield Evidence(name, "free /28 blocks outside of them", str(self.free_beyond))

    def fixes_of_reservations(self, region: str = "") -> Iterator[str]:
        """The commands that give prefixes more of the subnet; none where reservations take nothing from them.

        Args:
            region: The region to name in them; by default the caller's.
        """
        where = f" --region {region}" if region else ""
        if self.explicit:
            yield "# Explicit reservations keep blocks from prefixes. Delete what nobody needs of them:"
            yield f"aws ec2 get-subnet-cidr-reservations{where} --subnet-id {self.id}"
        if self.free_beyond:
            yield "# Reserve more of the subnet for prefixes, in ranges without single addresses:"
            yield (
                f"aws ec2 create-subnet-cidr-reservation{where} --subnet-id {self.id} "
                "--reservation-type prefix --cidr RANGE"
            )


# belief: EC2-prefixes-need-contiguous-space, EC2-reserved-addresses, EC2-subnet-reservation
def subnet_rooms(seen: Seen) -> tuple[SubnetRoom, ...]:
    """What is free in each subnet of pods. Reservations count where they can be read: see
    `unread_reservations`.

    Ask with ``seen.derived``; a check that asks reads `CILIUM_NODES`, `KUBE_SYSTEM_CONFIG_MAPS`, `SUBNETS`,
    `INTERFACES` and `SUBNET_RESERVATIONS`, of which the last may fail.

    Raises:
        UnreadError: One of the others cannot be read, or nothing tells the subnets of pods.
    """
    known = seen.derived(pod_subnets)
    if known is None:
        raise UnreadError(NO_SUBNETS)
    subnets = [each for each in seen.list(SUBNETS) if each.get("SubnetId") in known.ids]
    return rooms_of(subnets, seen.list(INTERFACES), optional(seen, SUBNET_RESERVATIONS) or ())


def unread_reservations(seen: Seen) -> str:
    """Why reservations of subnets do not count; empty where they were read.

    A role of before the checks read them lacks ``ec2:GetSubnetCidrReservations``. All else is known then, so
    the count stays, and says that it is without them.
    """
    reason = _why_unread(seen)
    return f"CIDR reservations were not read: {reason}" if reason else ""


def not_counted(seen: Seen) -> tuple[Evidence, ...]:
    """That reservations do not count, as evidence; empty where they were read."""
    reason = _why_unread(seen)
    return (Evidence("ec2 subnets of pods", "CIDR reservations", f"not read: {reason}"),) if reason else ()


def _why_unread(seen: Seen) -> str:
    try:
        seen.list(SUBNET_RESERVATIONS)
    except UnreadError as error:
        return str(error)
    return ""


@dataclass
class _Taken:
    """What takes blocks of a subnet, each by its address without the last bits."""

    prefixes: set[int] = field(default_factory=set)
    singles: set[int] = field(default_factory=set)
    explicit: set[int] = field(default_factory=set)
    reserved: set[int] = field(default_factory=set)
    reservations: list[str] = field(default_factory=list)


def rooms_of(
    subnets: Iterable[Object], interfaces: Iterable[Object], reservations: Iterable[Object] = ()
) -> tuple[SubnetRoom, ...]:
    """What is free in subnets, beside interfaces and reservations.

    Args:
        subnets: Answers of EC2.
        interfaces: All interfaces in them, answers of EC2 too.
        reservations: All their CIDR reservations, answers of EC2 too.
    """
    taken: dict[str, _Taken] = defaultdict(_Taken)
    for interface in interfaces:
        own = taken[str(interface.get("SubnetId"))]
        texts = (str(each.get("Ipv4Prefix", "")) for each in interface.get("Ipv4Prefixes") or ())
        own.prefixes.update(_blocks(text.partition("/")[0] for text in texts))
        singles = interface.get("PrivateIpAddresses") or ()
        own.singles.update(_blocks(str(each.get("PrivateIpAddress", "")) for each in singles))
    for each in reservations:
        _reserve(taken[str(each.get("SubnetId"))], each)
    return tuple(
        room for each in subnets if (room := _room(each, taken[str(each.get("SubnetId"))])) is not None
    )


def _blocks(addresses: Iterable[str]) -> set[int]:
    return {value >> PREFIX_BITS for each in addresses if (value := number(each)) is not None}


def _reserve(taken: _Taken, reservation: Object) -> None:
    cidr = str(reservation.get("Cidr", ""))
    address, _, bits = cidr.partition("/")
    start = number(address)
    if start is None or not bits.isdigit():
        return
    end = start + (1 << (32 - int(bits)))
    if reservation.get("ReservationType") == "prefix":
        # One that is smaller than a /28 holds no prefix.
        taken.reserved.update(range(-(-start >> PREFIX_BITS), end >> PREFIX_BITS))
        taken.reservations.append(cidr)
    else:
        taken.explicit.update(range(start >> PREFIX_BITS, ((end - 1) >> PREFIX_BITS) + 1))


def _room(subnet: Object, taken: _Taken) -> SubnetRoom | None:
    address, _, bits = str(subnet.get("CidrBlock", "")).partition("/")
    start = number(address)
    if start is None or not bits.isdigit():
        return None
    first = start >> PREFIX_BITS
    count = (1 << (32 - int(bits))) >> PREFIX_BITS
    usable = set(range(first + 1, first + count - 1))
    chosen = usable & taken.reserved if taken.reservations else usable
    beyond = usable - chosen
    prefixes = chosen & taken.prefixes
    spoilt = (chosen & taken.singles) - prefixes
    return SubnetRoom(
        id=str(subnet.get("SubnetId")),
        zone=str(subnet.get("AvailabilityZone", "")),
        range=str(subnet.get("CidrBlock")),
        blocks=len(chosen),
        prefixes=len(prefixes),
        spoilt=len(spoilt),
        addresses=int(subnet.get("AvailableIpAddressCount") or 0),
        explicit=len((chosen & taken.explicit) - prefixes - spoilt),
        prefix_reservations=tuple(sorted(taken.reservations)),
        prefixes_beyond=len(beyond & taken.prefixes),
        free_beyond=len(beyond - taken.prefixes - taken.singles - taken.explicit),
    )
