from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rehearsal.aws.account import Account
from rehearsal.rehearse import rehearse

VPC, SUBNET, NAT = "vpc-0123456789abcdef0", "subnet-0123456789abcdef0", "nat-0123456789abcdef0"


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
