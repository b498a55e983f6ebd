"""The subnets of pods: which they are, what is free in them, and where nodes need one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from cdk_eks_cilium.doctor.engine.aws_kinds import INTERFACES, SUBNETS
from cdk_eks_cilium.doctor.engine.fields import at
from cdk_eks_cilium.doctor.engine.reader import Object, UnreadError
from cdk_eks_cilium.doctor.engine.readings import Reading
from cdk_eks_cilium.doctor.engine.seen import Seen

from .addresses import PREFIX_BITS, Ranges, number
from .cilium_config import config
from .eni_nodes import eni_nodes

NO_SUBNETS: Final = "nothing tells the subnets of pods: neither CiliumNodes nor cilium-config nor settings"


@dataclass(frozen=True)
class PodSubnetRanges:
    """The subnets that pods must live in.

    Attributes:
        ids: Their ids.
        ranges: Their ranges, as far as anything tells them.
        zones: The zones that have one; None where nothing tells the zones of subnets.
    """

    ids: frozenset[str]
    ranges: Ranges
    zones: frozenset[str] | None


def pod_subnets(seen: Seen) -> PodSubnetRanges | None:
    """The subnets that the operator is told to use, else the planned ones; None where nothing tells.

    Ask with ``seen.derived``; a check that asks reads `CILIUM_NODES`, `KUBE_SYSTEM_CONFIG_MAPS` and
    `SUBNETS`, of which the last may fail.

    Raises:
        UnreadError: One of the others cannot be read.
    """
    nodes = seen.derived(eni_nodes)
    known = {str(each.get("SubnetId")): each for each in optional(seen, SUBNETS) or ()}
    ids = {each for node in nodes for each in node.subnet_ids}
    ids |= set(config(seen).get("eni-subnet-ids", "").replace(",", " ").split())
    if not ids:
        tags = [wanted for node in nodes if (wanted := at(node.object, "spec.eni.subnet-tags"))]
        ids = {
            name for name, each in known.items() for wanted in tags if wanted.items() <= tags_of(each).items()
        }
    if not ids:
        ids = {each for each in seen.plan.pod_subnets or () if each.startswith("subnet-")}
    if not ids:
        return None
    used = {
        interface.subnet: (interface.subnet_range, node.zone)
        for node in nodes
        for interface in node.pod_interfaces
        if interface.subnet in ids
    }
    ranges = [block for name, (block, _) in used.items() if block]
    ranges += [str(known[name].get("CidrBlock")) for name in ids if name in known]
    zones = {str(known[name].get("AvailabilityZone")) for name in ids if name in known} if known else None
    return PodSubnetRanges(
        frozenset(ids), Ranges(sorted(set(ranges))), None if zones is None else frozenset(zones)
    )


def optional(seen: Seen, reading: Reading) -> Sequence[Object] | None:
    """The objects of a reading that may be missing, such as one of AWS; None if it cannot be read."""
    try:
        return seen.list(reading)
    except UnreadError:
        return None


def tags_of(found: Object, key: str = "Tags") -> Mapping[str, str]:
    """The tags of an answer of EC2; interfaces have them as ``TagSet``."""
    return {each.get("Key", ""): each.get("Value", "") for each in found.get(key) or ()}


@dataclass(frozen=True)
class SubnetRoom:
    """What is free in a subnet, counted exactly.

    Attributes:
        id: The subnet.
        zone: Its zone.
        range: Its range.
        blocks: Its /28 blocks that could be prefixes: all but the first and the last, which AWS spoils.
        prefixes: How many of these are prefixes.
        spoilt: How many hold a single address, so that they cannot be prefixes.
        addresses: Its free addresses, as EC2 counts them.
    """

    id: str
    zone: str
    range: str
    blocks: int
    prefixes: int
    spoilt: int
    addresses: int

    @property
    def free(self) -> int:
        """The /28 blocks that can still be prefixes."""
        return self.blocks - self.prefixes - self.spoilt

    @cached_property
    def free_percent(self) -> int:
        """The free blocks in percent of all."""
        return 100 * self.free // self.blocks if self.blocks else 0


# belief: EC2-prefixes-need-contiguous-space, EC2-reserved-addresses
def subnet_rooms(seen: Seen) -> tuple[SubnetRoom, ...]:
    """What is free in each subnet of pods. A reservation in a subnet is not seen: EC2 tells of it in another
    call.

    Ask with ``seen.derived``; a check that asks reads `CILIUM_NODES`, `KUBE_SYSTEM_CONFIG_MAPS`, `SUBNETS`
    and `INTERFACES`.

    Raises:
        UnreadError: One of them cannot be read, or nothing tells the subnets of pods.
    """
    known = seen.derived(pod_subnets)
    if known is None:
        raise UnreadError(NO_SUBNETS)
    subnets = [each for each in seen.list(SUBNETS) if each.get("SubnetId") in known.ids]
    taken: dict[str, tuple[set[int], set[int]]] = defaultdict(lambda: (set(), set()))
    for interface in seen.list(INTERFACES):
        prefixes, singles = taken[str(interface.get("SubnetId"))]
        texts = (str(each.get("Ipv4Prefix", "")) for each in interface.get("Ipv4Prefixes") or ())
        prefixes.update(_blocks(text.partition("/")[0] for text in texts))
        singles.update(
            _blocks(
                str(each.get("PrivateIpAddress", "")) for each in interface.get("PrivateIpAddresses") or ()
            )
        )
    return tuple(
        room for each in subnets if (room := _room(each, *taken[str(each.get("SubnetId"))])) is not None
    )


def _blocks(addresses: Iterable[str]) -> set[int]:
    return {value >> PREFIX_BITS for each in addresses if (value := number(each)) is not None}


def _room(subnet: Object, prefixes: set[int], singles: set[int]) -> SubnetRoom | None:
    address, _, bits = str(subnet.get("CidrBlock", "")).partition("/")
    start = number(address)
    if start is None or not bits.isdigit():
        return None
    first = start >> PREFIX_BITS
    count = (1 << (32 - int(bits))) >> PREFIX_BITS
    usable = range(first + 1, first + count - 1)
    as_prefixes = {each for each in prefixes if each in usable}
    return SubnetRoom(
        id=str(subnet.get("SubnetId")),
        zone=str(subnet.get("AvailabilityZone", "")),
        range=str(subnet.get("CidrBlock")),
        blocks=len(usable),
        prefixes=len(as_prefixes),
        spoilt=len({each for each in singles if each in usable} - as_prefixes),
        addresses=int(subnet.get("AvailableIpAddressCount") or 0),
    )
