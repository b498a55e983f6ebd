"""The address plan of an environment: room in pod subnets, ways out and in, and quotas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

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
from cdk_eks_cilium.problems.bounds import OBJECTS, read_bounded

from .conversion import cilium_values, cilium_version
from .model import Settings
from .network import Network
from .ways import Way, WayIn, admissions, controller_values, gateway_advice, ways_in, ways_out


@dataclass(frozen=True)
class AddressPlan:
    """The addresses of an environment.

    Attributes:
        capacity: What the pod subnets hold, and what the node groups take.
        quotas: How much of each AWS quota the plan uses; the quota that binds at the fewest nodes comes
            first.
        ways: How pods reach each kind of destination.
        ways_in: How each kind of client reaches pods, and whether it does.
        admissions: What an existing VPC must let in from the pods' ranges; empty for a new VPC.
        controller_values: Helm's options for the AWS Load Balancer Controller, if it is installed.
        notes: What to know about the ways: what ends with a later Cilium, and ranges that do not go together.
    """

    capacity: CapacityPlan
    quotas: tuple[QuotaUse, ...]
    ways: tuple[Way, ...]
    ways_in: tuple[WayIn, ...]
    admissions: tuple[str, ...]
    controller_values: str
    notes: tuple[str, ...]


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
            elastic_ips=elastic_ips(network),
        ),
        tuple(ways_out(settings)),
        tuple(ways_in(settings)),
        tuple(admissions(settings)),
        controller_values(settings),
        (*values.endings(cilium_values(settings)), *gateway_advice(settings)),
    )


def elastic_ips(network: Network) -> int:
    """Return the number of Elastic IPs that the stack allocates: one for each public NAT gateway."""
    if network.existing or network.isolated:
        return 0
    return network.nat_gateways or len(network.availability_zones)


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
        text = read_bounded(Path(settings.instance_facts), OBJECTS).decode("utf-8")
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
