"""What the roles of the app's stacks may do in AWS, simulated over whole services."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import boto3
import pytest
from moto.iam.aws_managed_policies import aws_managed_policies_data

from rehearsal.aws.iam.evaluator import Request, allows
from tests.stacks.conftest import flat

SERVICES = ["ec2", "eks", "iam", "sts", "s3", "kms", "lambda", "ssm", "secretsmanager", "logs", "autoscaling"]
LOGS = {"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"}
OWN_INTERFACE = {
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
}
"""What Lambda itself needs to put a function into a VPC, by AWS's own policy for it."""


@cache
def managed(name: str) -> list[dict[str, Any]]:
    """The statements of one of AWS's managed policies, in the copy that moto carries."""
    document = json.loads(aws_managed_policies_data)[name]["Document"]
    found: list[dict[str, Any]] = document["Statement"]
    return found


def statements(templates: Any, contains: str) -> tuple[str, list[dict[str, Any]]]:
    """Logical id and all statements of the one role whose id contains a text, inline ones as given."""
    name, role = templates.only("AWS::IAM::Role", contains=contains)
    found = [one for arn in role.get("ManagedPolicyArns", []) for one in managed(_policy_name(arn))]
    found += [one for policy in role.get("Policies", []) for one in policy["PolicyDocument"]["Statement"]]
    for policy in templates.of_type("AWS::IAM::Policy").values():
        properties = policy["Properties"]
        if {"Ref": name} in properties["Roles"]:
            found += properties["PolicyDocument"]["Statement"]
    return name, found


def _policy_name(arn: Any) -> str:
    if isinstance(arn, dict) and "Fn::If" in arn:
        arn = arn["Fn::If"][1]
    return flat(arn).split("/")[-1]


@cache
def operations(service: str) -> tuple[str, ...]:
    client = boto3.client(service, region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
    return tuple(f"{service}:{name}" for name in client.meta.service_model.operation_names)


def allowed(granted: list[dict[str, Any]]) -> set[str]:
    """The operations of `SERVICES` that are allowed on a resource of anybody's."""
    return {
        action
        for service in SERVICES
        for action in operations(service)
        if allows(granted, Request(action, f"arn:aws:{service}:eu-west-1:999999999999:thing/any"))
    }


@pytest.mark.parametrize("environment", ["default", "never-install", "article"])
def test_a_node_may_look_and_pull_and_change_nothing(environment: str, synthesize: Any) -> None:
    _, granted = statements(synthesize(environment), "CiliumNodeRole")
    actions = allowed(granted)

    assert "ec2:DescribeInstances" in actions
    assert {action for action in actions if not action.split(":")[1].startswith("Describe")} == set()
    assert not {"ec2:CreateNetworkInterface", "ec2:AssignPrivateIpAddresses"} & actions


def test_a_node_may_ask_for_the_roles_of_its_pods(default: Any) -> None:
    _, granted = statements(default, "CiliumNodeRole")

    assert allows(granted, Request("eks-auth:AssumeRoleForPodIdentity", "arn:aws:eks:r:1:cluster/c"))
    assert allows(granted, Request("ecr:BatchGetImage", "arn:aws:ecr:r:1:repository/r"))
    assert not allows(granted, Request("ecr:PutImage", "arn:aws:ecr:r:1:repository/r"))


def test_the_removal_of_aws_node_may_write_its_logs_and_hold_its_interface(default: Any) -> None:
    name, granted = statements(default, "AwsNodeRemovalHandlerServiceRole")

    assert allowed(granted) == LOGS | OWN_INTERFACE
    assert not [
        policy
        for policy in default.of_type("AWS::IAM::Policy").values()
        if {"Ref": name} in policy["Properties"]["Roles"]
    ]


def test_the_framework_around_it_may_call_it_and_nothing_else(default: Any) -> None:
    handler, _ = default.only("AWS::Lambda::Function", contains="AwsNodeRemovalHandler")
    _, granted = statements(default, "AwsNodeRemovalProviderframeworkonEventServiceRole")
    inline = [one for one in granted if one not in managed("AWSLambdaBasicExecutionRole")]
    named = {flat(resource) for one in inline for resource in _many(one["Resource"])}

    assert named == {f"<{handler}.Arn>", f"<{handler}.Arn>:*"}
    assert allowed([one for one in granted if one not in inline]) == LOGS
    assert {action for one in inline for action in _many(one["Action"])} <= {
        "lambda:InvokeFunction",
        "lambda:GetFunction",
    }


def _many(given: Any) -> list[Any]:
    return given if isinstance(given, list) else [given]
