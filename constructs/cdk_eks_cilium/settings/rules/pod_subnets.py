"""Rules for pod subnets: existing ones, and reservations of prefixes."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network
from itertools import combinations
from typing import Final

from cdk_eks_cilium.addressing.subnets import prefix_reservations, split
from cdk_eks_cilium.problems import InputError, Problem
from cdk_eks_cilium.settings.model import Settings

from .rule import Rule


def _pod_subnets_are_in_the_blocks(settings: Settings) -> Iterator[Problem]:
    network = settings.network
    blocks = [IPv4Network(block) for block in network.pod_cidrs]
    for zone, subnet in network.pod_subnets.items():
        if not any(IPv4Network(subnet.cidr).subnet_of(block) for block in blocks):
            yield Problem(
                f"network.pod_subnets.{zone}.cidr",
                f"must be part of {' or '.join(network.pod_cidrs)}, the blocks of the pods",
                subnet.cidr,
                "write its block as pod_cidr, or in further_pod_cidrs",
                id="CEK1033",
            )


def _pod_subnets_are_apart(settings: Settings) -> Iterator[Problem]:
    for (other_zone, other), (zone, subnet) in combinations(settings.network.pod_subnets.items(), 2):
        if IPv4Network(subnet.cidr).overlaps(IPv4Network(other.cidr)):
            yield Problem(
                f"network.pod_subnets.{zone}.cidr",
                f"must not overlap {other.cidr}, the pod subnet of {other_zone}",
                subnet.cidr,
                "write the range of the subnet",
                id="CEK1034",
            )


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
                    f"must be in one zone and for pods only, and network.{seen[subnet_id]} has it too",
                    subnet_id,
                    "name the zone's own pod subnet",
                    id="CEK1035",
                )
            seen.setdefault(subnet_id, f"{name}.{zone}")


def _reservations_have_an_effect(settings: Settings) -> Iterator[Problem]:
    network = settings.network
    if not network.reserve_prefixes:
        return
    if network.pod_subnets:
        yield Problem(
            "network.reserve_prefixes",
            "must be left out with pod_subnets, which stay as they are",
            True,
            "reserve prefixes where these subnets are made",
            id="CEK1036",
        )
    if not settings.cilium.eni.prefix_delegation:
        yield Problem(
            "network.reserve_prefixes",
            "must be false without cilium.eni.prefix_delegation: a reservation does not give single "
            "addresses",
            True,
            "leave it out",
            id="CEK1037",
        )


def _existing_pod_subnets_lead_out(settings: Settings) -> Iterator[Problem]:
    network = settings.network
    if network.pod_subnets_have_way_out and not network.pod_subnets:
        yield Problem(
            "network.pod_subnets_have_way_out",
            "must be left out without pod_subnets",
            True,
            "leave it out",
            id="CEK1038",
        )
    elif network.pod_subnets_have_way_out and settings.cilium.egress == "node":
        yield Problem(
            "network.pod_subnets_have_way_out",
            "must be left out with egress 'node', since pods take the routes of the node subnets",
            True,
            "leave it out",
            id="CEK1039",
        )
    if network.pod_subnets and settings.cilium.egress == "pod" and not network.pod_subnets_have_way_out:
        yield Problem(
            "network.pod_subnets_have_way_out",
            "must be true with egress 'pod', since pods leave by the routes of these subnets, and nothing "
            "is looked up",
            False,
            "check that each subnet has a default route, then set it; or use egress 'node'",
            id="CEK1040",
        )


def _room_for_reservations(settings: Settings) -> Iterator[Problem]:
    network = settings.network
    if not network.reserve_prefixes or network.pod_subnets:
        return
    for where, cidr in network.pod_blocks.items():
        try:
            prefix_reservations(split(cidr, len(network.availability_zones))[0], where=where)
        except InputError as too_small:
            # A range too small to be split has a rule of its own.
            yield from (each for each in too_small.problems if each.where == where)


RULES: Final[tuple[Rule, ...]] = (
    _pod_subnets_are_in_the_blocks,
    _pod_subnets_are_apart,
    _pod_subnets_are_for_pods_alone,
    _reservations_have_an_effect,
    _existing_pod_subnets_lead_out,
    _room_for_reservations,
)
