"""The policy of a VPC endpoint decides about the calls that go through it, and about no others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.aws.iam import Request
from tests.rehearsal.conftest import HERE, Deployment
from tests.rehearsal.roles import lambda_role

Make = Callable[..., Deployment]

LOOK = {"Effect": "Allow", "Action": "ec2:Describe*", "Resource": "*"}
NOBODY: dict[str, Any] = {
    "Sid": "Own",
    "Effect": "Allow",
    "Principal": "*",
    "Action": "*",
    "Resource": "*",
} | {"Condition": {"StringEquals": {"aws:PrincipalAccount": ["999999999999"]}}}


def ref(name: str) -> dict[str, str]:
    return {"Ref": name}


def subnet(name: str, number: int) -> dict[str, Any]:
    """A subnet with a route table of its own."""
    place: dict[str, Any] = {
        "VpcId": ref("Vpc"),
        "CidrBlock": f"10.0.{number}.0/24",
        "AvailabilityZone": "eu-west-1a",
    }
    use = {"SubnetId": ref(name), "RouteTableId": ref(f"{name}Table")}
    return {
        name: {"Type": "AWS::EC2::Subnet", "Properties": place},
        f"{name}Table": {"Type": "AWS::EC2::RouteTable", "Properties": {"VpcId": ref("Vpc")}},
        f"{name}Uses": {"Type": "AWS::EC2::SubnetRouteTableAssociation", "Properties": use},
    }


def endpoint(service: str, kind: str, *statements: dict[str, Any], **where: Any) -> dict[str, Any]:
    policy = {"PolicyDocument": {"Statement": list(statements)}} if statements else {}
    name = f"com.amazonaws.{HERE.region}.{service}"
    own: dict[str, Any] = {
        "VpcId": ref("Vpc"),
        "ServiceName": name,
        "VpcEndpointType": kind,
        **policy,
        **where,
    }
    return {"Type": "AWS::EC2::VPCEndpoint", "Properties": own}


def network(**further: Any) -> dict[str, Any]:
    return {
        "Role": lambda_role(LOOK),
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
        **subnet("Near", 1),
        **subnet("Far", 2),
        **further,
    }


class Caller:
    """A role of a deployed network, whose calls leave from a subnet."""

    def __init__(self, make: Make, **endpoints: Any) -> None:
        self.app = make()
        outputs: dict[str, Any] = {name: {"Value": ref(name)} for name in ("Near", "Far", *endpoints)}
        outputs["Role"] = {"Value": {"Fn::GetAtt": ["Role", "Arn"]}}
        self.template: dict[str, Any] = {"Resources": network(**endpoints), "Outputs": outputs}
        self.outputs = self.app.engine.create(self.app.stack(**self.template)).outputs

    def look(self, *subnets: str) -> None:
        """Describe subnets, from these."""
        places = [self.outputs[name] for name in subnets]
        account = self.app.account
        account.client("ec2", account.assume(self.outputs["Role"], "me", subnets=places)).describe_subnets()

    def fetch(self, name: str, **principal: str) -> str:
        """Why an object in an account's bucket cannot be fetched from a subnet."""
        request = Request("s3:GetObject", "arn:aws:s3:::bucket/key", principal)
        return self.app.account.access.blocked([self.outputs[name]], "s3", request)


def test_an_endpoint_without_a_policy_lets_everything_through(deployment: Make) -> None:
    caller = Caller(deployment, Ec2=endpoint("ec2", "Interface", PrivateDnsEnabled=True))

    caller.look("Near")

    assert caller.app.account.access.denials == []


def test_a_call_that_the_policy_does_not_allow_is_denied_in_the_words_of_aws(deployment: Make) -> None:
    caller = Caller(deployment, Ec2=endpoint("ec2", "Interface", NOBODY, PrivateDnsEnabled=True))

    with pytest.raises(
        ClientError, match="because no VPC endpoint policy allows the ec2:DescribeSubnets action"
    ):
        caller.look("Far")

    (denial,) = caller.app.account.access.denials
    assert str(denial).endswith(
        f"ec2:DescribeSubnets on *: VPC endpoint policy: {caller.outputs['Ec2']}: statement Own allows it "
        "only where StringEquals aws:PrincipalAccount '999999999999', got '123456789012'"
    )


