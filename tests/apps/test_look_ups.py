"""Apps that look values up: the first pass lets CDK's stand-ins pass, the second judges the real values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rehearsal.aws.moto import Cloud
from tests.apps.conftest import Synth, synth

pytestmark = pytest.mark.slow

PARAMETERS = {
    "name": "shop",
    "kubernetes": "1.34",
    "pods": "100.80.0.0/16",
    "services": "172.21.0.0/16",
    "offices": "10.8.0.0/16,10.9.0.0/16",
    "proxy": "198.51.100.7",
    "subnets": "subnet-0123456789abcdef0,subnet-0123456789abcdef1",
    "owner": "444455556666",
}


def make_vpc(account: Cloud, name: str, primary: str) -> dict[str, list[str]]:
    """Make a VPC with node and pod subnets as CDK names them, and return the ids by group."""
    ec2 = account.client("ec2")
    tags = [{"Key": "Name", "Value": name}]
    vpc = ec2.create_vpc(CidrBlock=primary, TagSpecifications=[{"ResourceType": "vpc", "Tags": tags}])["Vpc"][
        "VpcId"
    ]
    made: dict[str, list[str]] = {}
    for number, (group, zone) in enumerate((group, zone) for group in ("Nodes", "Pods") for zone in "ab"):
        # CDK sorts subnets into groups by these two tags, which its own VPCs have.
        tags = [
            {"Key": "aws-cdk:subnet-type", "Value": "Private" if group == "Nodes" else "Isolated"},
            {"Key": "aws-cdk:subnet-name", "Value": group},
        ]
        subnet = ec2.create_subnet(
            VpcId=vpc,
            CidrBlock=f"{primary.rpartition('.')[0].rpartition('.')[0]}.{number}.0/24",
            AvailabilityZone=f"eu-west-1{zone}",
            TagSpecifications=[{"ResourceType": "subnet", "Tags": tags}],
        )
        made.setdefault(group, []).append(subnet["Subnet"]["SubnetId"])
    return made


def resources(done: Synth, stack: str, kind: str) -> list[dict[str, Any]]:
    found = done.templates[stack]["Resources"].values()
    return [each["Properties"] for each in found if each["Type"] == kind]


def keep(account: Cloud, **parameters: str) -> None:
    for name, value in parameters.items():
        account.client("ssm").put_parameter(
            Name=f"/network/{name}", Value=value, Type="String", Overwrite=True
        )


def test_a_vpc_is_looked_up_and_its_real_subnets_are_taken(account: Cloud, tmp_path: Path) -> None:
    made = make_vpc(account, "shared", "10.20.0.0/16")
    done = synth("looked_up_vpc", account, tmp_path, validate=True, vpc="shared")

    assert done.status == 0, done.printed
    ((key, found),) = done.context.items()
    assert key.startswith("vpc-provider:account=123456789012:filter.tag:Name=shared")
    assert found["vpcCidrBlock"] == "10.20.0.0/16"
    (cluster,) = resources(done, "Shop", "AWS::EKS::Cluster")
    assert sorted(cluster["ResourcesVpcConfig"]["SubnetIds"]) == sorted(made["Nodes"])
    assert {subnet["AvailabilityZone"] for subnet in resources(done, "Shop", "AWS::EC2::Subnet")} == {
        "eu-west-1a",
        "eu-west-1b",
    }
    assert "dummy" not in str(done.templates)
    assert "1.2.3.4/5" not in str(done.templates)


def test_a_vpc_whose_real_range_does_not_go_with_the_pods_is_refused(account: Cloud, tmp_path: Path) -> None:
    make_vpc(account, "narrow", "100.64.0.0/16")
    done = synth("looked_up_vpc", account, tmp_path, vpc="narrow")

    assert done.status != 0
    assert done.context
    assert (
        "Shop/Platform/PodSubnets: cidr: must not overlap 100.64.0.0/16, the primary range of the VPC"
        in done.printed
    )


def test_parameters_and_zones_are_looked_up_and_taken(account: Cloud, tmp_path: Path) -> None:
    keep(account, **PARAMETERS)
    done = synth("looked_up_values", account, tmp_path)

    assert done.status == 0, done.printed
    assert {key.partition(":")[0] for key in done.context} == {"availability-zones", "ssm"}
    (cluster,) = resources(done, "Shop", "AWS::EKS::Cluster")
    assert (cluster["Name"], cluster["Version"]) == ("shop", "1.34")
    assert cluster["ResourcesVpcConfig"]["PublicAccessCidrs"] == ["198.51.100.7/32"]
    (block,) = resources(done, "Shop", "AWS::EC2::VPCCidrBlock")
    assert block["CidrBlock"] == "100.80.0.0/16"
    rules = [
        rule["CidrIp"]
        for group in resources(done, "Shop", "AWS::EC2::SecurityGroup")
        for rule in group.get("SecurityGroupIngress", [])
    ]
    assert rules == ["10.8.0.0/16", "10.9.0.0/16"]
    assert "dummy" not in str(done.templates)


def test_every_invalid_range_of_access_is_refused_at_once(account: Cloud, tmp_path: Path) -> None:
    keep(account, **{**PARAMETERS, "offices": "10.8.0.0/16,0.0.0.0/0", "proxy": "proxy", "kubernetes": "34"})
    done = synth("looked_up_values", account, tmp_path)

    assert done.status != 0
    for text in (
        "kubernetes_version: must be a minor release of Kubernetes such as '1.35', got '34'",
        "private_access_cidrs: must be a network of /8 or smaller, got '0.0.0.0/0'",
        "public_access_cidrs: must be an IPv4 range from /0 to /32, got 'proxy/32'",
    ):
        assert text in done.printed
