"""The stand-ins for values to look up are CDK's own."""

from __future__ import annotations

from typing import cast

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ssm as ssm

from cdk_eks_cilium.problems.looked_up import awaits_lookup, is_list_token, is_token, known_at_synth
from tests.small_apps import new_stack


def in_an_account() -> cdk.Stack:
    return new_stack(env=cdk.Environment(account="123456789012", region="eu-west-1"))


def test_everything_of_a_vpc_to_look_up_is_a_stand_in() -> None:
    vpc = ec2.Vpc.from_lookup(in_an_account(), "Vpc", vpc_id="vpc-0123456789abcdef0")
    subnets = [*vpc.public_subnets, *vpc.private_subnets, *vpc.isolated_subnets]

    assert len(subnets) == 6
    for value in (
        vpc.vpc_id,
        vpc.vpc_cidr_block,
        *vpc.availability_zones,
        *(subnet.subnet_id for subnet in subnets),
        *(subnet.route_table.route_table_id for subnet in subnets),
        *(subnet.availability_zone for subnet in subnets),
    ):
        assert awaits_lookup(value), value


def test_zones_and_parameters_to_look_up_are_stand_ins() -> None:
    stack = in_an_account()
    parameter = ssm.StringParameter.value_from_lookup(stack, "/network/pods")

    assert all(map(awaits_lookup, stack.availability_zones))
    assert awaits_lookup(parameter)
    assert awaits_lookup(f"{parameter}/16")
    assert all(map(awaits_lookup, parameter.split(",")))


@pytest.mark.parametrize(
    "value",
    ["10.0.0.0/16", "eu-west-1a", "subnet-0123456789abcdef0", "vpc-123456789", "", None, 5],
)
def test_real_values_are_judged(value: object) -> None:
    assert not awaits_lookup(value)


def test_a_list_that_only_a_deployment_knows_is_told_from_a_text() -> None:
    assert all(map(is_list_token, cdk.Fn.get_azs()))
    assert not is_list_token(cdk.Fn.import_value("zone"))
    assert not is_list_token("eu-west-1a")


def test_texts_are_tokens_where_cdk_says_so() -> None:
    stack = new_stack()
    bucket = cdk.CfnResource(stack, "Bucket", type="AWS::S3::Bucket")
    texts = [
        stack.region,
        bucket.ref,
        f"arn:{stack.partition}:s3:::{bucket.ref}/*",
        *cdk.Fn.get_azs(),
        cdk.Lazy.string(cast(cdk.IStableStringProducer, _Later())),
        "eu-west-1",
        "${Token",
        "${AWS::Region}",
        "",
    ]
    assert [is_token(text) for text in texts] == [cdk.Token.is_unresolved(text) for text in texts]


@jsii.implements(cdk.IStableStringProducer)
class _Later:
    def produce(self) -> str:
        return "later"


def test_tokens_and_stand_ins_are_not_known_at_synth() -> None:
    assert known_at_synth("10.0.0.0/16")
    assert not known_at_synth(cdk.Fn.import_value("range"))
    assert not known_at_synth("1.2.3.4/5")
