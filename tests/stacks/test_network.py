"""The VPC and the subnets of pods."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest

from app import build, context
from cdk_eks_cilium.settings import load
from tests.small_apps import TEMPLATES_ONLY, Synthesized
from tests.stacks.conftest import SETTINGS


def pod_subnets(templates: Any) -> dict[str, dict[str, Any]]:
    return {n: r for n, r in templates.of_type("AWS::EC2::Subnet", "network").items() if "PodSubnets" in n}


def test_each_zone_has_a_public_a_node_and_a_pod_subnet(default: Any) -> None:
    subnets = default.of_type("AWS::EC2::Subnet", "network").values()
    zones = ["eu-west-1a", "eu-west-1b", "eu-west-1c"]

    assert sorted(subnet["Properties"]["AvailabilityZone"] for subnet in subnets) == sorted(zones * 3)
    assert len(default.of_type("AWS::EC2::NatGateway", "network")) == 3


def test_pod_subnets_split_the_secondary_block(default: Any) -> None:
    _, block = default.only("AWS::EC2::VPCCidrBlock", "network")
    cidrs = [subnet["Properties"]["CidrBlock"] for subnet in pod_subnets(default).values()]

    assert block["CidrBlock"] == "100.64.0.0/16"
    assert cidrs == ["100.64.0.0/18", "100.64.64.0/18", "100.64.128.0/18"]


def test_pod_subnets_are_tagged_for_their_cluster_and_not_for_load_balancers(default: Any) -> None:
    for subnet in pod_subnets(default).values():
        tags = {tag["Key"]: tag["Value"] for tag in subnet["Properties"]["Tags"]}
        assert tags["cilium.io/pod-subnet"] == "platform"
        assert not [key for key in tags if key.startswith("kubernetes.io/role")]


def test_no_pod_subnet_gives_out_public_addresses(default: Any) -> None:
    given = [s["Properties"].get("MapPublicIpOnLaunch", False) for s in pod_subnets(default).values()]

    assert given == [False] * 3


@pytest.mark.parametrize("name", SETTINGS)
def test_nothing_of_the_cluster_but_cilium_names_a_pod_subnet(
    name: str, synthesize: Callable[[str], Any]
) -> None:
    for logical_id, resource in synthesize(name).cluster["Resources"].items():
        if "PodSubnets" in json.dumps(resource.get("Properties", {})):
            assert (
                "CiliumChart" in logical_id
                or "ReleaseTakeover" in logical_id
                or "CniConfiguration" in logical_id
                or "ReadinessGate" in logical_id
                or ("OperatorRolePolicy" in logical_id)
            ), logical_id


def test_with_node_egress_pod_subnets_have_no_route_out(default: Any) -> None:
    routes = default.of_type("AWS::EC2::Route", "network")

    assert not [name for name in routes if "PodSubnets" in name]


def test_with_pod_egress_each_pod_subnet_leaves_through_the_gateway_of_its_zone(
    synthesize: Callable[[str], Any],
) -> None:
    templates = synthesize("pod-egress")
    routes = {n: r["Properties"] for n, r in templates.of_type("AWS::EC2::Route", "network").items()}
    ours = [routes[name] for name in sorted(routes) if "PodSubnets" in name]
    nodes = [routes[name] for name in sorted(routes) if "NodeSubnet" in name]

    assert [route["DestinationCidrBlock"] for route in ours] == ["0.0.0.0/0"] * 3
    assert [route["NatGatewayId"] for route in ours] == [route["NatGatewayId"] for route in nodes]


def test_an_existing_vpc_gets_only_the_block_and_the_pod_subnets(synthesize: Callable[[str], Any]) -> None:
    templates = synthesize("existing-vpc")
    kinds = {resource["Type"] for resource in templates.network["Resources"].values()}
    _, block = templates.only("AWS::EC2::VPCCidrBlock", "network")

    assert kinds == {
        "AWS::EC2::VPCCidrBlock",
        "AWS::EC2::Subnet",
        "AWS::EC2::RouteTable",
        "AWS::EC2::SubnetRouteTableAssociation",
    }
    assert block["VpcId"] == "vpc-0123456789abcdef0"


@pytest.mark.parametrize("name", ["default", "existing-vpc", "pod-egress"])
def test_pod_subnets_lie_in_the_block_and_do_not_overlap(name: str, synthesize: Callable[[str], Any]) -> None:
    templates = synthesize(name)
    outer = ipaddress.IPv4Network(templates.only("AWS::EC2::VPCCidrBlock", "network")[1]["CidrBlock"])
    inner = [ipaddress.IPv4Network(s["Properties"]["CidrBlock"]) for s in pod_subnets(templates).values()]

    assert all(subnet.subnet_of(outer) for subnet in inner)
    assert not [a for a in inner for b in inner if a is not b and a.overlaps(b)]


def test_the_default_range_at_a_transit_gateway_is_warned_about() -> None:
    app = cdk.App(context={**context(), **TEMPLATES_ONLY}, builtin_cloud_formation_validation=False)
    network, *_ = build(app, load(SETTINGS["on-premises"]))
    (warning,) = [text for text in Synthesized(network).messages if "transit gateway" in text]

    assert warning.startswith("warning: network.vpc_cidr: 10.0.0.0/16 is the default, and a transit gateway")
