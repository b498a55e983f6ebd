"""What the VPC, its zones and its ranges must agree on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.addressing.vpc_blocks import (
    LARGEST_BLOCK_QUOTA,
    secondary_cidr_problems,
    vpc_cidr_problems,
)
from cdk_eks_cilium.problems import InputError, Problem
from cdk_eks_cilium.settings.address_plan import capacity_plan
from cdk_eks_cilium.settings.model import Settings

from .rule import Rule

_OF_EXISTING: Final = ("private_subnet_ids", "public_subnet_ids", "nat_gateway_ids", "associated_cidrs")


def _zones_in_region(settings: Settings) -> Iterator[Problem]:
    region = settings.region
    elsewhere = [zone for zone in settings.network.availability_zones if zone[:-1] != region]
    if elsewhere:
        yield Problem(
            "network.availability_zones",
            f"must be zones of region '{region}'",
            elsewhere,
            f"name zones such as '{region}a', or change the region",
            id="CEK1068",
        )


def _room_in_vpc(settings: Settings) -> Iterator[Problem]:
    network = settings.network
    if not network.existing:
        yield from vpc_cidr_problems(
            "network.vpc_cidr", network.vpc_cidr, zones=len(network.availability_zones)
        )


# The service range is not among them: EKS chooses 10.100.0.0/16 or 172.20.0.0/16, whichever is clear of the
# VPC, and AWS lets no VPC have ranges in both 10.0.0.0/8 and 172.16.0.0/12. See `serviceIpv4Cidr` at
# https://docs.aws.amazon.com/eks/latest/APIReference/API_KubernetesNetworkConfigRequest.html.
def _pod_ranges_fit_vpc(settings: Settings) -> Iterator[Problem]:
    network = settings.network
    if network.pod_subnets:
        return
    for number, (where, cidr) in enumerate(network.pod_blocks.items()):
        yield from secondary_cidr_problems(
            where,
            primary=network.vpc_cidr,
            secondary=cidr,
            associated=[*network.associated_cidrs, *network.pod_cidrs[:number]],
            # More than the default quota is warned about: an account may have a higher one.
            quota=LARGEST_BLOCK_QUOTA,
        )


def nodes_find_room(settings: Settings) -> Iterator[Problem]:
    """Every node at maximum size needs its prefixes: without, it falls back to single addresses for good."""
    try:
        yield from capacity_plan(settings).problems
    except InputError as senseless:
        # What is wrong with facts, types, sizes and overlaps is told by their own rules.
        yield from (
            each
            for each in senseless.problems
            if each.where.startswith("network.") and not each.rule.startswith("must not overlap")
        )


def _nat_gateways_of_new_vpc(settings: Settings) -> Iterator[Problem]:
    network = settings.network
    if network.nat_gateways is None:
        return
    if network.existing:
        yield Problem(
            "network.nat_gateways",
            "must be left out with vpc_id, an existing VPC has its own",
            network.nat_gateways,
            "name the gateways of the pods in nat_gateway_ids",
            id="CEK1069",
        )
    elif network.nat_gateways > len(network.availability_zones):
        yield Problem(
            "network.nat_gateways",
            f"must be at most one for each of the {len(network.availability_zones)} zones",
            network.nat_gateways,
            id="CEK1070",
        )


def _range_of_existing_vpc(settings: Settings) -> Iterator[Problem]:
    network = settings.network
    if network.existing and "vpc_cidr" not in network.model_fields_set:
        yield Problem(
            "network.vpc_cidr",
            f"must be given with vpc_id, nothing is looked up in {network.vpc_id}",
            fix="write the primary range the VPC has",
            id="CEK1071",
        )


def _ids_need_vpc(settings: Settings) -> Iterator[Problem]:
    network = settings.network
    if network.existing:
        return
    for name in _OF_EXISTING:
        given = getattr(network, name)
        if given:
            yield Problem(
                f"network.{name}",
                "must be left out without vpc_id, it is about a VPC that is there already",
                given,
                "name that VPC in vpc_id",
                id="CEK1072",
            )


def _not_the_zones(name: str, given: dict[str, str], zones: list[str]) -> Iterator[Problem]:
    missing = [zone for zone in zones if zone not in given]
    strange = [zone for zone in given if zone not in zones]
    if missing:
        yield Problem(
            f"network.{name}",
            f"must name one for each zone, and lacks {', '.join(missing)}",
            given,
            id="CEK1073",
        )
    if strange:
        yield Problem(
            f"network.{name}",
            f"must name zones of availability_zones alone, without {', '.join(strange)}",
            given,
            id="CEK1074",
        )


def _private_subnets_of_existing_vpc(settings: Settings) -> Iterator[Problem]:
    network = settings.network
    if network.existing:
        yield from _not_the_zones(
            "private_subnet_ids", network.private_subnet_ids, network.availability_zones
        )


def _public_subnets_of_existing_vpc(settings: Settings) -> Iterator[Problem]:
    network = settings.network
    if network.existing and network.public_subnet_ids:
        yield from _not_the_zones("public_subnet_ids", network.public_subnet_ids, network.availability_zones)


def _nat_gateways_of_existing_vpc(settings: Settings) -> Iterator[Problem]:
    network = settings.network
    if not network.existing:
        return
    if network.nat_gateway_ids:
        yield from _not_the_zones("nat_gateway_ids", network.nat_gateway_ids, network.availability_zones)
        if settings.cilium.egress == "node" or network.pod_subnets:
            yield Problem(
                "network.nat_gateway_ids",
                "is for pod subnets that are made here, with egress 'pod': nothing else is routed",
                network.nat_gateway_ids,
                "leave it out",
                id="CEK1075",
            )
    elif settings.cilium.egress == "pod" and not network.pod_subnets:
        yield Problem(
            "network.nat_gateway_ids",
            "must name a NAT gateway for each zone with vpc_id and egress 'pod', pods leave through it",
            fix="name them, or use egress 'node'",
            id="CEK1076",
        )


def _subnets_named_once(settings: Settings) -> Iterator[Problem]:
    network = settings.network
    uses = Counter([*network.private_subnet_ids.values(), *network.public_subnet_ids.values()])
    for subnet, count in uses.items():
        if count > 1:
            where = "private" if subnet in network.private_subnet_ids.values() else "public"
            yield Problem(
                f"network.{where}_subnet_ids",
                "must name each subnet once, a subnet is in one zone",
                subnet,
                id="CEK1077",
            )


RULES: Final[tuple[Rule, ...]] = (
    _range_of_existing_vpc,
    _room_in_vpc,
    _pod_ranges_fit_vpc,
    nodes_find_room,
    _zones_in_region,
    _nat_gateways_of_new_vpc,
    _ids_need_vpc,
    _private_subnets_of_existing_vpc,
    _public_subnets_of_existing_vpc,
    _nat_gateways_of_existing_vpc,
    _subnets_named_once,
)