def test_a_statement_that_denies_is_an_explicit_deny(deployment: Make) -> None:
    everyone = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    deny = {"Sid": "No", "Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "ec2:*", "Resource": "*"}
    caller = Caller(deployment, Ec2=endpoint("ec2", "Interface", everyone, deny, PrivateDnsEnabled=True))

    with pytest.raises(ClientError, match="with an explicit deny in a VPC endpoint policy"):
        caller.look("Near")


def test_calls_from_outside_of_a_vpc_and_calls_to_other_services_pass_by(deployment: Make) -> None:
    caller = Caller(deployment, Sts=endpoint("sts", "Interface", NOBODY, PrivateDnsEnabled=True))

    caller.look()
    caller.look("Near", "Far")

    assert caller.app.account.access.denials == []


def test_an_interface_endpoint_without_its_private_name_is_on_nobodys_way(deployment: Make) -> None:
    caller = Caller(deployment, Ec2=endpoint("ec2", "Interface", NOBODY, PrivateDnsEnabled=False))

    caller.look("Near")

    assert caller.app.account.access.denials == []


def test_a_gateway_endpoint_is_on_the_way_of_its_own_route_tables_alone(deployment: Make) -> None:
    caller = Caller(deployment, S3=endpoint("s3", "Gateway", NOBODY, RouteTableIds=[ref("NearTable")]))

    assert caller.fetch("Far") == ""
    assert caller.fetch("Near") == (
        f"the policy of {caller.outputs['S3']} does not let s3:GetObject on arn:aws:s3:::bucket/key through: "
        "statement Own allows it only where StringEquals aws:PrincipalAccount '999999999999', got nothing"
    )
    assert caller.fetch("Near", **{"aws:PrincipalAccount": "999999999999"}) == ""


def test_the_policy_knows_the_way_and_the_owner_of_the_resource(deployment: Make) -> None:
    here = {"aws:SourceVpc": ref("Vpc"), "aws:ResourceAccount": HERE.account}
    own: dict[str, Any] = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    own |= {"Condition": {"StringEquals": here}}
    caller = Caller(deployment, S3=endpoint("s3", "Gateway", own, RouteTableIds=[ref("NearTable")]))

    assert caller.fetch("Near") == ""


def test_a_policy_changes_in_place_and_falls_back_to_everything(deployment: Make) -> None:
    caller = Caller(deployment, S3=endpoint("s3", "Gateway", NOBODY, RouteTableIds=[ref("NearTable")]))
    del caller.template["Resources"]["S3"]["Properties"]["PolicyDocument"]

    after = caller.app.engine.update(caller.app.stack(**caller.template)).outputs

    assert after["S3"] == caller.outputs["S3"]
    assert caller.fetch("Near") == ""


def test_another_route_table_changes_whose_calls_go_through(deployment: Make) -> None:
    caller = Caller(deployment, S3=endpoint("s3", "Gateway", NOBODY, RouteTableIds=[ref("NearTable")]))
    caller.template["Resources"]["S3"]["Properties"]["RouteTableIds"] = [ref("FarTable")]

    caller.app.engine.update(caller.app.stack(**caller.template))

    assert caller.fetch("Near") == ""
    assert caller.fetch("Far") != ""


def test_a_policy_that_names_somebody_is_not_judged_and_said(deployment: Make) -> None:
    named = NOBODY | {"Principal": {"AWS": "arn:aws:iam::123456789012:role/me"}}
    caller = Caller(deployment, S3=endpoint("s3", "Gateway", named, RouteTableIds=[ref("NearTable")]))

    assert caller.fetch("Near") == ""
    assert caller.app.account.access.unjudged == {
        f"s3:GetObject: a principal in the policy of endpoint {caller.outputs['S3']} is not evaluated"
    }
