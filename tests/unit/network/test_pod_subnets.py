"""Pod subnets: refusals, the split, tags and routes."""

from __future__ import annotations

from typing import Any, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2

from cdk_eks_cilium import InputError, PodSubnets
from cdk_eks_cilium.checks.template_graph import dependency_graph, waits_for
from tests.small_apps import Synthesized, known_vpc, new_stack


def pods(vpc: dict[str, Any] | None = None, **kwargs: Any) -> PodSubnets:
    stack = new_stack()
    return PodSubnets(stack, "Pods", vpc=known_vpc(stack, **vpc or {}), **kwargs)


def made(subnets: PodSubnets) -> Synthesized:
    return Synthesized(cdk.Stack.of(subnets))


def refusal(**kwargs: Any) -> list[str]:
    with pytest.raises(InputError) as refused:
        pods(**kwargs)
    return [str(problem) for problem in refused.value.problems]


@pytest.mark.parametrize(
    ("cidr", "text"),
    [
        (
            "nonsense",
            "must be an IPv4 range from /16 to /28, got 'nonsense'; "
            "write it as an address and a length: '100.64.0.0/16'",
        ),
        (
            "100.64.0.1/16",
            "must be written as its first address and its length, got '100.64.0.1/16'; "
            "did you mean '100.64.0.0/16'?",
        ),
        (
            "192.168.0.0/16",
            "must lie outside 192.168.0.0/16 in a VPC whose primary range is 10.0.0.0/16, "
            "got '192.168.0.0/16'; take '100.64.0.0/16' or another free range of 100.64.0.0/10",
        ),
        (
            "100.64.0.0/28",
            "must have room for 2 subnets of /28 or larger, got '100.64.0.0/28'; choose /27 or larger",
        ),
    ],
)
def test_a_range_that_aws_would_refuse_is_refused_at_the_construct(cidr: str, text: str) -> None:
    assert refusal(cidr=cidr) == [f"Stack/Pods: cidr: {text}"]


def test_a_range_that_overlaps_the_primary_one_is_refused() -> None:
    assert any(
        text.startswith("Stack/Pods: cidr: must not overlap 10.0.0.0/16, the primary range of the VPC")
        for text in refusal(cidr="10.0.1.0/24")
    )


def test_a_range_the_vpc_has_already_is_refused() -> None:
    assert refusal(associated_cidrs=["100.64.0.0/16"]) == [
        "Stack/Pods: cidr: must not overlap 100.64.0.0/16, a range of the VPC, got '100.64.0.0/16'; "
        "take '100.65.0.0/16' or another free range of 100.64.0.0/10"
    ]


def test_a_zone_named_twice_is_refused() -> None:
    assert refusal(availability_zones=["a", "b", "a"]) == [
        "Stack/Pods: cidr: must be split over different availability zones, got 'a'; name it once"
    ]


@pytest.mark.parametrize("cidr", [None, cdk.Fn.import_value("cidr")], ids=["none", "token"])
def test_a_vpc_whose_range_is_not_known_is_refused(cidr: str | None) -> None:
    assert refusal(vpc={"vpc_cidr_block": cidr}) == [
        "Stack/Pods: the VPC's primary CIDR must be known at synth; import the VPC with vpc_cidr_block=..."
    ]


def test_a_public_range_is_warned_of() -> None:
    (warning,) = made(pods(cidr="8.8.0.0/16")).messages

    assert warning.startswith("warning: 8.8.0.0/16 is a public range")


def test_a_range_that_eks_may_take_for_services_is_warned_of_unless_their_range_is_known() -> None:
    (warning,) = made(pods(cidr="10.100.0.0/16")).messages

    assert "overlaps a range that EKS takes for services by default" in warning
    assert made(pods(cidr="10.100.0.0/16", service_cidr="172.20.0.0/16")).messages == []


def test_a_range_that_overlaps_the_services_is_refused() -> None:
    assert refusal(cidr="10.100.0.0/16", service_cidr="10.100.128.0/17") == [
        "Stack/Pods: service_cidr: must not overlap 10.100.0.0/16, a range of the pods, got "
        "'10.100.128.0/17'; take '172.20.0.0/16'"
    ]


def test_the_default_range_is_split_over_the_zones_of_the_vpc() -> None:
    subnets = pods()
    cidrs = [subnet["CidrBlock"] for subnet in made(subnets).of_type("AWS::EC2::Subnet").values()]

    assert cidrs == ["100.64.0.0/17", "100.64.128.0/17"]
    assert subnets.availability_zones == ("eu-west-1a", "eu-west-1b")
    assert len(subnets.subnet_ids) == len(subnets.subnet_arns) == 2


def test_chosen_zones_get_the_subnets() -> None:
    zones = ["eu-west-1c", "eu-west-1a"]
    template = made(pods(availability_zones=zones))

    assert [s["AvailabilityZone"] for s in template.of_type("AWS::EC2::Subnet").values()] == zones


