from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rehearsal.aws.account import Account
from rehearsal.rehearse import rehearse

VPC, SUBNET, NAT = "vpc-0123456789abcdef0", "subnet-0123456789abcdef0", "nat-0123456789abcdef0"
POD_SUBNET = "subnet-0123456789abcdef1"


def assembly(folder: Path) -> Path:
    resources = {
        "Block": {
            "Type": "AWS::EC2::VPCCidrBlock",
            "Properties": {"VpcId": VPC, "CidrBlock": "100.64.0.0/16"},
        },
        "Pods": {
            "Type": "AWS::EC2::Subnet",
            "Properties": {"VpcId": VPC, "CidrBlock": "100.64.0.0/18", "AvailabilityZone": "eu-west-1a"},
            "DependsOn": "Block",
        },
        "Table": {"Type": "AWS::EC2::RouteTable", "Properties": {"VpcId": VPC}},
        "Route": {
            "Type": "AWS::EC2::Route",
            "Properties": {
                "RouteTableId": {"Ref": "Table"},
                "DestinationCidrBlock": "0.0.0.0/0",
                "NatGatewayId": NAT,
            },
        },
        "Note": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": SUBNET}},
    }
    artifact: dict[str, Any] = {
        "type": "aws:cloudformation:stack",
        "environment": "aws://123456789012/eu-west-1",
        "properties": {"templateFile": "t.json"},
    }
    (folder / "manifest.json").write_text(json.dumps({"artifacts": {"app": artifact}}))
    (folder / "t.json").write_text(json.dumps({"Resources": resources}))
    return folder


def test_a_network_named_by_id_is_there_and_stays(tmp_path: Path) -> None:
    seen: list[str] = []

    def look(account: Account) -> None:
        ec2 = account.client("ec2")
        seen.extend(subnet["SubnetId"] for subnet in ec2.describe_subnets(SubnetIds=[SUBNET])["Subnets"])

    report = rehearse(assembly(tmp_path), inspect=look)
    assert report.problems == []
    assert seen == [SUBNET]
    assert report.notes == [f"stand-ins for what the template expects to exist: {VPC}, {SUBNET}, {NAT}"]


def test_a_network_named_by_id_has_the_ranges_that_the_template_tells(tmp_path: Path) -> None:
    folder = assembly(tmp_path)
    template = json.loads((folder / "t.json").read_text())
    template["Metadata"] = {
        "cdk-eks-cilium:existing-ranges": {
            VPC: ["10.20.0.0/24", "10.21.0.0/24"],
            POD_SUBNET: ["10.21.0.0/28"],
        }
    }
    template["Resources"]["Other"] = {
        "Type": "AWS::SSM::Parameter",
        "Properties": {"Type": "String", "Value": POD_SUBNET},
    }
    (folder / "t.json").write_text(json.dumps(template))
    seen: dict[str, Any] = {}

    def look(account: Account) -> None:
        ec2 = account.client("ec2")
        (vpc,) = ec2.describe_vpcs(VpcIds=[VPC])["Vpcs"]
        seen["vpc"] = [each["CidrBlock"] for each in vpc["CidrBlockAssociationSet"]]
        subnets = ec2.describe_subnets(SubnetIds=[SUBNET, POD_SUBNET])["Subnets"]
        seen.update({each["SubnetId"]: each["CidrBlock"] for each in subnets})

    assert rehearse(folder, inspect=look).problems == []
    assert seen == {
        "vpc": ["10.20.0.0/24", "10.21.0.0/24", "100.64.0.0/16"],
        SUBNET: "10.20.0.0/28",
        POD_SUBNET: "10.21.0.0/28",
    }
