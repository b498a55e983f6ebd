"""Edge cases of the checks of subnets, routes and masquerading."""

from __future__ import annotations

from ipaddress import IPv4Network, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdk_eks_cilium.doctor.checks.addresses.free_prefixes import free_prefixes
from cdk_eks_cilium.doctor.checks.addresses.groups_fit_pod_subnets import groups_fit_pod_subnets
from cdk_eks_cilium.doctor.checks.addresses.masquerade_by_primary_interface import (
    masquerade_by_primary_interface,
)
from cdk_eks_cilium.doctor.checks.addresses.pod_ranges_of_the_vpc import pod_ranges_of_the_vpc
from cdk_eks_cilium.doctor.checks.addresses.way_out_of_pod_subnets import way_out_of_pod_subnets
from cdk_eks_cilium.doctor.checks.views.subnet_rooms import subnet_rooms
from cdk_eks_cilium.doctor.engine import aws_kinds, kinds
from cdk_eks_cilium.doctor.engine.check import Check
from cdk_eks_cilium.doctor.engine.diagnosis import Verdict
from tests.unit.doctor.checks.judging import judged, summaries
from tests.unit.doctor.facts import NODES
from tests.unit.doctor.healthy import healthy
from tests.unit.doctor.mutations.addresses import interface, set_option
from tests.unit.doctor.mutations.nodes import FIRST, node
from tests.unit.doctor.mutations.subnets import fill
from tests.unit.doctor.world import World, thing

# free-prefixes

SUBNET = "100.64.0.0/24"
OFFSETS = st.integers(4, 254)


CIDRS = st.integers(25, 31).flatmap(
    lambda bits: st.integers(0, (1 << (bits - 24)) - 1).map(lambda part: (part << (32 - bits), bits))
)
"""Parts of a /24: where each begins, and its length."""


def reserve(world: World, kind: str, *cidrs: str, subnet: str = "subnet-pa") -> None:
    """Reserve parts of a subnet, as `get-subnet-cidr-reservations` tells it."""
    world.add(
        aws_kinds.SUBNET_RESERVATIONS,
        *(
            {
                "SubnetCidrReservationId": f"scr-{number}",
                "SubnetId": subnet,
                "Cidr": cidr,
                "ReservationType": kind,
                "OwnerId": "111122223333",
            }
            for number, cidr in enumerate(cidrs)
        ),
    )


@given(
    st.lists(OFFSETS, unique=True, max_size=20),
    st.sets(st.integers(1, 14), max_size=6),
    st.lists(CIDRS, max_size=3),
    st.lists(CIDRS, max_size=3),
)
def test_free_blocks_are_what_a_count_of_single_addresses_gives(
    singles: list[int],
    prefixes: set[int],
    explicit: list[tuple[int, int]],
    reserved: list[tuple[int, int]],
) -> None:
    world = healthy()
    world.one(aws_kinds.SUBNETS, "subnet-pa")["CidrBlock"] = SUBNET
    start = ip_network(SUBNET).network_address
    world.things[aws_kinds.INTERFACES] = [
        {
            "SubnetId": "subnet-pa",
            "PrivateIpAddresses": [{"PrivateIpAddress": str(start + offset)} for offset in singles],
            "Ipv4Prefixes": [{"Ipv4Prefix": f"{start + 16 * block}/28"} for block in prefixes],
        }
    ]
    taken = {start + offset for offset in (0, 1, 2, 3, 255, *singles)}
    taken |= {ip_address(int(start) + 16 * block + each) for block in prefixes for each in range(16)}
    kept = [IPv4Network(f"{start + offset}/{bits}") for offset, bits in explicit]
    for_prefixes = [IPv4Network(f"{start + offset}/{bits}") for offset, bits in reserved]
    reserve(world, "explicit", *map(str, kept))
    reserve(world, "prefix", *map(str, for_prefixes))
    untaken = [
        block
        for block in IPv4Network(SUBNET).subnets(new_prefix=28)
        if not any(address in taken for address in block) and not any(block.overlaps(each) for each in kept)
    ]
    inside = [block for block in untaken if any(block.subnet_of(each) for each in for_prefixes)]
    free = inside if for_prefixes else untaken
    room = next(each for each in subnet_rooms(world.seen()) if each.id == "subnet-pa")
    assert room.free == len(free)
    assert room.free_beyond == len(untaken) - len(free)


