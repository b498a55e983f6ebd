"""Existing pod subnets, and networks beyond the VPC."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.problems import InputError
from cdk_eks_cilium.settings import parse

ZONES = ["eu-west-1a", "eu-west-1b"]
EXISTING: dict[str, Any] = {
    "vpc_id": "vpc-0123456789abcdef0",
    "vpc_cidr": "10.0.0.0/16",
    "availability_zones": ZONES,
    "private_subnet_ids": {
        "eu-west-1a": "subnet-0123456789abcdef0",
        "eu-west-1b": "subnet-0123456789abcdef1",
    },
}
PODS = {
    "eu-west-1a": {"id": "subnet-0123456789abcdef2", "cidr": "100.64.0.0/17"},
    "eu-west-1b": {"id": "subnet-0123456789abcdef3", "cidr": "100.64.128.0/17"},
}
GATEWAY = "tgw-0123456789abcdef0"
BEYOND = {"cidrs": ["10.128.0.0/9"], "transit_gateway_id": GATEWAY}


def refusal(egress: str = "node", **network: Any) -> list[str]:
    with pytest.raises(InputError) as refused:
        parse({"network": network, "cilium": {"egress": egress}})
    return [str(problem) for problem in refused.value.problems]


def accepted(egress: str = "node", **network: Any) -> bool:
    return bool(parse({"network": network, "cilium": {"egress": egress}}))


def test_existing_pod_subnets_are_valid() -> None:
    assert accepted(**EXISTING, pod_subnets=PODS)


def test_pod_subnets_need_an_existing_vpc() -> None:
    assert refusal(availability_zones=ZONES, pod_subnets=PODS) == [
        "network.pod_subnets: must be left out without vpc_id, since it describes an existing VPC, got "
        "['eu-west-1a', 'eu-west-1b']; name that VPC in vpc_id"
    ]


def test_every_zone_has_a_pod_subnet() -> None:
    assert refusal(**EXISTING, pod_subnets={"eu-west-1a": PODS["eu-west-1a"]}) == [
        "network.pod_subnets: must have each zone of availability_zones, and lacks eu-west-1b, got "
        "['eu-west-1a']; add the zone here, or leave it out of availability_zones"
    ]


def test_existing_pod_subnets_lie_in_the_block_of_pods() -> None:
    assert refusal(**EXISTING, pod_subnets=PODS, pod_cidr="100.65.0.0/16") == [
        f"network.pod_subnets.{zone}.cidr: must be part of 100.65.0.0/16, the blocks of the pods, got "
        f"'{PODS[zone]['cidr']}'; write its block as pod_cidr, or in further_pod_cidrs"
        for zone in ZONES
    ]


def test_existing_pod_subnets_may_lie_in_several_blocks() -> None:
    apart = {**PODS, "eu-west-1b": {**PODS["eu-west-1b"], "cidr": "100.65.0.0/17"}}
    assert accepted(**EXISTING, pod_subnets=apart, further_pod_cidrs=["100.65.0.0/16"])


def test_a_pod_subnet_of_another_zone_is_refused() -> None:
    third = {"id": "subnet-0123456789abcdef4", "cidr": "100.65.0.0/17"}
    network = {**EXISTING, "further_pod_cidrs": ["100.65.0.0/16"]}
    assert refusal(**network, pod_subnets={**PODS, "eu-west-1c": third}) == [
        "network.pod_subnets: must have only zones of availability_zones, not eu-west-1c, got "
        "['eu-west-1a', 'eu-west-1b', 'eu-west-1c']; leave the zone out here, or add it to availability_zones"
    ]


def test_a_pod_subnet_of_another_zone_does_not_add_room() -> None:
    small = {
        zone: {**PODS[zone], "cidr": cidr}
        for zone, cidr in zip(ZONES, ("100.64.0.0/26", "100.64.0.64/26"), strict=True)
    }
    third = {"id": "subnet-0123456789abcdef4", "cidr": "100.64.64.0/18"}
    texts = refusal(**EXISTING, pod_subnets={**small, "eu-west-1c": third})
    assert any(text.startswith("network.pod_cidr: must hold 3 nodes at max_size") for text in texts)


def test_existing_pod_subnets_do_not_overlap() -> None:
    same = {**PODS, "eu-west-1b": {**PODS["eu-west-1b"], "cidr": "100.64.64.0/18"}}
    assert refusal(**EXISTING, pod_subnets=same) == [
        "network.pod_subnets.eu-west-1b.cidr: must not overlap 100.64.0.0/17, the pod subnet of eu-west-1a, "
        "got '100.64.64.0/18'; write the range of the subnet"
    ]


@pytest.mark.parametrize(
    ("subnet_id", "owner"),
    [
        ("subnet-0123456789abcdef2", "pod_subnets.eu-west-1a"),
        ("subnet-0123456789abcdef0", "private_subnet_ids.eu-west-1a"),
    ],
)
def test_a_pod_subnet_holds_nothing_but_the_pods_of_its_zone(subnet_id: str, owner: str) -> None:
    shared = {**PODS, "eu-west-1b": {**PODS["eu-west-1b"], "id": subnet_id}}
    assert refusal(**EXISTING, pod_subnets=shared) == [
        f"network.pod_subnets.eu-west-1b.id: must be in one zone and for pods only, and network.{owner} has "
        f"it too, got '{subnet_id}'; name the zone's own pod subnet"
    ]


def test_nothing_is_reserved_in_existing_pod_subnets() -> None:
    assert refusal(**EXISTING, pod_subnets=PODS, reserve_prefixes=True) == [
        "network.reserve_prefixes: must be left out with pod_subnets, which stay as they are, got True; "
        "reserve prefixes where these subnets are made"
    ]


def test_reservations_are_for_prefixes() -> None:
    with pytest.raises(InputError) as refused:
        parse(
            {
                "network": {"reserve_prefixes": True},
                "cilium": {"eni": {"prefix_delegation": False}},
                "node_groups": [{"name": "workers", "instance_types": ["m6i.2xlarge"]}],
            }
        )
    assert [str(problem) for problem in refused.value.problems] == [
        "network.reserve_prefixes: must be false without cilium.eni.prefix_delegation: a reservation "
        "does not give single addresses, got True; leave it out"
    ]


def test_pods_leave_existing_subnets_only_where_the_settings_say_that_these_have_a_way_out() -> None:
    assert refusal("pod", **EXISTING, pod_subnets=PODS) == [
        "network.pod_subnets_have_way_out: must be true with egress 'pod', since pods leave by the "
        "routes of these subnets, and nothing is looked up, got False; check that each subnet has a "
        "default route, then set it; or use egress "
        "'node'"
    ]
    assert accepted("pod", **EXISTING, pod_subnets=PODS, pod_subnets_have_way_out=True)


def test_a_way_out_is_set_for_existing_pod_subnets_only() -> None:
    assert refusal(pod_subnets_have_way_out=True) == [
        "network.pod_subnets_have_way_out: must be left out without pod_subnets, got True; leave it out"
    ]


def test_a_way_out_is_set_for_pods_with_their_own_address_only() -> None:
    assert refusal("node", **EXISTING, pod_subnets=PODS, pod_subnets_have_way_out=True) == [
        "network.pod_subnets_have_way_out: must be left out with egress 'node', since pods take the "
        "routes of the node subnets, got True; leave it out"
    ]


def test_further_ranges_are_judged_as_the_first_is() -> None:
    (text,) = refusal(further_pod_cidrs=["100.64.0.0/20"])
    assert text.startswith("network.further_pod_cidrs[0]: must not overlap 100.64.0.0/16, a range of the VPC")
    assert accepted(further_pod_cidrs=["100.65.0.0/16", "100.66.0.0/16"])


def test_reservations_need_subnets_that_can_be_quartered() -> None:
    small: dict[str, Any] = {
        "availability_zones": ZONES,
        "pod_cidr": "100.64.0.0/26",
        "reserve_prefixes": True,
    }
    assert any("to reserve three quarters for prefixes" in text for text in refusal(**small))


def test_the_range_that_is_too_small_for_reservations_is_named_once() -> None:
    assert refusal(availability_zones=ZONES, reserve_prefixes=True, further_pod_cidrs=["100.65.0.0/26"]) == [
        "network.further_pod_cidrs[0]: must have subnets of /26 or larger, to reserve three quarters for "
        "prefixes, got '100.65.0.0/27'; choose a larger range, or do not reserve prefixes"
    ]


@pytest.mark.parametrize(
    ("network", "where", "block", "whose"),
    [
        ({"peer_cidrs": ["10.0.128.0/17"]}, "network.peer_cidrs[0]", "10.0.0.0/16", "the VPC"),
        (
            {"peer_cidrs": ["10.1.0.0/16", "100.64.9.0/24"]},
            "network.peer_cidrs[1]",
            "100.64.0.0/16",
            "the pods",
        ),
        (
            {"on_premises": {**BEYOND, "cidrs": ["10.0.64.0/18"]}},
            "network.on_premises.cidrs[0]",
            "10.0.0.0/16",
            "the VPC",
        ),
    ],
)
def test_ranges_elsewhere_are_apart_from_ours(
    network: dict[str, Any], where: str, block: str, whose: str
) -> None:
    (text,) = refusal(**network)
    assert text.startswith(
        f"{where}: must not overlap {block}, a range of {whose}: pods could not reach both"
    )


def test_other_ranges_of_an_existing_vpc_count_too() -> None:
    network = {**EXISTING, "associated_cidrs": ["10.1.0.0/16"], "peer_cidrs": ["10.1.0.0/16"]}
    (text,) = refusal(**network)
    assert text.startswith("network.peer_cidrs[0]: must not overlap 10.1.0.0/16, a range of the VPC")


def test_ranges_of_an_existing_vpc_do_not_overlap() -> None:
    assert refusal(**EXISTING, associated_cidrs=["10.1.0.0/16", "10.0.8.0/24", "10.1.9.0/24"]) == [
        "network.associated_cidrs[1]: must not overlap 10.0.0.0/16, which is in vpc_cidr: a VPC cannot "
        "have both, "
        "got '10.0.8.0/24'; write each range of the VPC once",
        "network.associated_cidrs[2]: must not overlap 10.1.0.0/16, which is in associated_cidrs[0]: a "
        "VPC cannot have both, got '10.1.9.0/24'; write each range of the VPC once",
    ]


def test_the_premises_may_contain_the_vpc() -> None:
    assert accepted(on_premises={**BEYOND, "cidrs": ["10.0.0.0/8", "100.64.0.0/10"]})


def test_a_range_of_the_premises_is_named_once() -> None:
    (text,) = refusal(on_premises={**BEYOND, "cidrs": ["10.128.0.0/9", "10.128.0.0/9"]})
    assert text.startswith(
        "network.on_premises.cidrs: must list each value once, '10.128.0.0/9' is there twice"
    )


def test_private_gateways_of_an_existing_vpc_take_its_own_routes() -> None:
    nat = dict.fromkeys(ZONES, "nat-0123456789abcdef0")
    way = {**BEYOND, "private_nat": True}
    assert refusal("pod", **EXISTING, nat_gateway_ids=nat, on_premises=way) == [
        "network.on_premises.transit_gateway_id: must be left out with vpc_id and private_nat: NAT "
        f"gateways take the routes of the node subnets, which are not ours, got '{GATEWAY}'; leave it out"
    ]


def test_a_new_vpc_reaches_the_premises_through_a_transit_gateway() -> None:
    assert accepted(on_premises=BEYOND)
    assert refusal(on_premises={"cidrs": ["10.128.0.0/9"]}) == [
        "network.on_premises.transit_gateway_id: must be given: this VPC has no other way to these "
        "networks; name the transit gateway"
    ]


def test_private_nat_is_for_pods_with_their_own_address() -> None:
    assert accepted("pod", on_premises={**BEYOND, "private_nat": True})
    assert refusal(on_premises={**BEYOND, "private_nat": True}) == [
        "network.on_premises.private_nat: must be left out with egress 'node', since pods leave with "
        "their node's address, got True; leave it out"
    ]


def test_an_existing_vpc_has_its_own_routes_for_node_subnets() -> None:
    assert accepted(**EXISTING, on_premises={"cidrs": ["10.128.0.0/9"]})
    (text,) = refusal(**EXISTING, on_premises=BEYOND)
    assert text.startswith(
        "network.on_premises.transit_gateway_id: must be left out with vpc_id and egress 'node'"
    )


@pytest.mark.parametrize("way", [{"private_nat": True}, {"transit_gateway_id": GATEWAY}])
def test_pods_of_an_existing_vpc_have_two_ways_to_the_premises(way: dict[str, Any]) -> None:
    gateways = {zone: f"nat-0123456789abcdef{number}" for number, zone in enumerate(ZONES)}
    network = {**EXISTING, "nat_gateway_ids": gateways}
    assert accepted("pod", **network, on_premises={"cidrs": ["10.128.0.0/9"], **way})
    (text,) = refusal("pod", **network, on_premises={"cidrs": ["10.128.0.0/9"]})
    assert text.endswith(
        "name the transit gateway, or use private_nat if the node subnets have routes to these networks"
    )


def test_routes_of_existing_pod_subnets_are_not_ours() -> None:
    assert refusal(**EXISTING, pod_subnets=PODS, on_premises=BEYOND) == [
        "network.on_premises: must name only ranges with pod_subnets, whose routes are not ours; leave "
        "transit_gateway_id and private_nat out"
    ]


def test_gateway_endpoints_are_for_a_new_vpc() -> None:
    assert accepted(gateway_endpoints=["s3", "dynamodb"])
    assert refusal(**EXISTING, gateway_endpoints=["s3"]) == [
        "network.gateway_endpoints: must be left out with vpc_id, since an existing VPC has its own, "
        "got ['s3']; "
        "add endpoints where that VPC is made"
    ]


@pytest.mark.parametrize(
    ("cidr", "rule"),
    [
        ("0.0.0.0/0", "must be a range of addresses, not all addresses"),
        ("10.8.0.0/40", "must be an IPv4 range from /1 to /32"),
        ("10.8.0.1", "must be an IPv4 range from /1 to /32"),
        ("10.8.0.1/13", "must be written as its first address and its length"),
        ("10.8.0.0/255.248.0.0", "must be written as its first address and its length"),
        ("169.254.0.0/16", "must be a range that can be routed"),
        ("224.0.0.0/8", "must be a range that can be routed"),
    ],
)
def test_a_range_elsewhere_is_an_ipv4_range(cidr: str, rule: str) -> None:
    (text,) = refusal(peer_cidrs=[cidr])
    assert text.startswith(f"network.peer_cidrs[0]: {rule}, got '{cidr}'")