def test_the_tag_is_the_clusters_name_or_the_path() -> None:
    def tags(**kwargs: Any) -> set[str]:
        return {
            tag["Value"]
            for subnet in made(pods(**kwargs)).of_type("AWS::EC2::Subnet").values()
            for tag in subnet["Tags"]
            if tag["Key"] == "cilium.io/pod-subnet"
        }

    assert tags() == {"Stack/Pods"}
    assert tags(cluster_name="shop") == {"shop"}


def test_a_new_vpc_never_selects_the_pod_subnets() -> None:
    stack = new_stack()
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2)
    ids = PodSubnets(stack, "Pods", vpc=vpc).subnet_ids
    every = [*vpc.private_subnets, *vpc.public_subnets, *vpc.isolated_subnets]

    assert not set(ids) & {subnet.subnet_id for subnet in every}


def test_every_subnet_waits_for_the_block() -> None:
    template = made(pods())
    graph = dependency_graph(template.template)
    block, _ = template.only("AWS::EC2::VPCCidrBlock")

    assert all(waits_for(graph, subnet, block) for subnet in template.of_type("AWS::EC2::Subnet"))


def test_without_routes_there_is_no_way_out() -> None:
    subnets = pods()

    assert not subnets.has_way_out
    assert not made(subnets).of_type("AWS::EC2::Route")


def test_each_subnet_leaves_through_the_gateway_of_its_zone() -> None:
    subnets = pods()
    subnets.route_through_nat({"eu-west-1b": "nat-b", "eu-west-1a": "nat-a"})
    routes = made(subnets).of_type("AWS::EC2::Route")

    assert subnets.has_way_out
    assert [(route["DestinationCidrBlock"], route["NatGatewayId"]) for route in routes.values()] == [
        ("0.0.0.0/0", "nat-a"),
        ("0.0.0.0/0", "nat-b"),
    ]


def test_every_zone_without_a_gateway_is_named_and_nothing_is_routed() -> None:
    subnets = pods(availability_zones=["a", "b", "c"])
    with pytest.raises(InputError) as refused:
        subnets.route_through_nat({"b": "nat-b"})

    assert [str(problem) for problem in refused.value.problems] == [
        f"Stack/Pods: every pod subnet must have a NAT gateway, got '{zone}'; name one for its zone"
        for zone in ("a", "c")
    ]
    assert not subnets.has_way_out


def test_a_second_range_gets_subnets_of_its_own_in_the_same_zones() -> None:
    subnets = pods(further_cidrs=["100.65.0.0/16"])
    template = made(subnets)
    cidrs = [subnet["CidrBlock"] for subnet in template.of_type("AWS::EC2::Subnet").values()]

    assert cidrs == ["100.64.0.0/17", "100.64.128.0/17", "100.65.0.0/17", "100.65.128.0/17"]
    assert subnets.availability_zones == ("eu-west-1a", "eu-west-1b")
    assert len(subnets.subnet_ids) == 4


def test_a_second_range_leaves_the_ids_of_the_first_alone() -> None:
    one, two = (
        set(made(pods(further_cidrs=further)).template["Resources"]) for further in ([], ["100.65.0.0/16"])
    )

    assert one < two


def test_ranges_are_associated_one_after_the_other() -> None:
    template = made(pods(further_cidrs=["100.65.0.0/16"]))
    graph = dependency_graph(template.template)
    first, second = template.of_type("AWS::EC2::VPCCidrBlock")

    assert waits_for(graph, second, first)


def test_each_subnet_waits_for_the_range_it_is_in() -> None:
    template = made(pods(further_cidrs=["100.65.0.0/16"]))
    graph = dependency_graph(template.template)
    (block, _) = template.only("AWS::EC2::VPCCidrBlock", "CidrBlock2")
    later = template.of_type("AWS::EC2::Subnet", "Block2")

    assert len(later) == 2
    assert all(waits_for(graph, subnet, block) for subnet in later)


def test_ranges_that_overlap_each_other_are_refused() -> None:
    (text,) = refusal(further_cidrs=["100.64.128.0/17"])

    assert text.startswith("Stack/Pods: further_cidrs[0]: must not overlap 100.64.0.0/16, a range of the VPC")


def test_three_quarters_of_each_subnet_are_reserved_for_prefixes_when_asked() -> None:
    template = made(pods(reserve_prefixes=True))
    reserved = template.of_type("AWS::EC2::SubnetCidrReservation").values()

    assert {each["ReservationType"] for each in reserved} == {"prefix"}
    assert [each["Cidr"] for each in reserved] == [
        "100.64.32.0/19",
        "100.64.64.0/18",
        "100.64.160.0/19",
        "100.64.192.0/18",
    ]


