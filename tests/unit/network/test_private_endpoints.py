"""Endpoints of a VPC without internet: which, for whom, and on which routes."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2

from cdk_eks_cilium import InputError, PrivateEndpoints
from cdk_eks_cilium.addressing.endpoint_services import NEEDED_SERVICES
from cdk_eks_cilium.network.endpoint_policies import storage_statements
from tests.small_apps import Synthesized, known_vpc, new_stack


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
        "Stack/Endpoints: further_services: must name services without an endpoint here, got "
        f"'{services[0]}'; leave it out"
    ]


def statements(endpoint: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """An endpoint's policy by statement, without what all have in common."""
    found = {}
    for statement in endpoint["PolicyDocument"]["Statement"]:
        assert (statement.pop("Effect"), statement.pop("Principal")) == ("Allow", "*")
        found[statement.pop("Sid")] = statement
    return found


OWN = {"StringEquals": {"aws:PrincipalAccount": ["123456789012"]}}


@pytest.mark.parametrize("service", ["ec2", "ecr.api", "ecr.dkr", "eks", "lambda", "logs"])
def test_an_endpoint_lets_through_the_accounts_own_principals(service: str) -> None:
    made_for = interfaces(made(endpoints(further_services=["logs"])))

    assert statements(made_for[f"com.amazonaws.eu-west-1.{service}"]) == {
        "OwnPrincipals": {"Action": "*", "Resource": "*", "Condition": OWN}
    }


def test_pods_without_credentials_may_change_their_token_for_some() -> None:
    found = statements(interfaces(made(endpoints()))["com.amazonaws.eu-west-1.sts"])

    assert found == {
        "OwnPrincipals": {"Action": "*", "Resource": "*", "Condition": OWN},
        "TokensOfPods": {"Action": "sts:AssumeRoleWithWebIdentity", "Resource": "*"},
    }


@pytest.mark.parametrize("service", ["eks-auth", "autoscaling"])
def test_a_service_that_may_have_no_policies_gets_none(service: str) -> None:
    found = interfaces(made(endpoints(further_services=["autoscaling"])))

    assert "PolicyDocument" not in found[f"com.amazonaws.eu-west-1.{service}"]


def storage(construct: PrivateEndpoints) -> dict[str, dict[str, Any]]:
    template = made(construct)
    (found,) = (
        e for e in template.of_type("AWS::EC2::VPCEndpoint").values() if e["VpcEndpointType"] == "Gateway"
    )
    return statements(found)


def test_storage_is_the_accounts_own_and_what_aws_keeps_for_it() -> None:
    assert storage(endpoints()) == {
        "OwnPrincipalsInOwnBuckets": {
            "Action": "s3:*",
            "Resource": "*",
            "Condition": {
                "StringEquals": {
                    "aws:PrincipalAccount": ["123456789012"],
                    "aws:ResourceAccount": ["123456789012"],
                }
            },
        },
        "LayersOfImages": {
            "Action": "s3:GetObject",
            "Resource": in_bucket("prod-eu-west-1-starport-layer-bucket"),
        },
        "AnswersOfCustomResources": {
            "Action": "s3:PutObject",
            "Resource": in_bucket("cloudformation-custom-resource-response-euwest1"),
        },
        "AwsServices": {
            "Action": "s3:*",
            "Resource": "*",
            "Condition": {"Bool": {"aws:PrincipalIsAWSService": "true"}},
        },
        "PackagesOfAmazonLinux": {
            "Action": "s3:GetObject",
            "Resource": in_bucket("al2023-repos-eu-west-1-de612dc2"),
        },
    }


def in_bucket(name: str) -> dict[str, Any]:
    return {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, f":s3:::{name}/*"]]}


def test_a_region_that_only_a_deploy_knows_gives_names_that_only_a_deploy_knows() -> None:
    stack = new_stack()
    found = [stack.resolve(one.resources) for one in storage_statements(stack, [stack.account])]

    region = {"Ref": "AWS::Region"}
    dashless = {"Fn::Join": ["", {"Fn::Split": ["-", region]}]}
    prefix = ["arn:", {"Ref": "AWS::Partition"}, ":s3:::cloudformation-custom-resource-response-"]
    assert found[2] == [{"Fn::Join": ["", [*prefix, dashless, "/*"]]}]


def test_trusted_accounts_may_be_used_too() -> None:
    other = "111122223333"
    both = ["123456789012", other]
    construct = endpoints(trusted_accounts=[other])

    assert storage(construct)["OwnPrincipalsInOwnBuckets"]["Condition"]["StringEquals"] == {
        "aws:PrincipalAccount": both,
        "aws:ResourceAccount": both,
    }
    for service in ("ec2", "sts"):
        found = statements(interfaces(made(construct))[f"com.amazonaws.eu-west-1.{service}"])
        assert found["OwnPrincipals"]["Condition"] == {"StringEquals": {"aws:PrincipalAccount": both}}


def test_a_client_s_range_that_is_invalid_is_refused() -> None:
    stack = new_stack()
    vpc = known_vpc(stack)
    with pytest.raises(InputError) as refused:
        PrivateEndpoints(
            stack,
            "Endpoints",
            vpc=vpc,
            subnets=vpc.private_subnets,
            client_cidrs=["10.0.0.0/16", "100.64.0.0"],
            routed_subnets=vpc.private_subnets,
        )

    assert [str(problem) for problem in refused.value.problems] == [
        "Stack/Endpoints: client_cidrs: must be an IPv4 range from /0 to /32, got '100.64.0.0'; add its "
        "length: '100.64.0.0/32'"
    ]
