"""Rules over the VPC, its zones and its ranges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Any, Final

from cdk_eks_cilium.addressing.vpc_blocks import secondary_cidr_problems, vpc_cidr_problems
from cdk_eks_cilium.problems import InputError, Problem
from cdk_eks_cilium.settings.address_plan import capacity_plan
from cdk_eks_cilium.settings.model import Settings
from cdk_eks_cilium.settings.network import Network

from .rule import Rule

_BY_ZONE: Final = ("private_subnet_ids", "public_subnet_ids", "nat_gateway_ids", "pod_subnets")
_OF_EXISTING: Final = (*_BY_ZONE, "associated_cidrs", "vpc_owner_account")


def _zones_in_region(settings: Settings) -> Iterator[Problem]:
    region = settings.region
    elsewhere = [zone for zone in settings.network.availability_zones if zone[:-1] != region]
    if elsewhere:
        yield Problem(
            "network.availability_zones",
            f"must be zones of region '{region}'",
            elsewhere,
            f"name zones such as '{region}a', or change the region",
            id="CEK1065",
        )


def _room_in_vpc(settings: Settings) -> Iterator[Problem]:
    network = settings.network
    if not network.existing:
        yield from vpc_cidr_problems(
            "network.vpc_cidr", network.vpc_cidr, zones=len(network.availability_zones)
        )


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
        )


def _native_range_is_the_vpcs(settings: Settings) -> Iterator[Problem]:
    """Agents compare it with the VPC's ranges: ``autoDetectIPv4NativeRoutingCIDR`` in pkg/ipam/crd.go."""
    text = settings.cilium.overrides.get("ipv4NativeRoutingCIDR")
    try:
        native = IPv4Network(str(text or ""), strict=False)
    except ValueError:
        # Another rule asks for a range.
        return
    network = settings.network
    given = [each.cidr for each in network.pod_subnets.values()]
    ranges = [network.vpc_cidr, *network.pod_blocks.values(), *network.associated_cidrs, *given]
    if not any(native.overlaps(IPv4Network(each)) for each in ranges):
        yield Problem(
            "cilium.overrides.ipv4NativeRoutingCIDR",
            f"must overlap a range of the VPC, {', '.join(dict.fromkeys(ranges))}: agents do not start "
            "otherwise",
            text,
            "remove it: without it agents take the range of the VPC"
            + (", or name its further ranges in network.associated_cidrs" if network.existing else ""),
            id="CEK1310",
        )


def nodes_find_room(settings: Settings) -> Iterator[Problem]:
    """Every node at maximum size needs its prefixes: without them it uses single addresses for ever."""
    try:
        yield from capacity_plan(settings).problems
    except InputError as invalid:
        # Facts, types, sizes and overlaps have rules of their own.
        yield from (
            each
            for each in invalid.problems
            if each.where.startswith("network.") and not each.rule.startswith("must not overlap")
        )


def _nat_gateways_of_new_vpc(settings: Settings) -> Iterator[Problem]:
    network = settings.network
    if network.nat_gateways is None:
        return
    if network.existing:
        yield Problem(
            "network.nat_gateways",
            "must be left out with vpc_id, since an existing VPC has its own",
            network.nat_gateways,
            "name the gateways of the pods in nat_gateway_ids",
            id="CEK1066",
        )
    elif network.nat_gateways > len(network.availability_zones):
        yield Problem(
            "network.nat_gateways",
            f"must be at most one for each of the {len(network.availability_zones)} zones",
            network.nat_gateways,
            id="CEK1067",
        )


def _range_of_existing_vpc(settings: Settings) -> Iterator[Problem]:
    network = settings.network
    if network.existing and "vpc_cidr" not in network.model_fields_set:
        yield Problem(
            "network.vpc_cidr",
            f"must be given with vpc_id, since nothing is looked up in {network.vpc_id}",
            fix="write the primary range of the VPC",
            id="CEK1068",
        )


def _given(network: Network, name: str) -> Any:
    """Return a setting; of pod subnets only the zones, since their models are not for errors."""
    return sorted(network.pod_subnets) if name == "pod_subnets" else getattr(network, name)


def _ids_need_vpc(settings: Settings) -> Iterator[Problem]:
    for name in () if settings.network.existing else _OF_EXISTING:
        given = _given(settings.network, name)
        if given:
            rule = "must be left out without vpc_id, since it describes an existing VPC"
            yield Problem(f"network.{name}", rule, given, "name that VPC in vpc_id", id="CEK1069")


def _zones_of_existing_vpc(settings: Settings) -> Iterator[Problem]:
    network = settings.network
    zones = network.availability_zones
    for name in _BY_ZONE if network.existing else ():
        given = _given(network, name)
        missing = [zone for zone in zones if zone not in given]
        if missing and (given or name == "private_subnet_ids"):
            rule = f"must have each zone of availability_zones, and lacks {', '.join(missing)}"
            fix = "add the zone here, or leave it out of availability_zones"
            yield Problem(f"network.{name}", rule, given, fix, id="CEK1070")
        strange = [zone for zone in given if zone not in zones]
        if strange:
            rule = f"must have only zones of availability_zones, not {', '.join(strange)}"
            fix = "leave the zone out here, or add it to availability_zones"
            yield Problem(f"network.{name}", rule, given, fix, id="CEK1071")


def _nat_gateways_of_existing_vpc(settings: Settings) -> Iterator[Problem]:
    network = settings.network
    if not network.existing:
        return
    made_with_routes = settings.cilium.egress == "pod" and not network.pod_subnets
    if network.nat_gateway_ids and not made_with_routes:
        yield Problem(
            "network.nat_gateway_ids",
            "must be left out unless the stack makes the pod subnets, with egress 'pod': it routes only "
            "these",
            network.nat_gateway_ids,
            "leave it out",
            id="CEK1072",
        )
    if made_with_routes and not network.nat_gateway_ids:
        yield Problem(
            "network.nat_gateway_ids",
            "must name a NAT gateway for each zone with vpc_id and egress 'pod', since pods leave through it",
            fix="name them, or use egress 'node'",
            id="CEK1073",
        )


def _subnets_named_once(settings: Settings) -> Iterator[Problem]:
    network = settings.network
    uses = Counter([*network.private_subnet_ids.values(), *network.public_subnet_ids.values()])
    for subnet, count in uses.items():
        if count > 1:
            where = "private" if subnet in network.private_subnet_ids.values() else "public"
            yield Problem(
                f"network.{where}_subnet_ids",
                "must name each subnet once, since a subnet is in one zone",
                subnet,
                id="CEK1074",
            )


RULES: Final[tuple[Rule, ...]] = (
    _range_of_existing_vpc,
    _room_in_vpc,
    _pod_ranges_fit_vpc,
    _native_range_is_the_vpcs,
    nodes_find_room,
    _zones_in_region,
    _nat_gateways_of_new_vpc,
    _ids_need_vpc,
    _zones_of_existing_vpc,
    _nat_gateways_of_existing_vpc,
    _subnets_named_once,
)
