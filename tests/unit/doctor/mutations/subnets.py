"""Pod subnets that fill up or are missing, and ways out that lead nowhere."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network
from typing import Any

from cdk_eks_cilium.doctor.engine import aws_kinds, kinds
from tests.unit.doctor.facts import NODES
from tests.unit.doctor.mutations import Mutation
from tests.unit.doctor.mutations.addresses import cilium_node, interface, set_option
from tests.unit.doctor.mutations.nodes import FIRST, node
from tests.unit.doctor.world import Thing, World


def fill(world: World, subnet: str, blocks: int, by: str = "prefix", start: int = 40) -> None:
    """Take /28 blocks of a subnet from one on, with a prefix or a single address in each."""
    block = ip_network(world.one(aws_kinds.SUBNETS, subnet)["CidrBlock"])
    first = int(block.network_address) + 16 * start
    own: Thing = {"NetworkInterfaceId": f"eni-fill-{subnet}", "SubnetId": subnet, "Status": "in-use"}
    starts = [_text(first + 16 * each) for each in range(blocks)]
    if by == "prefix":
        own["Ipv4Prefixes"] = [{"Ipv4Prefix": f"{start}/28"} for start in starts]
    else:
        own["PrivateIpAddresses"] = [
            {"Primary": not each, "PrivateIpAddress": s} for each, s in enumerate(starts)
        ]
    world.add(aws_kinds.INTERFACES, own)


def _text(value: int) -> str:
    return ".".join(str(value >> shift & 255) for shift in (24, 16, 8, 0))


def _full_subnet(world: World) -> None:
    fill(world, "subnet-pa", 1022, by="address", start=1)


def _reserve_explicitly(world: World) -> None:
    reservation = {
        "SubnetCidrReservationId": "scr-0a1",
        "SubnetId": "subnet-pb",
        "Cidr": "100.64.64.0/18",
        "ReservationType": "explicit",
        "OwnerId": "111122223333",
    }
    world.add(aws_kinds.SUBNET_RESERVATIONS, reservation)


def _grow(world: World) -> None:
    for name in (FIRST, NODES[2][0]):
        node(world, name)["metadata"]["creationTimestamp"] = "2026-09-01T08:00:00Z"
    node(world, NODES[1][0])["metadata"]["creationTimestamp"] = "2026-11-26T08:00:00Z"
    fill(world, "subnet-pa", 880)


def _too_large_groups(world: World) -> None:
    world.all(aws_kinds.NODE_GROUPS)[0]["scalingConfig"]["maxSize"] = 300


def _zone_without_subnet(world: World) -> None:
    third = NODES[2][0]
    node(world, third)["metadata"]["labels"]["topology.kubernetes.io/zone"] = "eu-west-1c"
    cilium_node(world, 2)["spec"]["eni"]["availability-zone"] = "eu-west-1c"
    interface(world, 2)["subnet"] = {"id": "subnet-nc", "cidr": "10.0.3.0/24"}
    world.one(aws_kinds.INTERFACES, NODES[2][5])["SubnetId"] = "subnet-nc"


def _group_in_bare_zone(world: World) -> None:
    subnet = {"SubnetId": "subnet-nc", "AvailabilityZone": "eu-west-1c", "CidrBlock": "10.0.3.0/24"}
    world.add(aws_kinds.SUBNETS, subnet)
    world.all(aws_kinds.NODE_GROUPS)[0]["subnets"].append("subnet-nc")


def _al2023(world: World) -> None:
    for each in world.all(kinds.NODES):
        each["status"]["nodeInfo"]["osImage"] = "Amazon Linux 2023.9.20251110"
    assert world.plan.groups is not None
    world.planned(
        groups=tuple(replace(each, image="al2023", primary_interface=None) for each in world.plan.groups)
    )


def option(name: str, value: str | None) -> Any:
    return lambda world: set_option(world, name, value)


def _no_masquerade(world: World) -> None:
    set_option(world, "enable-ipv4-masquerade", "false")
    world.planned(egress="pod")


def _not_associated(world: World) -> None:
    world.all(aws_kinds.VPCS)[0]["CidrBlockAssociationSet"][1]["CidrBlockState"]["State"] = "disassociating"


def _new_block(world: World) -> None:
    block = {"CidrBlock": "100.65.0.0/16", "CidrBlockState": {"State": "associated"}}
    world.all(aws_kinds.VPCS)[0]["CidrBlockAssociationSet"].append(block)


MUTATIONS = (
    Mutation(
        "single addresses spoil every block of a subnet",
        _full_subnet,
        ("free-prefixes",),
        ("subnet-pa in eu-west-1a: no /28 is free, beside", "describe-network-interfaces"),
    ),
    Mutation(
        "an explicit reservation keeps a pod subnet from prefixes",
        _reserve_explicitly,
        ("free-prefixes",),
        ("subnet-pb in eu-west-1b: no /28 is free", "get-subnet-cidr-reservations --subnet-id subnet-pb"),
    ),
    Mutation(
        "a pod subnet will soon be full",
        _grow,
        ("free-prefixes",),
        ("at the growth of the last 4 weeks",),
    ),
    Mutation(
        "node groups may grow beyond the pod subnets",
        _too_large_groups,
        ("groups-fit-pod-subnets",),
        ("do not fit into the pod subnets of eu-west-1a, eu-west-1b", "nodes that may still start is 297"),
    ),
    Mutation(
        "a zone has no pod subnet",
        _zone_without_subnet,
        ("pod-subnet-of-each-zone",),
        ("error: 1 zone with nodes and without a pod subnet: eu-west-1c",),
    ),
    Mutation(
        "a node group reaches into a zone without a pod subnet",
        _group_in_bare_zone,
        ("pod-subnet-of-each-zone",),
        ("warning: node groups reach into eu-west-1c",),
    ),
    Mutation(
        "AL2023 has no eth0",
        _al2023,
        ("masquerade-by-primary-interface",),
        ("pods are not masqueraded: AL2023 has no eth0 on 3 nodes",),
    ),
    Mutation(
        "a wildcard fits interfaces of pods",
        option("egress-masquerade-interfaces", "eth+"),
        ("masquerade-by-primary-interface",),
        ("traffic between pods of two nodes is masqueraded: eth+",),
    ),
    Mutation(
        "the interface has the name of another image",
        option("egress-masquerade-interfaces", "ens5"),
        ("masquerade-by-primary-interface",),
        ("the primary interface is eth0, not ens5",),
    ),
    Mutation(
        "pods leave by themselves and have no route",
        _no_masquerade,
        ("way-out-of-pod-subnets",),
        ("2 pod subnets without a way out: subnet-pa, subnet-pb",),
    ),
    Mutation(
        "the block of pods leaves the VPC",
        _not_associated,
        ("pod-ranges-of-the-vpc",),
        ("is disassociating, expected associated",),
    ),
    Mutation(
        "the operator does not know a new block",
        _new_block,
        ("pod-ranges-of-the-vpc",),
        ("the operator does not know all blocks of the VPC on 3 nodes",),
    ),
)