def test_a_subnet_of_one_block_never_has_a_prefix() -> None:
    world = healthy()
    world.one(aws_kinds.SUBNETS, "subnet-pa")["CidrBlock"] = "100.64.0.0/28"
    world.things[aws_kinds.INTERFACES] = []
    (room,) = (each for each in subnet_rooms(world.seen()) if each.id == "subnet-pa")
    assert (room.blocks, room.free, room.free_percent) == (0, 0, 0)


def test_few_free_blocks_are_a_warning() -> None:
    world = healthy()
    fill(world, "subnet-pa", 950)
    assert summaries(judged(free_prefixes, world)) == [
        "warning: subnet-pa in eu-west-1a: 70 of 1022 /28 blocks are free"
    ]


def test_a_full_subnet_is_an_error_and_says_what_else_is_free() -> None:
    world = healthy()
    fill(world, "subnet-pa", 1022, start=1)
    world.one(aws_kinds.SUBNETS, "subnet-pa")["AvailableIpAddressCount"] = 0
    assert summaries(judged(free_prefixes, world)) == ["error: subnet-pa in eu-west-1a: no address is free"]


def test_blocks_of_explicit_reservations_are_not_free_and_the_fix_names_them() -> None:
    world = healthy()
    reserve(world, "explicit", "100.64.0.0/19", "100.64.32.0/20", "100.64.48.0/21", "100.64.56.0/22")
    reserve(world, "explicit", "100.64.60.8/29")
    (finding,) = judged(free_prefixes, world).findings
    # The first 960 blocks are reserved as a whole, and one more in part; the first and the last never count.
    # Two in the first range were prefixes before.
    assert finding.summary == "subnet-pa in eu-west-1a: 62 of 1022 /28 blocks are free"
    assert ("/28 blocks that explicit reservations keep", "958") in [
        (each.field, each.seen) for each in finding.evidence
    ]
    assert "aws ec2 get-subnet-cidr-reservations --subnet-id subnet-pa" in finding.fix


def test_beside_a_reservation_for_prefixes_the_rest_of_the_subnet_does_not_count() -> None:
    world = healthy()
    reserve(world, "prefix", "100.64.16.0/24")
    fill(world, "subnet-pa", 15, start=256)
    (finding,) = judged(free_prefixes, world).findings
    assert (
        finding.summary
        == "subnet-pa in eu-west-1a: 1 of 16 /28 blocks are free in its reservations for prefixes"
    )
    assert "create-subnet-cidr-reservation --subnet-id subnet-pa --reservation-type prefix" in finding.fix


def test_a_full_reservation_for_prefixes_is_an_error_beside_free_blocks() -> None:
    world = healthy()
    reserve(world, "prefix", "100.64.16.0/24")
    fill(world, "subnet-pa", 16, start=256)
    # Of the other 1006 blocks two are prefixes.
    assert summaries(judged(free_prefixes, world)) == [
        "error: subnet-pa in eu-west-1a: no /28 is free in its reservations for prefixes, beside 1004 outside"
    ]


def test_reservations_of_other_subnets_do_not_count() -> None:
    world = healthy()
    reserve(world, "explicit", "10.0.1.0/24", subnet="subnet-na")
    assert judged(free_prefixes, world).detail == judged(free_prefixes, healthy()).detail


def test_prefixes_outside_of_a_reservation_tell_what_a_node_takes() -> None:
    world = healthy()
    (room,) = (each for each in subnet_rooms(world.seen()) if each.id == "subnet-pa")
    reserve(world, "prefix", "100.64.16.0/24")
    (later,) = (each for each in subnet_rooms(world.seen()) if each.id == "subnet-pa")
    assert (room.prefixes, room.prefixes_beyond) == (2, 0)
    assert (later.prefixes, later.prefixes_beyond) == (0, 2)


DENIED = "not allowed to call ec2:GetSubnetCidrReservations"


@pytest.mark.parametrize("check", [free_prefixes, groups_fit_pod_subnets], ids=lambda check: check.id)
def test_without_the_right_to_read_reservations_the_count_says_so(check: Check) -> None:
    world = healthy()
    counted = judged(check, world).detail
    world.unread[aws_kinds.SUBNET_RESERVATIONS] = DENIED
    found = judged(check, world)
    assert found.verdict is Verdict.OK
    assert found.detail == f"{counted}; CIDR reservations were not read: {DENIED}"


def test_a_finding_without_reservations_says_so_too() -> None:
    world = healthy()
    world.unread[aws_kinds.SUBNET_RESERVATIONS] = DENIED
    fill(world, "subnet-pa", 950)
    (finding,) = judged(free_prefixes, world).findings
    assert finding.evidence[-1].seen == f"not read: {DENIED}"


