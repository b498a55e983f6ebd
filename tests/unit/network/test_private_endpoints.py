"""Endpoints of a VPC without internet: which, for whom, and on which routes."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2

from cdk_eks_cilium import InputError, PrivateEndpoints
from cdk_eks_cilium.endpoint_services import NEEDED_SERVICES
from tests.small_apps import Synthesized, new_stack


def endpoints(region: str = "eu-west-1", **kwargs: Any) -> PrivateEndpoints:
    stack = new_stack(env=cdk.Environment(account="123456789012", region=region))
    vpc = ec2.Vpc(
        stack,
        "Vpc",
        availability_zones=[f"{region}a", f"{region}b"],
        subnet_configuration=[
            ec2.SubnetConfiguration(name="Node", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
        ],
    )
    return PrivateEndpoints(
        stack,
        "Endpoints",
        vpc=vpc,
        subnets=vpc.isolated_subnets,
        client_cidrs=["10.0.0.0/16", "100.64.0.0/16"],
        routed_subnets=vpc.isolated_subnets,
        **kwargs,
    )


def made(construct: PrivateEndpoints) -> Synthesized:
    return Synthesized(cdk.Stack.of(construct))


def interfaces(template: Synthesized) -> dict[str, dict[str, Any]]:
    found = template.of_type("AWS::EC2::VPCEndpoint").values()
    return {e["ServiceName"]: e for e in found if e["VpcEndpointType"] == "Interface"}


def test_every_needed_service_has_an_endpoint_with_its_own_name() -> None:
    found = interfaces(made(endpoints()))

    assert set(found) == {f"com.amazonaws.eu-west-1.{service}" for service in NEEDED_SERVICES}
    assert all(endpoint["PrivateDnsEnabled"] is True for endpoint in found.values())
    assert all(len(endpoint["SubnetIds"]) == 2 for endpoint in found.values())


def test_services_of_china_have_their_names_there() -> None:
    names = set(interfaces(made(endpoints("cn-north-1"))))

    assert {"cn.com.amazonaws.cn-north-1.ec2", "cn.com.amazonaws.cn-north-1.sts"} <= names


def test_further_services_get_one_too() -> None:
    names = set(interfaces(made(endpoints(further_services=["logs", "elasticloadbalancing"]))))

    assert {"com.amazonaws.eu-west-1.logs", "com.amazonaws.eu-west-1.elasticloadbalancing"} < names
    assert len(names) == len(NEEDED_SERVICES) + 2


def test_only_https_from_the_given_ranges_comes_in_and_nothing_goes_out() -> None:
    template = made(endpoints())
    name, group = template.only("AWS::EC2::SecurityGroup")

    rules = [
        (rule["CidrIp"], rule["IpProtocol"], rule["FromPort"], rule["ToPort"])
        for rule in group["SecurityGroupIngress"]
    ]
    assert rules == [("10.0.0.0/16", "tcp", 443, 443), ("100.64.0.0/16", "tcp", 443, 443)]
    assert [rule["CidrIp"] for rule in group["SecurityGroupEgress"]] == ["255.255.255.255/32"]
    assert all(
        endpoint["SecurityGroupIds"] == [{"Fn::GetAtt": [name, "GroupId"]}]
        for endpoint in interfaces(template).values()
    )


def test_storage_is_on_the_route_tables_of_the_given_subnets() -> None:
    template = made(endpoints())
    (storage,) = (
        e for e in template.of_type("AWS::EC2::VPCEndpoint").values() if e["VpcEndpointType"] == "Gateway"
    )

    tables = {table["Ref"] for table in storage["RouteTableIds"]}
    assert tables == set(template.of_type("AWS::EC2::RouteTable"))
    assert json.dumps(storage["ServiceName"]).endswith('".s3"]]}')


@pytest.mark.parametrize("services", [["ec2"], ["s3"], ["logs", "logs"]])
def test_a_service_that_has_its_endpoint_is_refused(services: list[str]) -> None:
    with pytest.raises(InputError) as refused:
        endpoints(further_services=services)

    assert [str(problem) for problem in refused.value.problems] == [
        "Stack/Endpoints: further_services: must name services that have no endpoint here yet, "
        f"got '{services[0]}'; leave it out"
    ]
