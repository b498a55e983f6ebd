from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rehearsal.aws.existing import id_is
from rehearsal.cloudformation.failures import StackError
from rehearsal.report.verdict import after_destroy

Make = Callable[..., Any]

VPC = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}}


def block(cidr: str) -> dict[str, Any]:
    return {"Type": "AWS::EC2::VPCCidrBlock", "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": cidr}}


def subnet(cidr: str, *needs: str) -> dict[str, Any]:
    properties = {"VpcId": {"Ref": "Vpc"}, "CidrBlock": cidr, "AvailabilityZone": "eu-west-1a"}
    return {"Type": "AWS::EC2::Subnet", "Properties": properties, "DependsOn": list(needs)}


def test_a_pod_subnet_after_its_block_works(deployment: Make) -> None:
    app = deployment()
    resources = {"Vpc": VPC, "Block": block("100.64.0.0/16"), "Pods": subnet("100.64.0.0/18", "Block")}
    app.engine.create(app.stack(Resources=resources))
    app.engine.delete("app")


def test_a_pod_subnet_that_does_not_wait_for_its_block_fails_every_time(deployment: Make) -> None:
    app = deployment()
    resources = {"Vpc": VPC, "Block": block("100.64.0.0/16"), "Pods": subnet("100.64.0.0/18")}
    with pytest.raises(
        StackError, match=r"Pods: InvalidSubnet\.Range: 100\.64\.0\.0/18 is outside every CIDR block"
    ):
        app.engine.create(app.stack(Resources=resources))


def test_a_block_that_overlaps_another_fails(deployment: Make) -> None:
    app = deployment()
    with pytest.raises(
        StackError, match=r"Block: InvalidVpc\.Range: 10\.0\.128\.0/17 overlaps 10\.0\.0\.0/16"
    ):
        app.engine.create(app.stack(Resources={"Vpc": VPC, "Block": block("10.0.128.0/17")}))


def test_a_subnet_with_an_interface_cannot_go(deployment: Make) -> None:
    app = deployment()
    state = app.engine.create(app.stack(Resources={"Vpc": VPC, "Net": subnet("10.0.0.0/24")}))
    subnet_id = state.resources["Net"].made.physical_id
    app.client("ec2").create_network_interface(SubnetId=subnet_id)
    with pytest.raises(StackError, match=r"DELETE_FAILED: Net: DependencyViolation: the subnet .* eni-"):
        app.engine.delete("app")
    assert set(state.resources) == {"Net", "Vpc"}


def test_a_security_group_in_use_cannot_go(deployment: Make) -> None:
    app = deployment()
    group = {
        "Type": "AWS::EC2::SecurityGroup",
        "Properties": {"GroupDescription": "g", "VpcId": {"Ref": "Vpc"}},
    }
    resources = {"Vpc": VPC, "Net": subnet("10.0.0.0/24"), "Group": group}
    state = app.engine.create(app.stack(Resources=resources))
    app.client("ec2").create_network_interface(
        SubnetId=state.resources["Net"].made.physical_id, Groups=[state.resources["Group"].made.physical_id]
    )
    with pytest.raises(
        StackError, match=r"Group: DependencyViolation: resource sg-\w+ has a dependent object: eni-"
    ):
        app.engine.delete("app")