def test_a_roll_of_all_nodes_is_not_growth() -> None:
    world = healthy()
    fill(world, "subnet-pa", 850)
    for name, *_ in NODES:
        node(world, name)["metadata"]["creationTimestamp"] = "2026-11-29T08:00:00Z"
    assert judged(free_prefixes, world).verdict is Verdict.OK


def test_without_credentials_free_prefixes_are_unknown() -> None:
    world = healthy()
    world.unread[aws_kinds.SUBNETS] = "no credentials"
    assert judged(free_prefixes, world).unknown == ("no credentials",)


@pytest.mark.parametrize("check", [free_prefixes, groups_fit_pod_subnets], ids=lambda check: check.id)
def test_without_prefixes_blocks_mean_nothing(check: object) -> None:
    world = healthy()
    set_option(world, "aws-enable-prefix-delegation", "false")
    assert judged(check, world).verdict is Verdict.SKIPPED  # type: ignore[arg-type]


# groups-fit-pod-subnets


def test_what_full_nodes_take_and_what_is_free_are_told() -> None:
    # A full m6i.large has (110 - 1 + 2 + 8) / 16 = 8 prefixes and an interface, of which 2 are there.
    # Two more nodes a zone: 2 x 7 + 2 x 9 in the first zone, 7 + 2 x 9 in the second.
    assert judged(groups_fit_pod_subnets, healthy()).detail == (
        "eu-west-1a: 32 of 1020 free /28, eu-west-1b: 25 of 1021 free /28"
    )


def test_a_group_whose_type_only_its_nodes_tell_is_judged() -> None:
    world = healthy()
    group = world.all(aws_kinds.NODE_GROUPS)[0]
    del group["instanceTypes"]
    group["scalingConfig"]["maxSize"] = 300
    assert judged(groups_fit_pod_subnets, world).verdict is Verdict.WARNING


def test_a_group_whose_type_nothing_tells_is_unknown_beside_the_rest() -> None:
    world = healthy()
    group = {
        "nodegroupName": "empty",
        "scalingConfig": {"maxSize": 4},
        "subnets": ["subnet-na"],
        "instanceTypes": [],
    }
    world.add(aws_kinds.NODE_GROUPS, group)
    assert judged(groups_fit_pod_subnets, world).unknown == ("how much nodes of these groups take: empty",)


# masquerade-by-primary-interface


@pytest.mark.parametrize(
    ("names", "problem"),
    [
        ("eth0", ""),
        ("eth0 ens5", ""),
        ("eth0,ens5", "a comma does not separate names"),
        ("eth0 eth1", "has interfaces of pods"),
        ("ens+ eth+", "ens+, eth+ fits interfaces of pods"),
        ("ens5", "the primary interface is eth0, not ens5"),
        (None, "agents stop, because no interface is named"),
    ],
)
def test_each_form_of_names_on_bottlerocket(names: str | None, problem: str) -> None:
    world = healthy()
    set_option(world, "egress-masquerade-interfaces", names)
    assert [problem in each for each in summaries(judged(masquerade_by_primary_interface, world))] == (
        [True] if problem else []
    )


def test_a_missing_name_masquerades_traffic_between_pods_before_1_19() -> None:
    world = healthy()
    set_option(world, "egress-masquerade-interfaces", None)
    agent = world.one(kinds.DAEMON_SETS, "cilium")["spec"]["template"]["spec"]["containers"][0]
    agent["image"] = "quay.io/cilium/cilium:v1.17.18"
    assert "because no interface is named" in summaries(judged(masquerade_by_primary_interface, world))[0]


def test_a_wildcard_is_fine_where_pods_live_in_the_primary_range() -> None:
    world = healthy()
    set_option(world, "egress-masquerade-interfaces", "eth+")
    for index in range(len(NODES)):
        interface(world, index)["vpc"]["primary-cidr"] = "100.64.0.0/16"
    assert judged(masquerade_by_primary_interface, world).verdict is Verdict.OK


def test_the_name_on_al2023_cannot_be_told_from_outside() -> None:
    world = healthy()
    set_option(world, "egress-masquerade-interfaces", "ens5")
    for each in world.all(kinds.NODES):
        each["status"]["nodeInfo"]["osImage"] = "Amazon Linux 2023.9.20251110"
    assert "3 nodes whose image does not tell" in judged(masquerade_by_primary_interface, world).detail