def test_subnets_too_small_for_a_reservation_are_refused() -> None:
    assert refusal(cidr="100.64.0.0/26", reserve_prefixes=True) == [
        "Stack/Pods: cidr: must have subnets of /26 or larger, to reserve three quarters for prefixes, got "
        "'100.64.0.0/27'; choose a larger range, or do not reserve prefixes"
    ]


def test_networks_beyond_are_reached_through_the_private_gateway_of_the_zone() -> None:
    subnets = pods()
    subnets.route_through_private_nat({"eu-west-1a": "nat-a", "eu-west-1b": "nat-b"}, ["10.8.0.0/13"])
    routes = made(subnets).of_type("AWS::EC2::Route")

    assert [(route["DestinationCidrBlock"], route["NatGatewayId"]) for route in routes.values()] == [
        ("10.8.0.0/13", "nat-a"),
        ("10.8.0.0/13", "nat-b"),
    ]
    assert not subnets.has_way_out


def test_networks_beyond_are_reached_through_a_transit_gateway() -> None:
    subnets = pods()
    subnets.route_to_transit_gateway("tgw-1", ["10.8.0.0/13", "172.16.0.0/12"])
    routes = made(subnets).of_type("AWS::EC2::Route").values()

    assert {(route["DestinationCidrBlock"], route["TransitGatewayId"]) for route in routes} == {
        ("10.8.0.0/13", "tgw-1"),
        ("172.16.0.0/12", "tgw-1"),
    }
    assert len(routes) == 4


def test_a_default_route_to_a_transit_gateway_is_a_way_out() -> None:
    subnets = pods()
    subnets.route_to_transit_gateway("tgw-1", ["0.0.0.0/0"])

    assert subnets.has_way_out


def test_one_destination_has_one_route() -> None:
    subnets = pods()
    subnets.route_through_nat({"eu-west-1a": "nat-a", "eu-west-1b": "nat-b"})
    with pytest.raises(InputError) as refused:
        subnets.route_to_transit_gateway("tgw-1", ["0.0.0.0/0", "10.8.0.0/13", "10.8.0.0/13"])
    assert [str(problem) for problem in refused.value.problems] == [
        f"Stack/Pods: destination_cidrs: must have one route, got '{cidr}'; name it for one way only"
        for cidr in ("0.0.0.0/0", "10.8.0.0/13")
    ]


def test_destinations_are_ranges_outside_the_vpc() -> None:
    with pytest.raises(InputError) as refused:
        pods().route_to_transit_gateway("tgw-1", ["hello", "10.8.0.1/16", "10.0.0.0/17", "100.64.0.0/16"])
    assert [str(problem) for problem in refused.value.problems] == [
        "Stack/Pods: destination_cidrs: must be an IPv4 range from /0 to /32, got 'hello'; write it as an "
        "address and a length: '100.64.0.0/16'",
        "Stack/Pods: destination_cidrs: must be written as its first address and its length, got "
        "'10.8.0.1/16'; did you mean '10.8.0.0/16'?",
        "Stack/Pods: destination_cidrs: must lie outside the VPC, whose local route wins, got '10.0.0.0/17'; "
        "leave it out",
        "Stack/Pods: destination_cidrs: must lie outside the VPC, whose local route wins, got "
        "'100.64.0.0/16'; leave it out",
    ]


def test_a_refused_destination_leaves_nothing_behind() -> None:
    subnets = pods()
    with pytest.raises(InputError):
        subnets.route_to_transit_gateway("tgw-1", ["10.8.0.0/13", "hello"])
    subnets.route_to_transit_gateway("tgw-1", ["10.8.0.0/13"])

    assert len(made(subnets).of_type("AWS::EC2::Route")) == 2


def test_a_refusal_names_the_further_range_that_is_too_small() -> None:
    assert refusal(further_cidrs=["100.65.0.0/28"]) == [
        "Stack/Pods: further_cidrs[0]: must have room for 2 subnets of /28 or larger, got '100.65.0.0/28'; "
        "choose /27 or larger"
    ]


def test_a_range_in_the_place_of_a_list_is_refused() -> None:
    assert refusal(further_cidrs="100.65.0.0/16") == [
        "Stack/Pods: further_cidrs: must be a list of ranges, got '100.65.0.0/16'; write ['100.65.0.0/16']"
    ]


def test_a_gateway_endpoint_is_in_the_tables_of_the_pod_subnets() -> None:
    subnets = pods()
    subnets.add_gateway_endpoint("S3", ec2.GatewayVpcEndpointAwsService.S3)
    template = made(subnets)
    _, endpoint = template.only("AWS::EC2::VPCEndpoint")

    assert endpoint["RouteTableIds"] == [{"Ref": name} for name in template.of_type("AWS::EC2::RouteTable")]


