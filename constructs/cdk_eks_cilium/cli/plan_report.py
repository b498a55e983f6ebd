"""The address plan and what keeps the cluster, as tables and as data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from ipaddress import IPv4Network
from typing import Any

from cdk_eks_cilium.addressing import (
    ELASTIC_IPS,
    CapacityPlan,
    GroupPlan,
    Proposal,
    QuotaUse,
    SubnetPlan,
    Take,
    ZonePlan,
)
from cdk_eks_cilium.settings import AddressPlan, Settings, blocking, booting, booting_notes, keeping

from .answer import Block, Heading, Table, section


def as_data(plan: AddressPlan, smallest: Proposal | None) -> dict[str, Any]:
    """The plan as plain data, with counts of addresses, /28 blocks, nodes and pods."""
    capacity = plan.capacity
    return {
        "fits": capacity.fits,
        "problems": [str(problem) for problem in capacity.problems],
        "warnings": [str(problem) for problem in capacity.advice],
        "smallest_pod_cidrs": list(smallest.cidrs) if smallest else None,
        "node_groups": [_group(group) for group in capacity.groups],
        "zones": [_zone(zone) for zone in capacity.zones],
        "ways": [
            {"destination": way.destination, "via": way.via, "source_address": way.source}
            for way in plan.ways
        ],
        "ways_in": [{"client": way.client, "works": way.works, "why": way.why} for way in plan.ways_in],
        "load_balancer_controller": plan.controller_values,
        "must_let_in": list(plan.admissions),
        "notes": list(plan.notes),
        "quotas": [_quota(use) for use in plan.quotas],
    }


def _group(group: GroupPlan) -> dict[str, Any]:
    return {
        "name": group.group.name,
        "instance_types": list(group.group.instance_types),
        "zones": list(group.zones),
        "min_size": group.group.min_size,
        "max_size": group.group.max_size,
        "max_pods": group.max_pods,
        "pods_per_node": group.pods_per_node,
        "per_node": _take(group.take),
    }


def _zone(zone: ZonePlan) -> dict[str, Any]:
    return {
        "zone": zone.zone,
        "nodes": {"minimum": zone.nodes_minimum, "maximum": zone.nodes_maximum, "surge": zone.nodes_surge},
        "pods_maximum": zone.pods_maximum,
        "nodes_that_fit": zone.nodes_that_fit,
        "pods_that_fit": zone.pods_that_fit,
        "subnets": [_subnet(subnet) for subnet in zone.subnets],
    }


def _subnet(subnet: SubnetPlan) -> dict[str, Any]:
    return {
        "cidr": subnet.subnet.cidr,
        "prefix_reservations": list(subnet.subnet.prefix_reservations),
        "addresses": subnet.room.addresses,
        "blocks": subnet.room.blocks,
        "prefixes_held": subnet.prefixes_held,
        "minimum": _take(subnet.minimum),
        "maximum": _take(subnet.maximum),
        "surge": _take(subnet.surge),
        "free_addresses": subnet.free_addresses,
        "free_blocks": subnet.free_blocks,
        "headroom_percent": subnet.headroom_percent,
        "fits": subnet.fits,
        "fits_surge": subnet.fits_surge,
    }


def _take(take: Take) -> dict[str, int]:
    return {
        "prefixes": take.prefixes,
        "single_addresses": take.singles,
        "interfaces": take.interfaces,
        "addresses": take.addresses,
    }


def _quota(use: QuotaUse) -> dict[str, Any]:
    return {
        "name": use.quota.name,
        "used": use.used,
        "value": use.value,
        "default": use.quota.default,
        "maximum": use.quota.maximum,
        "binds_at_nodes": use.nodes,
        "exceeded": use.exceeded,
        "source": use.quota.source,
    }


def tables(plan: AddressPlan, smallest: Proposal | None) -> Iterator[Block]:
    """The plan for people: first its problems, then what each part takes."""
    capacity = plan.capacity
    verdict = "fit" if capacity.fits else "do not fit"
    yield Heading(
        f"{capacity.nodes_maximum:,} nodes with {capacity.pods_maximum:,} pods at most {verdict}",
        bad=not capacity.fits,
    )
    yield from (f"  {problem}" for problem in (*capacity.problems, *capacity.advice))
    if smallest is not None:
        ranges = _ranges(smallest.cidrs)
        yield f"  The smallest pod range with room for updates and a fifth to spare: {ranges}"
    yield from _groups(capacity)
    yield from _subnets(capacity)
    yield Heading("Ways of the pods")
    yield Table(("to", "by", "from"), [(way.destination, way.via, way.source) for way in plan.ways])
    yield from (f"  {note}" for note in plan.notes)
    yield Heading("Ways to the pods")
    rows = [(way.client, "yes" if way.works else "no", way.why) for way in plan.ways_in]
    yield Table(("from", "works", "why"), rows)
    yield "  The AWS Load Balancer Controller, if installed, cannot ask nodes for region and VPC; for Helm:"
    yield f"  {plan.controller_values}"
    yield from section("What this VPC must let in from the pods' ranges", plan.admissions)
    yield Heading("AWS quotas, the first to bind first")
    columns = ("quota", "used", "default", "at most", "binds at nodes")
    yield Table(columns, map(_quota_row, plan.quotas), numbers=4)
    yield from (f"  {line}" for use in plan.quotas for line in _environments(use))


def _environments(use: QuotaUse) -> Iterator[str]:
    """How many such environments a Region has room for, where it is few."""
    if use.quota is ELASTIC_IPS and use.used and 2 * use.used > use.value:
        yield (
            f"An environment like this one takes {use.used} Elastic IPs, one for each NAT gateway, and a "
            f"Region has room for {use.value // use.used} by default; ask for more, or lower nat_gateways"
        )


def kept_as_data(settings: Settings) -> dict[str, Any]:
    """What the nodes boot and what keeps the cluster, as plain data."""
    return {
        "nodes": [asdict(booted) for booted in booting(settings)],
        "cluster": [asdict(kept) for kept in keeping(settings)],
        "destroy_blocked_by": list(blocking(settings)),
    }


def kept_tables(settings: Settings) -> Iterator[Block]:
    """What the nodes boot and what keeps the cluster, for people."""
    yield Heading("What nodes boot")
    nodes = [
        (each.group, each.image, each.capacity, ", ".join(each.zones), "; ".join(each.also))
        for each in booting(settings)
    ]
    yield Table(("group", "image", "capacity", "zones", "also"), nodes)
    yield from (f"  {note}" for note in booting_notes(settings))
    yield Heading("What keeps the cluster")
    rows = [(kept.setting, kept.value, kept.effect) for kept in keeping(settings)]
    yield Table(("setting", "is", "so"), rows)
    if names := blocking(settings):
        yield f"  A destroy is refused by {' and '.join(names)}: set them to false, deploy, then destroy."


def _ranges(cidrs: Sequence[str]) -> str:
    first, *others = cidrs
    return first if not others else f"{len(cidrs)} ranges from {first} to {others[-1]}"


def _groups(capacity: CapacityPlan) -> Iterator[Block]:
    prefixes = capacity.addressing.prefix_delegation
    what = "prefixes/node" if prefixes else "addresses/node"
    rows = [
        (
            group.group.name,
            ", ".join(group.group.instance_types),
            f"{group.group.min_size:,} to {group.group.max_size:,}",
            f"{group.pods_per_node}",
            f"{group.take.prefixes if prefixes else group.take.addresses}",
            f"{group.take.interfaces}",
        )
        for group in capacity.groups
    ]
    yield Heading("Node groups")
    yield Table(("group", "types", "nodes", "pods/node", what, "pod ENIs/node"), rows, numbers=4)


def _subnets(capacity: CapacityPlan) -> Iterator[Block]:
    prefixes = capacity.addressing.prefix_delegation
    what = "/28 blocks" if prefixes else "addresses"
    columns = ("zone", "pod subnet", "nodes", "there", "min", "max", "update", "free", "fit")
    rows = [
        (
            "" if number else zone.zone,
            subnet.subnet.cidr,
            "" if number else f"{zone.nodes_minimum:,} to {zone.nodes_maximum:,}",
            *(f"{each:,}" for each in _numbers(subnet, prefixes=prefixes)),
            f"{subnet.headroom_percent} %",
            "" if number else f"{zone.nodes_that_fit:,}",
        )
        for zone in capacity.zones
        for number, subnet in enumerate(zone.subnets)
    ]
    yield Heading(f"Pod subnets, in {what} at worst; 'fit' is how many nodes would")
    yield Table(columns, rows, numbers=7, wrap=False)
    if prefixes:
        yield from dict.fromkeys(map(_holds, (subnet for zone in capacity.zones for subnet in zone.subnets)))


def _holds(subnet: SubnetPlan) -> str:
    """How many prefixes a subnet has room for, for people."""
    reserved = "reserved " if subnet.subnet.prefix_reservations else ""
    length = IPv4Network(subnet.subnet.cidr).prefixlen
    interfaces = f"{subnet.maximum.interfaces:,} interfaces"
    return (
        f"  Of the {subnet.room.blocks:,} {reserved}/28 blocks of a /{length}, {subnet.prefixes_held:,} "
        f"can be prefixes at max size, beside the primary addresses of {interfaces}"
    )


def _numbers(subnet: SubnetPlan, *, prefixes: bool) -> Iterable[int]:
    takes = (subnet.minimum, subnet.maximum, subnet.surge)
    if prefixes:
        return (subnet.room.blocks, *(subnet.room.blocks_used(take) for take in takes))
    return (subnet.room.addresses, *(take.addresses for take in takes))


def _quota_row(use: QuotaUse) -> Sequence[str]:
    most = "unknown" if use.quota.maximum is None else f"{use.quota.maximum:,}"
    binds = "" if use.nodes is None else f"{use.nodes:,}"
    return use.quota.name, f"{use.used:,}", f"{use.value:,}", most, binds
