"""Pod subnets: existing ones, and reservations of prefixes."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.problems import InputError
from cdk_eks_cilium.settings import parse
from tests.unit.settings.rules.existing_vpc import EXISTING, PODS, ZONES, accepted, refusal


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
