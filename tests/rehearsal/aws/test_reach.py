from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rehearsal.aws.reach import unreachable

Make = Callable[..., Any]
REF = "Ref"


def network(**further: Any) -> dict[str, Any]:
    """A VPC with one subnet that has a route table of its own."""
    vpc = {REF: "Vpc"}
    return {
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
        "Net": {
            "Type": "AWS::EC2::Subnet",
            "Properties": {"VpcId": vpc, "CidrBlock": "10.0.0.0/24", "AvailabilityZone": "eu-west-1a"},
        },
        "Table": {"Type": "AWS::EC2::RouteTable", "Properties": {"VpcId": vpc}},
        "Uses": {
            "Type": "AWS::EC2::SubnetRouteTableAssociation",
            "Properties": {"SubnetId": {REF: "Net"}, "RouteTableId": {REF: "Table"}},
        },
        **further,
    }


def endpoint(service: str, kind: str, **where: Any) -> dict[str, Any]:
    name = f"com.amazonaws.eu-west-1.{service}"
    properties = {"VpcId": {REF: "Vpc"}, "ServiceName": name, "VpcEndpointType": kind, **where}
    return {"Type": "AWS::EC2::VPCEndpoint", "Properties": properties}


def asked(make: Make, resources: dict[str, Any]) -> tuple[str, str]:
    """The subnet's id, and the clause about reaching STS and S3 from it."""
    app = make()
    state = app.engine.create(app.stack(Resources=resources))
    subnet = state.resources["Net"].made.physical_id
    return subnet, unreachable(app.client("ec2"), [subnet], ["s3", "sts"])


def test_nothing_is_reached_out_of_a_table_with_no_way_out(deployment: Make) -> None:
    subnet, said = asked(deployment, network())
    assert said == (
        f"{subnet} has no way out and no endpoint for s3, sts; "
        "add the endpoint, or a route through a NAT gateway"
    )


def test_endpoints_in_the_vpc_answer(deployment: Make) -> None:
    inside = network(
        Sts=endpoint("sts", "Interface", SubnetIds=[{REF: "Net"}]),
        S3=endpoint("s3", "Gateway", RouteTableIds=[{REF: "Table"}]),
    )
    assert asked(deployment, inside)[1] == ""


def test_a_gateway_endpoint_answers_in_its_own_tables_alone(deployment: Make) -> None:
    other = {"Type": "AWS::EC2::RouteTable", "Properties": {"VpcId": {REF: "Vpc"}}}
    inside = network(
        Other=other,
        Sts=endpoint("sts", "Interface", SubnetIds=[{REF: "Net"}]),
        S3=endpoint("s3", "Gateway", RouteTableIds=[{REF: "Other"}]),
    )
    assert "no endpoint for s3;" in asked(deployment, inside)[1]


def test_a_default_route_leads_to_everything(deployment: Make) -> None:
    way_out = network(
        Gateway={"Type": "AWS::EC2::InternetGateway", "Properties": {}},
        Attached={
            "Type": "AWS::EC2::VPCGatewayAttachment",
            "Properties": {"VpcId": {REF: "Vpc"}, "InternetGatewayId": {REF: "Gateway"}},
        },
        Out={
            "Type": "AWS::EC2::Route",
            "Properties": {
                "RouteTableId": {REF: "Table"},
                "DestinationCidrBlock": "0.0.0.0/0",
                "GatewayId": {REF: "Gateway"},
            },
            "DependsOn": ["Attached"],
        },
    )
    assert asked(deployment, way_out)[1] == ""


def test_each_subnet_is_judged_by_its_own_table(deployment: Make) -> None:
    way_out = network(
        Gateway={"Type": "AWS::EC2::InternetGateway", "Properties": {}},
        Attached={
            "Type": "AWS::EC2::VPCGatewayAttachment",
            "Properties": {"VpcId": {REF: "Vpc"}, "InternetGatewayId": {REF: "Gateway"}},
        },
        Open={"Type": "AWS::EC2::RouteTable", "Properties": {"VpcId": {REF: "Vpc"}}},
        Out={
            "Type": "AWS::EC2::Route",
            "Properties": {
                "RouteTableId": {REF: "Open"},
                "DestinationCidrBlock": "0.0.0.0/0",
                "GatewayId": {REF: "Gateway"},
            },
            "DependsOn": ["Attached"],
        },
        Public={
            "Type": "AWS::EC2::Subnet",
            "Properties": {
                "VpcId": {REF: "Vpc"},
                "CidrBlock": "10.0.1.0/24",
                "AvailabilityZone": "eu-west-1a",
            },
        },
        PublicUses={
            "Type": "AWS::EC2::SubnetRouteTableAssociation",
            "Properties": {"SubnetId": {REF: "Public"}, "RouteTableId": {REF: "Open"}},
        },
    )
    app = deployment()
    state = app.engine.create(app.stack(Resources=way_out))
    closed, public = (state.resources[name].made.physical_id for name in ("Net", "Public"))

    assert unreachable(app.client("ec2"), [public], ["sts"]) == ""
    assert unreachable(app.client("ec2"), [public, closed], ["sts"]).startswith(f"{closed} has no way out")
    assert unreachable(app.client("ec2"), [], ["sts"]) == ""


def test_a_subnet_in_the_main_table_is_not_judged(deployment: Make) -> None:
    resources = network()
    del resources["Uses"], resources["Table"]
    assert asked(deployment, resources)[1] == ""