def test_more_ranges_than_the_default_quota_are_warned_about() -> None:
    app = made(pods(further_cidrs=[f"100.{number}.0.0/16" for number in range(65, 69)]))

    assert app.messages == [
        "warning: the VPC has 6 IPv4 ranges with these, and the default quota is 5: have AWS raise 'IPv4 "
        "CIDR blocks per VPC' beforehand [ack: cdk-eks-cilium:blocks]"
    ]


def test_every_invalid_range_is_refused_whatever_the_ranges_before_it_are() -> None:
    texts = refusal(cidr="nonsense", further_cidrs=["100.65.0.0/8"])

    assert [text.split(", got")[0] for text in texts] == [
        "Stack/Pods: cidr: must be an IPv4 range from /16 to /28",
        "Stack/Pods: further_cidrs[0]: must be written as its first address and its length",
    ]


def test_an_invalid_range_among_those_the_vpc_has_is_refused() -> None:
    assert refusal(associated_cidrs=["100.64.0.0"]) == [
        "Stack/Pods: associated_cidrs: must be an IPv4 range from /16 to /28, got '100.64.0.0'; add its "
        "length: '100.64.0.0/16'"
    ]


@pytest.mark.parametrize("whose", ["argument", "vpc"])
def test_zones_in_a_list_of_unknown_length_are_refused_by_the_name_of_the_argument(whose: str) -> None:
    zones = cdk.Fn.get_azs()
    without_subnets = {
        f"{kind}_subnet_{what}": None for kind in ("private", "public") for what in ("ids", "route_table_ids")
    }
    given: dict[str, Any] = (
        {"availability_zones": zones}
        if whose == "argument"
        else {"vpc": {"availability_zones": zones, **without_subnets}}
    )

    assert refusal(**given) == [
        "Stack/Pods: availability_zones: must name each zone, and is a list whose length only a deployment "
        "knows; name the zones, such as 'eu-west-1a', or take each with cdk.Fn.select()"
    ]


def test_the_ranges_of_two_constructs_on_one_vpc_are_associated_one_after_the_other() -> None:
    stack = new_stack()
    vpc = known_vpc(stack)
    PodSubnets(stack, "Blue", vpc=vpc)
    PodSubnets(stack, "Green", vpc=vpc, cidr="100.65.0.0/16")
    template = Synthesized(stack)
    graph = dependency_graph(template.template)
    (blue, _), (green, _) = (
        template.only("AWS::EC2::VPCCidrBlock", name) for name in ("BlueCidr", "GreenCidr")
    )

    assert waits_for(graph, green, blue)


def test_ranges_of_two_vpcs_do_not_wait_for_each_other() -> None:
    stack = new_stack()
    for name in ("One", "Two"):
        PodSubnets(stack, name, vpc=known_vpc(stack, f"{name}Vpc", vpc_id=f"vpc-{name}"))

    blocks = Synthesized(stack).template["Resources"].values()
    assert not [each for each in blocks if "DependsOn" in each and each["Type"].endswith("CidrBlock")]


@pytest.mark.parametrize("cidr", ["100.64.0.0/16", "100.64.128.0/17"])
def test_a_range_that_another_stack_adds_to_the_vpc_is_refused(cidr: str) -> None:
    first = new_stack("First")
    second = cdk.Stack(cast(cdk.App, first.node.root), "Second")
    PodSubnets(first, "Pods", vpc=known_vpc(first))
    with pytest.raises(InputError) as refused:
        PodSubnets(second, "Pods", vpc=known_vpc(second), cidr=cidr)

    assert [str(problem) for problem in refused.value.problems] == [
        "Second/Pods: cidr: must not overlap 100.64.0.0/16, which First/Pods adds to the same VPC, got "
        f"'{cidr}'; give each its own range, or share one PodSubnets"
    ]


def test_another_app_may_add_the_same_range_to_the_same_vpc() -> None:
    assert pods().cidrs == pods().cidrs


def test_a_new_vpc_of_each_stack_may_have_the_same_range() -> None:
    first = new_stack("First")
    for stack in (first, cdk.Stack(cast(cdk.App, first.node.root), "Second")):
        PodSubnets(stack, "Pods", vpc=ec2.Vpc(stack, "Vpc", max_azs=2))


def test_ranges_of_other_constructs_count_for_the_quota() -> None:
    stack = new_stack()
    vpc = known_vpc(stack)
    PodSubnets(stack, "Blue", vpc=vpc, further_cidrs=["100.65.0.0/16", "100.66.0.0/16"])
    PodSubnets(stack, "Green", vpc=vpc, cidr="100.67.0.0/16", further_cidrs=["100.68.0.0/16"])

    (text,) = Synthesized(stack).messages
    assert text.startswith("warning: the VPC has 6 IPv4 ranges with these")
