"""What the VPC reaches: peers, premises, endpoints."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.settings.rules.existing_vpc import EXISTING, PODS, ZONES, accepted, refusal

GATEWAY = "tgw-0123456789abcdef0"
BEYOND = {"cidrs": ["10.128.0.0/9"], "transit_gateway_id": GATEWAY}


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