def test_a_cilium_node_config_names_the_interface_of_some_nodes() -> None:
    world = healthy()
    node(world)["status"]["nodeInfo"]["osImage"] = "Amazon Linux 2023.9.20251110"
    assert judged(masquerade_by_primary_interface, world).verdict is Verdict.ERROR
    labels = {"matchLabels": {"kubernetes.io/hostname": FIRST}}
    defaults = {"egress-masquerade-interfaces": "ens5"}
    found = thing(
        kinds.CILIUM_NODE_CONFIGS,
        "al2023",
        "kube-system",
        spec={"nodeSelector": labels, "defaults": defaults},
    )
    world.add(kinds.CILIUM_NODE_CONFIGS, found)
    assert judged(masquerade_by_primary_interface, world).verdict is Verdict.OK


def test_ebpf_masquerading_is_not_by_names() -> None:
    world = healthy()
    set_option(world, "enable-bpf-masquerade", "true")
    assert judged(masquerade_by_primary_interface, world).detail == "eBPF masquerades, by devices"


# way-out-of-pod-subnets


def egress_pod(world: World) -> None:
    set_option(world, "enable-ipv4-masquerade", "false")


def route(world: World, table: str, **target: str) -> None:
    found = world.one(aws_kinds.ROUTE_TABLES, table)
    found["Routes"].append({"DestinationCidrBlock": "0.0.0.0/0", "State": "active", **target})


def test_with_egress_pod_only_routes_are_judged() -> None:
    world = healthy()
    egress_pod(world)
    route(world, "rtb-pods", TransitGatewayId="tgw-0a1")
    assert judged(masquerade_by_primary_interface, world).verdict is Verdict.SKIPPED
    assert judged(way_out_of_pod_subnets, world).detail == "tgw-0a1"


@pytest.mark.parametrize(
    ("target", "seen"),
    [
        ({"GatewayId": "igw-0a1"}, "igw-0a1, which serves public addresses alone"),
        ({"NatGatewayId": "nat-9", "State": "blackhole"}, "nat-9, which is gone"),
    ],
)
def test_a_route_that_leads_nowhere_is_no_way_out(target: dict[str, str], seen: str) -> None:
    world = healthy()
    egress_pod(world)
    route(world, "rtb-pods", **target)
    (finding,) = judged(way_out_of_pod_subnets, world).findings
    assert [each.seen for each in finding.evidence] == [seen, seen]


def test_a_subnet_without_a_table_of_its_own_has_the_main_one() -> None:
    world = healthy()
    egress_pod(world)
    world.one(aws_kinds.ROUTE_TABLES, "rtb-pods")["Associations"] = []
    assert judged(way_out_of_pod_subnets, world).verdict is Verdict.ERROR
    route(world, "rtb-main", NatGatewayId="nat-0a1")
    assert judged(way_out_of_pod_subnets, world).verdict is Verdict.OK


def test_an_isolated_cluster_has_no_way_out_on_purpose() -> None:
    world = healthy()
    egress_pod(world)
    world.one(aws_kinds.ROUTE_TABLES, "rtb-nodes")["Routes"].pop()
    assert judged(way_out_of_pod_subnets, world).detail == "neither pods nor nodes have a way out"


def test_routes_that_cannot_be_read_are_unknown() -> None:
    world = healthy()
    egress_pod(world)
    world.unread[aws_kinds.ROUTE_TABLES] = "no credentials"
    assert judged(way_out_of_pod_subnets, world).unknown == ("no credentials",)


# pod-ranges-of-the-vpc


def test_ranges_of_subnets_are_judged_where_settings_tell_none() -> None:
    world = healthy()
    world.planned(pod_ranges=None)
    assert judged(pod_ranges_of_the_vpc, world).detail == "100.64.0.0/18, 100.64.64.0/18"


def test_a_planned_range_that_the_vpc_lacks_is_found() -> None:
    world = healthy()
    world.planned(pod_ranges=("100.64.0.0/16", "100.80.0.0/16"))
    (finding,) = judged(pod_ranges_of_the_vpc, world).findings
    assert "associate-vpc-cidr-block --vpc-id vpc-0a1 --cidr-block 100.80.0.0/16" in finding.fix
    assert finding.evidence[0].seen == ""


def test_without_an_answer_of_ec2_the_blocks_are_unknown() -> None:
    world = healthy()
    world.things[aws_kinds.VPCS] = []
    assert judged(pod_ranges_of_the_vpc, world).verdict is Verdict.UNKNOWN
