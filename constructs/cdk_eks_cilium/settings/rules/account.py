"""What pod subnets that are there already, and networks beyond the VPC, must agree on with the rest."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Final

from cdk_eks_cilium.addressing.subnets import prefix_reservations, split
from cdk_eks_cilium.problems import InputError, Problem
from cdk_eks_cilium.settings.model import Settings
from cdk_eks_cilium.settings.network import PodSubnetSettings

from .rule import Rule


def _pod_subnets_as_they_are(settings: Settings) -> Iterator[Problem]:
    network = settings.network
    if not network.pod_subnets:
        return
    if not network.existing:
        yield Problem(
            "network.pod_subnets",
            "must be left out without vpc_id, it is about a VPC that is there already",
            sorted(network.pod_subnets),
            "name that VPC in vpc_id",
            id="CEK1033",
        )
    missing = [zone for zone in network.availability_zones if zone not in network.pod_subnets]
    if missing:
        yield Problem(
            "network.pod_subnets",
            f"must name one for each zone, and lacks {', '.join(missing)}",
            sorted(network.pod_subnets),
            "add the zone's pod subnet, or leave the zone out of availability_zones",
            id="CEK1034",
        )
    strange = [zone for zone in network.pod_subnets if zone not in network.availability_zones]
    if strange:
        yield Problem(
            "network.pod_subnets",
            f"must name zones of availability_zones alone, without {', '.join(strange)}",
            sorted(network.pod_subnets),
            "leave the zone's pod subnet out, or add the zone",
            id="CEK1035",
        )
    blocks = [IPv4Network(block) for block in network.pod_cidrs]
    for zone, subnet in network.pod_subnets.items():
        if not any(IPv4Network(subnet.cidr).subnet_of(block) for block in blocks):
            yield Problem(
                f"network.pod_subnets.{zone}.cidr",
                f"must lie in {' or '.join(network.pod_cidrs)}, the blocks of the pods",
                subnet.cidr,
                "write the block it is in as pod_cidr, or in further_pod_cidrs",
                id="CEK1036",
            )


def _pod_subnets_are_apart(settings: Settings) -> Iterator[Problem]:
    earlier: dict[str, PodSubnetSettings] = {}
    for zone, subnet in settings.network.pod_subnets.items():
        for other_zone, other in earlier.items():
            if IPv4Network(subnet.cidr).overlaps(IPv4Network(other.cidr)):
                yield Problem(
                    f"network.pod_subnets.{zone}.cidr",
                    f"must not overlap {other.cidr}, the pod subnet of {other_zone}",
                    subnet.cidr,
                    "write the range that the subnet has",
                    id="CEK1037",
                )
        earlier[zone] = subnet


def _pod_subnets_are_for_pods_alone(settings: Settings) -> Iterator[Problem]:
    network = settings.network
    uses = {
        "private_subnet_ids": network.private_subnet_ids,
        "public_subnet_ids": network.public_subnet_ids,
        "pod_subnets": {zone: subnet.id for zone, subnet in network.pod_subnets.items()},
    }
    seen: dict[str, str] = {}
    for name, ids in uses.items():
        for zone, subnet_id in ids.items():
            if name == "pod_subnets" and subnet_id in seen:
                yield Problem(
                    f"network.pod_subnets.{zone}.id",
                    f"must hold the pods of one zone alone, and network.{seen[subnet_id]} has it too",
                    subnet_id,
                    "name the zone's own pod subnet",
                    id="CEK1038",
                )
            seen.setdefault(subnet_id, f"{name}.{zone}")


def _reservations_are_of_use(settings: Settings) -> Iterator[Problem]:
    network = settings.network
    if not network.reserve_prefixes:
        return
    if network.pod_subnets:
        yield Problem(
            "network.reserve_prefixes",
            "must be left out with pod_subnets, which are taken as they are",
            True,
            "let who keeps those subnets do it",
            id="CEK1039",
        )
    if not settings.cilium.eni.prefix_delegation:
        yield Problem(
            "network.reserve_prefixes",
            "must be false without cilium.eni.prefix_delegation: no single address comes from a reservation",
            True,
            "leave it out",
            id="CEK1040",
        )


def _existing_pod_subnets_lead_out(settings: Settings) -> Iterator[Problem]:
    network = settings.network
    if network.pod_subnets_have_way_out and not network.pod_subnets:
        yield Problem(
            "network.pod_subnets_have_way_out",
            "is about pod_subnets, and none is named",
            True,
            "leave it out",
            id="CEK1041",
        )
    elif network.pod_subnets_have_way_out and settings.cilium.egress == "node":
        yield Problem(
            "network.pod_subnets_have_way_out",
            "is for egress 'pod': with egress 'node' pods take the routes of the node subnets",
            True,
            "leave it out",
            id="CEK1042",
        )
    if network.pod_subnets and settings.cilium.egress == "pod" and not network.pod_subnets_have_way_out:
        yield Problem(
            "network.pod_subnets_have_way_out",
            "must be true with egress 'pod': pods leave by the routes of those subnets, and nobody looks",
            False,
            "see that each has a default route, then say so; or use egress 'node'",
            id="CEK1043",
        )


def _room_for_reservations(settings: Settings) -> Iterator[Problem]:
    network = settings.network
    if not network.reserve_prefixes or network.pod_subnets:
        return
    for where, cidr in network.pod_blocks.items():
        try:
            prefix_reservations(split(cidr, len(network.availability_zones))[0], where=where)
        except InputError as too_small:
            # What is too small to be split at all has a rule of its own.
            yield from (each for each in too_small.problems if each.where == where)


def _ranges_are_apart(settings: Settings) -> Iterator[Problem]:
    network = settings.network
    ours = {"the VPC": [network.vpc_cidr, *network.associated_cidrs], "the pods": network.pod_cidrs}
    far = {"network.peer_cidrs": network.peer_cidrs}
    if network.on_premises is not None:
        far["network.on_premises.cidrs"] = network.on_premises.cidrs
    for where, ranges in far.items():
        for index, cidr in enumerate(ranges):
            overlapped = [
                (whose, block)
                for whose, blocks in ours.items()
                for block in blocks
                if _out_of_reach(where, IPv4Network(cidr), IPv4Network(block))
            ]
            for whose, block in overlapped:
                yield Problem(
                    f"{where}[{index}]",
                    f"must not overlap {block}, a range of {whose}: one of the two could not be reached",
                    cidr,
                    "choose another range for the VPC or the pods",
                    id="CEK1044",
                )


def _out_of_reach(where: str, far: IPv4Network, own: IPv4Network) -> bool:
    """Whether the VPC's local route hides what is meant.

    A route to premises may contain the VPC: the local one is more specific and wins for the VPC's part alone
    (https://docs.aws.amazon.com/vpc/latest/userguide/subnet-route-tables.html). VPCs that overlap cannot be
    peered at all (https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-basics.html).
    """
    if where == "network.on_premises.cidrs":
        return far.subnet_of(own)
    return far.overlaps(own)


def _blocks_of_existing_vpc_are_apart(settings: Settings) -> Iterator[Problem]:
    network = settings.network
    known = {"vpc_cidr": network.vpc_cidr}
    for index, cidr in enumerate(network.associated_cidrs):
        for name, block in known.items():
            if IPv4Network(cidr).overlaps(IPv4Network(block)):
                yield Problem(
                    f"network.associated_cidrs[{index}]",
                    f"must not overlap {block}, which is in {name}: no VPC has both",
                    cidr,
                    "write the ranges that the VPC has, each once",
                    id="CEK1045",
                )
        known[f"associated_cidrs[{index}]"] = cidr


def _a_way_to_the_premises(settings: Settings) -> Iterator[Problem]:
    network, beyond = settings.network, settings.network.on_premises
    if beyond is None:
        return
    if network.pod_subnets:
        if beyond.transit_gateway_id is not None or beyond.private_nat:
            yield Problem(
                "network.on_premises",
                "must name ranges alone with pod_subnets, whose routes are not ours",
                fix="leave transit_gateway_id and private_nat out",
                id="CEK1046",
            )
        return
    pods_leave = settings.cilium.egress == "pod"
    if beyond.private_nat and not pods_leave:
        yield Problem(
            "network.on_premises.private_nat",
            "is for egress 'pod': with egress 'node' pods have their node's address there",
            True,
            "leave it out",
            id="CEK1047",
        )
    if network.existing and pods_leave and beyond.private_nat and beyond.transit_gateway_id is not None:
        yield Problem(
            "network.on_premises.transit_gateway_id",
            "must be left out with vpc_id and private_nat: they take the routes of the node subnets, "
            "which are not ours",
            beyond.transit_gateway_id,
            "leave it out",
            id="CEK1048",
        )
    if network.existing and not pods_leave:
        if beyond.transit_gateway_id is not None:
            yield Problem(
                "network.on_premises.transit_gateway_id",
                "must be left out with vpc_id and egress 'node': pods take the routes of the node subnets, "
                "which are not ours",
                beyond.transit_gateway_id,
                "leave it out",
                id="CEK1049",
            )
    elif beyond.transit_gateway_id is None and not (network.existing and beyond.private_nat):
        other = ", or use private_nat where the node subnets lead there" if network.existing else ""
        yield Problem(
            "network.on_premises.transit_gateway_id",
            "must be given: nothing else leads from this VPC to those networks",
            fix=f"name the transit gateway{other}",
            id="CEK1050",
        )


def _gateway_endpoints_of_new_vpc(settings: Settings) -> Iterator[Problem]:
    network = settings.network
    if network.gateway_endpoints and network.existing:
        yield Problem(
            "network.gateway_endpoints",
            "must be left out with vpc_id, an existing VPC has its own",
            network.gateway_endpoints,
            "add them where that VPC is made",
            id="CEK1051",
        )
    if network.isolated and "s3" in network.gateway_endpoints:
        yield Problem(
            "network.gateway_endpoints",
            "must not name 's3' with isolated, which makes that one in any case",
            network.gateway_endpoints,
            "leave 's3' out",
            id="CEK1052",
        )


RULES: Final[tuple[Rule, ...]] = (
    _pod_subnets_as_they_are,
    _pod_subnets_are_apart,
    _pod_subnets_are_for_pods_alone,
    _reservations_are_of_use,
    _existing_pod_subnets_lead_out,
    _room_for_reservations,
    _ranges_are_apart,
    _blocks_of_existing_vpc_are_apart,
    _a_way_to_the_premises,
    _gateway_endpoints_of_new_vpc,
)