def test_the_rules_of_a_group_change_in_place(deployment: Make) -> None:
    def resources(*ingress: str, egress: tuple[str, ...] = ()) -> dict[str, Any]:
        def rules(ranges: tuple[str, ...]) -> list[dict[str, Any]]:
            return [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": each} for each in ranges]

        properties = {
            "GroupDescription": "g",
            "VpcId": {"Ref": "Vpc"},
            "SecurityGroupIngress": rules(ingress),
            **({"SecurityGroupEgress": rules(egress)} if egress else {}),
        }
        return {"Vpc": VPC, "Group": {"Type": "AWS::EC2::SecurityGroup", "Properties": properties}}

    app = deployment()
    state = app.engine.create(app.stack(Resources=resources("10.1.0.0/16", "10.2.0.0/16")))
    group_id = state.resources["Group"].made.physical_id

    def ranges(direction: str) -> set[str]:
        (group,) = app.client("ec2").describe_security_groups(GroupIds=[group_id])["SecurityGroups"]
        return {each["CidrIp"] for rule in group[direction] for each in rule["IpRanges"]}

    app.engine.update(app.stack(Resources=resources("10.2.0.0/16", "10.3.0.0/16", egress=("10.4.0.0/16",))))
    assert ranges("IpPermissions") == {"10.2.0.0/16", "10.3.0.0/16"}
    assert ranges("IpPermissionsEgress") == {"10.4.0.0/16"}
    app.engine.update(app.stack(Resources=resources()))
    assert ranges("IpPermissions") == set()
    assert ranges("IpPermissionsEgress") == {"0.0.0.0/0"}


def test_a_nat_gateway_takes_its_interface_with_it(deployment: Make) -> None:
    app = deployment()
    address = {"Type": "AWS::EC2::EIP", "Properties": {"Domain": "vpc"}}
    gateway = {
        "Type": "AWS::EC2::NatGateway",
        "Properties": {"SubnetId": {"Ref": "Net"}, "AllocationId": {"Fn::GetAtt": ["Ip", "AllocationId"]}},
    }
    resources = {"Vpc": VPC, "Net": subnet("10.0.0.0/24"), "Ip": address, "Nat": gateway}
    app.engine.create(app.stack(Resources=resources))
    assert len(app.account.interfaces()) == 1
    app.engine.delete("app")
    assert app.account.interfaces() == []


def attached(*route_needs: str) -> dict[str, Any]:
    """A VPC at a transit gateway, and a route there that waits for *route_needs*."""
    gateway = "tgw-0123456789abcdef0"
    attachment = {"TransitGatewayId": gateway, "VpcId": {"Ref": "Vpc"}, "SubnetIds": [{"Ref": "Net"}]}
    route = {
        "RouteTableId": {"Ref": "Table"},
        "DestinationCidrBlock": "10.128.0.0/9",
        "TransitGatewayId": gateway,
    }
    return {
        "Vpc": VPC,
        "Net": subnet("10.0.0.0/24"),
        "Table": {"Type": "AWS::EC2::RouteTable", "Properties": {"VpcId": {"Ref": "Vpc"}}},
        "Attachment": {"Type": "AWS::EC2::TransitGatewayVpcAttachment", "Properties": attachment},
        "Route": {"Type": "AWS::EC2::Route", "Properties": route, "DependsOn": list(route_needs)},
    }


def with_gateway(app: Any) -> Any:
    """The deployment, with the transit gateway that it expects."""
    with id_is("tgw", "tgw-0123456789abcdef0"):
        app.client("ec2").create_transit_gateway()
    return app


def test_a_route_to_a_transit_gateway_waits_for_the_attachment(deployment: Make) -> None:
    app = with_gateway(deployment())
    app.engine.create(app.stack(Resources=attached("Attachment")))
    app.engine.delete("app")


def test_a_route_that_does_not_wait_for_the_attachment_fails(deployment: Make) -> None:
    app = with_gateway(deployment())
    with pytest.raises(
        StackError,
        match=r"Route: InvalidTransitGatewayID\.NotFound: tgw-0123456789abcdef0 is not attached to vpc-",
    ):
        app.engine.create(app.stack(Resources=attached()))


def tagged(team: str, kind: str) -> dict[str, Any]:
    """The attachment with a tag, as a resource of one of its two types."""
    resources = attached("Attachment")
    resources["Attachment"]["Type"] = kind
    resources["Attachment"]["Properties"]["Tags"] = [{"Key": "team", "Value": team}]
    return resources


def test_a_vpc_attachment_outlives_a_change_of_tags(deployment: Make) -> None:
    kind = "AWS::EC2::TransitGatewayVpcAttachment"
    app = with_gateway(deployment())
    before = app.engine.create(app.stack(Resources=tagged("a", kind))).resources["Attachment"].made
    after = app.engine.update(app.stack(Resources=tagged("b", kind))).resources["Attachment"].made
    assert before.physical_id == after.physical_id


def test_a_change_of_tags_of_the_other_type_fails_for_a_vpc_has_one_attachment(deployment: Make) -> None:
    kind = "AWS::EC2::TransitGatewayAttachment"
    app = with_gateway(deployment())
    app.engine.create(app.stack(Resources=tagged("a", kind)))
    with pytest.raises(StackError, match="DuplicateTransitGatewayAttachment"):
        app.engine.update(app.stack(Resources=tagged("b", kind)))


def test_a_reservation_lies_in_its_subnet(deployment: Make) -> None:
    def reserved(cidr: str) -> dict[str, Any]:
        properties = {"SubnetId": {"Ref": "Net"}, "Cidr": cidr, "ReservationType": "prefix"}
        return {
            "Vpc": VPC,
            "Net": subnet("10.0.0.0/24"),
            "Kept": {"Type": "AWS::EC2::SubnetCidrReservation", "Properties": properties},
        }

    app = deployment()
    app.engine.create(app.stack(Resources=reserved("10.0.0.128/25")))
    app.engine.delete("app")
    with pytest.raises(StackError, match=r"Kept: .* Reservation CIDR should be within subnet CIDR block"):
        app.engine.create(app.stack(Resources=reserved("10.0.1.0/25")))


def flow_log(**more: Any) -> dict[str, Any]:
    properties = {"ResourceId": {"Ref": "Vpc"}, "ResourceType": "VPC", "TrafficType": "ALL", **more}
    return {"Type": "AWS::EC2::FlowLog", "Properties": properties}


def test_flow_logs_go_to_a_bucket_that_exists_and_are_deleted_without_it(deployment: Make) -> None:
    app = deployment()
    flows = flow_log(LogDestinationType="s3", LogDestination="arn:aws:s3:::network-logs/shop")
    app.engine.create(app.stack(Resources={"Vpc": VPC, "Flows": flows}))
    (made,) = app.client("ec2").describe_flow_logs()["FlowLogs"]
    app.engine.delete("app")

    assert made["LogDestination"] == "arn:aws:s3:::network-logs"
    assert app.client("ec2").describe_flow_logs()["FlowLogs"] == []
    assert [finding for finding in after_destroy(app.account) if not finding.good] == []


def test_the_tags_of_an_elastic_address_change_in_place(deployment: Make) -> None:
    app = deployment()

    def address(team: str) -> dict[str, Any]:
        return {"Type": "AWS::EC2::EIP", "Properties": {"Tags": [{"Key": "team", "Value": team}]}}

    app.engine.create(app.stack(Resources={"Address": address("a")}))
    app.engine.update(app.stack(Resources={"Address": address("b")}))
    (found,) = app.client("ec2").describe_addresses()["Addresses"]
    assert found["Tags"] == [{"Key": "team", "Value": "b"}]


def test_what_somebody_deleted_by_hand_can_be_deleted(deployment: Make) -> None:
    app = deployment()
    attached = {"InternetGatewayId": {"Ref": "Gateway"}, "VpcId": {"Ref": "Vpc"}}
    resources = {
        "Vpc": VPC,
        "Net": subnet("10.0.0.0/24"),
        "Gateway": {"Type": "AWS::EC2::InternetGateway"},
        "Attachment": {"Type": "AWS::EC2::VPCGatewayAttachment", "Properties": attached},
        "Address": {"Type": "AWS::EC2::EIP"},
    }
    made = {
        name: each.made for name, each in app.engine.create(app.stack(Resources=resources)).resources.items()
    }
    ec2 = app.client("ec2")
    ec2.detach_internet_gateway(InternetGatewayId=made["Gateway"].physical_id, VpcId=made["Vpc"].physical_id)
    ec2.delete_subnet(SubnetId=made["Net"].physical_id)
    ec2.release_address(AllocationId=made["Address"].attributes["AllocationId"])
    app.engine.delete("app")
    assert app.engine.stacks == {}


def test_an_update_of_what_somebody_deleted_by_hand_fails(deployment: Make) -> None:
    app = deployment()

    def net(team: str) -> dict[str, Any]:
        properties = {**subnet("10.0.0.0/24")["Properties"], "Tags": [{"Key": "team", "Value": team}]}
        return {"Vpc": VPC, "Net": {"Type": "AWS::EC2::Subnet", "Properties": properties}}

    state = app.engine.create(app.stack(Resources=net("a")))
    app.client("ec2").delete_subnet(SubnetId=state.resources["Net"].made.physical_id)
    with pytest.raises(StackError, match="NotFound"):
        app.engine.update(app.stack(Resources=net("b")))


def test_an_update_of_an_address_that_somebody_released_fails(deployment: Make) -> None:
    app = deployment()

    def address(team: str) -> dict[str, Any]:
        return {"Type": "AWS::EC2::EIP", "Properties": {"Tags": [{"Key": "team", "Value": team}]}}

    state = app.engine.create(app.stack(Resources={"Address": address("a")}))
    made = state.resources["Address"].made
    app.client("ec2").release_address(AllocationId=made.attributes["AllocationId"])
    refusal = rf"Address: NotFound: AWS::EC2::EIP {made.physical_id} does not exist"
    with pytest.raises(StackError, match=refusal):
        app.engine.update(app.stack(Resources={"Address": address("b")}))
