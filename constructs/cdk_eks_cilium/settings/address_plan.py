"""The address plan of an environment: room in pod subnets, ways out of the VPC, and quotas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from cdk_eks_cilium import values
from cdk_eks_cilium.addressing import (
    NO_FACTS,
    SUBNETS,
    CapacityPlan,
    InstanceType,
    NodeAddressing,
    PlannedGroup,
    PodSubnet,
    QuotaUse,
    plan,
    pod_subnet_cidrs,
    prefix_reservations,
    quota_uses,
    read_facts,
)
from cdk_eks_cilium.problems import Problem, refuse

from .conversion import cilium_values, cilium_version
from .model import Settings
from .network import Network

_NODE: Final = "the primary address of the pod's node"
_POD: Final = "the pod's own address"


@dataclass(frozen=True)
class Way:
    """How pods reach one kind of destination.

    Attributes:
        destination: The destination.
        via: What the packets go through.
        source: The address that the destination sees.
    """

    destination: str
    via: str
    source: str


@dataclass(frozen=True)
class AddressPlan:
    """The addresses of an environment.

    Attributes:
        capacity: What the pod subnets hold, and what the node groups take.
        quotas: How much of each AWS quota the plan uses; the quota that binds at the fewest nodes comes
            first.
        ways: How pods reach each kind of destination.
    """

    capacity: CapacityPlan
    quotas: tuple[QuotaUse, ...]
    ways: tuple[Way, ...]


def address_plan(settings: Settings) -> AddressPlan:
    """Work out the address plan of settings whose fields are valid.

    Raises:
        InputError: If a range is too small for the zones, or an instance type is unknown.
    """
    capacity = capacity_plan(settings)
    network = settings.network
    return AddressPlan(
        capacity,
        quota_uses(
            capacity,
            cidr_blocks=len({*network.pod_cidrs, *network.associated_cidrs}),
            used={SUBNETS.name: _other_subnets(network)},
        ),
        tuple(ways_out(settings)),
    )


def _other_subnets(network: Network) -> int:
    """Return the number of subnets for nodes and public load balancers that the settings name or make."""
    if network.existing:
        return len({*network.private_subnet_ids.values(), *network.public_subnet_ids.values()})
    return len(network.availability_zones) * (1 if network.isolated else 2)


def capacity_plan(settings: Settings) -> CapacityPlan:
    """Work out whether the node groups fit into the pod subnets.

    Raises:
        InputError: If a range is too small for the zones, or an instance type is unknown.
    """
    return plan(
        list(_pod_subnets(settings)),
        [
            PlannedGroup(
                name=group.name,
                instance_types=tuple(group.instance_types),
                min_size=group.min_size,
                max_size=group.max_size,
                zones=tuple(group.zones),
                max_unavailable=group.most_unavailable,
                where=f"node_groups[{index}]",
            )
            for index, group in enumerate(settings.node_groups)
        ],
        addressing=node_addressing(settings),
    )


def node_addressing(settings: Settings) -> NodeAddressing:
    """Return how Cilium gives addresses to the nodes, with the facts of instance types.

    Raises:
        InputError: If the file of facts cannot be read.
    """
    return values.node_addressing(cilium_values(settings), cilium_version(settings), instance_facts(settings))


def instance_facts(settings: Settings) -> Mapping[str, InstanceType]:
    """Return the facts of instance types that the settings name, by type.

    Raises:
        InputError: If the file of facts cannot be read.
    """
    if settings.instance_facts is None:
        return NO_FACTS
    try:
        with open(settings.instance_facts, encoding="utf-8") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError) as error:
        reason = (error.strerror or "unknown error") if isinstance(error, OSError) else "not UTF-8"
        rule = f"must be a readable file ({reason.lower()})"
        fix = "write one with `cdk-eks-cilium instances`, or leave it out"
        refuse([Problem("instance_facts", rule, settings.instance_facts, fix, id="CEK1001")])
    return read_facts(text, "instance_facts").types


def _pod_subnets(settings: Settings) -> Iterator[PodSubnet]:
    network = settings.network
    if network.pod_subnets:
        for zone, subnet in network.pod_subnets.items():
            # A rule refuses other zones.
            if zone in network.availability_zones:
                yield PodSubnet(zone, subnet.cidr)
        return
    for where, block in network.pod_blocks.items():
        for zone, cidr in pod_subnet_cidrs(block, network.availability_zones, where=where).items():
            reserved = prefix_reservations(cidr, where=where) if network.reserve_prefixes else ()
            yield PodSubnet(zone, cidr, reserved)


def ways_out(settings: Settings) -> Iterator[Way]:
    """Yield how pods reach each kind of destination, the nearest first."""
    network, beyond = settings.network, settings.network.on_premises
    node_egress = settings.cilium.egress == "node"
    inside = ", ".join([network.vpc_cidr, *network.pod_cidrs])
    yield Way(f"the VPC ({inside})", "the VPC's local route", _POD)
    yield from _service_ways(settings)
    if beyond is not None:
        far = f"on-premises networks ({', '.join(beyond.cidrs)})"
        if node_egress:
            gateway = beyond.transit_gateway_id
            last = f"transit gateway {gateway}" if gateway else "their routes"
            yield Way(far, f"the node subnets, then {last}", _NODE)
        elif beyond.private_nat:
            yield Way(far, "the private NAT gateway of the zone", "an address of the node subnet")
        elif beyond.transit_gateway_id is not None:
            yield Way(far, f"transit gateway {beyond.transit_gateway_id}", _POD)
        else:
            yield Way(far, "the routes of the pod subnets", _POD)
    if network.isolated:
        return
    if node_egress:
        yield Way("the internet", "the node subnets, then a NAT gateway", "the NAT gateway's public address")
    elif network.pod_subnets:
        yield Way("the internet", "the routes of the pod subnets", "decided by those routes")
    else:
        yield Way("the internet", "the NAT gateway of the zone", "the gateway's public address")


def _service_ways(settings: Settings) -> Iterator[Way]:
    network = settings.network
    gateways = [*network.gateway_endpoints, *(["s3"] if network.isolated else [])]
    if gateways:
        source = _NODE if settings.cilium.egress == "node" else _POD
        yield Way(f"AWS ({', '.join(gateways)})", "gateway endpoints", source)
    if network.isolated:
        yield Way("AWS (other services)", "interface endpoints in the node subnets", _POD)
