"""Rules for what the VPC reaches: its own ranges, peers, premises, endpoints."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Final

from cdk_eks_cilium.addressing import service_range_problems
from cdk_eks_cilium.problems import Problem
from cdk_eks_cilium.settings.model import Settings

from .rule import Rule


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
                    f"must not overlap {block}, a range of {whose}: pods could not reach both",
                    cidr,
                    "choose another range for the VPC or the pods",
                    id="CEK1041",
                )


def _out_of_reach(where: str, far: IPv4Network, own: IPv4Network) -> bool:
    """Whether the VPC's local route hides the far range.

    A route to premises may contain the VPC: the local route is more specific and wins for the VPC's part only
    (https://docs.aws.amazon.com/vpc/latest/userguide/subnet-route-tables.html). VPCs that overlap cannot be
    peered at all (https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-basics.html).
    """
    if where == "network.on_premises.cidrs":
        return far.subnet_of(own)
    return far.overlaps(own)


def _services_are_apart(settings: Settings) -> Iterator[Problem]:
    """EKS refuses ranges of the VPC. Of other networks it only says that they should not overlap."""
    network, services = settings.network, IPv4Network(settings.service_cidr)
    beyond = network.on_premises.cidrs if network.on_premises is not None else []
    taken = [
        *((block, "a range of the VPC") for block in (network.vpc_cidr, *network.associated_cidrs)),
        *((block, "a range of the pods") for block in network.pod_cidrs),
        *((block, "a range in network.peer_cidrs") for block in network.peer_cidrs),
        # A route to all premises, such as 10.0.0.0/8, leaves addresses outside the service range.
        *(
            (block, "a range in network.on_premises.cidrs")
            for block in beyond
            if IPv4Network(block).subnet_of(services)
        ),
    ]
    yield from service_range_problems("service_cidr", settings.service_cidr, taken)


def _blocks_of_existing_vpc_are_apart(settings: Settings) -> Iterator[Problem]:
    network = settings.network
    known = {"vpc_cidr": network.vpc_cidr}
    for index, cidr in enumerate(network.associated_cidrs):
        for name, block in known.items():
            if IPv4Network(cidr).overlaps(IPv4Network(block)):
                yield Problem(
                    f"network.associated_cidrs[{index}]",
                    f"must not overlap {block}, which is in {name}: a VPC cannot have both",
                    cidr,
                    "write each range of the VPC once",
                    id="CEK1042",
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
                "must name only ranges with pod_subnets, whose routes are not ours",
                fix="leave transit_gateway_id and private_nat out",
                id="CEK1043",
            )
        return
    pods_leave = settings.cilium.egress == "pod"
    if beyond.private_nat and not pods_leave:
        yield Problem(
            "network.on_premises.private_nat",
            "must be left out with egress 'node', since pods leave with their node's address",
            True,
            "leave it out",
            id="CEK1044",
        )
    if network.existing and pods_leave and beyond.private_nat and beyond.transit_gateway_id is not None:
        yield Problem(
            "network.on_premises.transit_gateway_id",
            "must be left out with vpc_id and private_nat: NAT gateways take the routes of the node subnets, "
            "which are not ours",
            beyond.transit_gateway_id,
            "leave it out",
            id="CEK1045",
        )
    if network.existing and not pods_leave:
        if beyond.transit_gateway_id is not None:
            yield Problem(
                "network.on_premises.transit_gateway_id",
                "must be left out with vpc_id and egress 'node': pods take the routes of the node subnets, "
                "which are not ours",
                beyond.transit_gateway_id,
                "leave it out",
                id="CEK1046",
            )
    elif beyond.transit_gateway_id is None and not (network.existing and beyond.private_nat):
        other = (
            ", or use private_nat if the node subnets have routes to these networks"
            if network.existing
            else ""
        )
        yield Problem(
            "network.on_premises.transit_gateway_id",
            "must be given: this VPC has no other way to these networks",
            fix=f"name the transit gateway{other}",
            id="CEK1047",
        )


def _gateway_endpoints_of_new_vpc(settings: Settings) -> Iterator[Problem]:
    network = settings.network
    if network.gateway_endpoints and network.existing:
        yield Problem(
            "network.gateway_endpoints",
            "must be left out with vpc_id, since an existing VPC has its own",
            network.gateway_endpoints,
            "add endpoints where that VPC is made",
            id="CEK1048",
        )
    if network.isolated and "s3" in network.gateway_endpoints:
        yield Problem(
            "network.gateway_endpoints",
            "must not name 's3' with isolated, which always makes that endpoint",
            network.gateway_endpoints,
            "leave 's3' out",
            id="CEK1049",
        )


RULES: Final[tuple[Rule, ...]] = (
    _ranges_are_apart,
    _services_are_apart,
    _blocks_of_existing_vpc_are_apart,
    _a_way_to_the_premises,
    _gateway_endpoints_of_new_vpc,
)
