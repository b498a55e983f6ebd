from __future__ import annotations

import base64
from typing import Any

import pytest

from rehearsal.aws import Environment
from rehearsal.cloudformation.assembly import Stack
from rehearsal.cloudformation.intrinsics import Resolver, TemplateError


class Known:
    """Values of things that exist."""

    def ref(self, logical_id: str) -> str:
        return {"Vpc": "vpc-1"}[logical_id]

    def attribute(self, logical_id: str, name: str) -> Any:
        return {("Cluster", "Arn"): "arn:c", ("Cluster", "Endpoint.Port"): "443"}[logical_id, name]

    def export(self, name: str) -> Any:
        return f"export of {name}"

    def stack_output(self, stack: str, name: str) -> Any:
        return f"{stack}/{name}"

    def zones(self, region: str) -> list[str]:
        return [f"{region}a", f"{region}b"]

    def parameter(self, name: str) -> str:
        return f"value of {name}"


def resolve(value: Any, template: dict[str, Any] | None = None, **parameters: str) -> Any:
    stack = Stack("app", Environment("111122223333", "eu-west-1"), template or {}, parameters=parameters)
    return Resolver(stack, "arn:stack", Known()).resolve(value)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ({"Ref": "Vpc"}, "vpc-1"),
        ({"Ref": "AWS::AccountId"}, "111122223333"),
        ({"Ref": "AWS::Partition"}, "aws"),
        ({"Fn::GetAtt": ["Cluster", "Arn"]}, "arn:c"),
        ({"Fn::GetAtt": "Cluster.Endpoint.Port"}, "443"),
        ({"Fn::Join": ["-", ["a", {"Ref": "Vpc"}]]}, "a-vpc-1"),
        ({"Fn::Select": ["1", ["a", "b"]]}, "b"),
        ({"Fn::Select": [1, {"Fn::Split": ["//", "https://host"]}]}, "host"),
        (
            {"Fn::Sub": "${Vpc} in ${AWS::Region}, ${Cluster.Arn}, ${!Literal}"},
            "vpc-1 in eu-west-1, arn:c, ${Literal}",
        ),
        ({"Fn::Sub": ["${Own}/${Vpc}", {"Own": {"Ref": "AWS::StackName"}}]}, "app/vpc-1"),
        ({"Fn::ImportValue": "net:vpc"}, "export of net:vpc"),
        ({"Fn::GetStackOutput": {"StackName": "net", "OutputName": "Vpc"}}, "net/Vpc"),
        ({"Fn::GetAZs": ""}, ["eu-west-1a", "eu-west-1b"]),
        ({"Fn::Base64": "text"}, base64.b64encode(b"text").decode()),
        ({"Fn::Cidr": ["10.0.0.0/16", 2, 8]}, ["10.0.0.0/24", "10.0.1.0/24"]),
    ],
)
def test_an_intrinsic_function_gives_its_value(expression: Any, expected: Any) -> None:
    assert resolve(expression) == expected


def test_conditions_choose_a_branch_and_no_value_drops_the_property() -> None:
    template = {
        "Conditions": {
            "China": {"Fn::Equals": [{"Ref": "AWS::Partition"}, "aws-cn"]},
            "Here": {
                "Fn::And": [{"Fn::Not": [{"Condition": "China"}]}, {"Fn::Or": [{"Condition": "China"}, True]}]
            },
        }
    }
    value = {
        "Kept": {"Fn::If": ["Here", "yes", "no"]},
        "Gone": {"Fn::If": ["China", "x", {"Ref": "AWS::NoValue"}]},
        "List": ["a", {"Fn::If": ["China", "x", {"Ref": "AWS::NoValue"}]}],
    }
    assert resolve(value, template) == {"Kept": "yes", "List": ["a"]}


def test_a_mapping_is_looked_up() -> None:
    template = {"Mappings": {"Sizes": {"eu-west-1": {"nodes": "3"}}}}
    assert resolve({"Fn::FindInMap": ["Sizes", {"Ref": "AWS::Region"}, "nodes"]}, template) == "3"
    with pytest.raises(TemplateError, match="mapping Sizes has no eu-west-1/pods"):
        resolve({"Fn::FindInMap": ["Sizes", {"Ref": "AWS::Region"}, "pods"]}, template)


def test_a_parameter_given_wins_over_its_default() -> None:
    template = {"Parameters": {"Size": {"Type": "String", "Default": "small"}}}
    assert resolve({"Ref": "Size"}, template) == "small"
    assert resolve({"Ref": "Size"}, template, Size="large") == "large"


def test_an_unknown_function_is_refused_by_name() -> None:
    with pytest.raises(TemplateError, match="does not know Fn::Teleport"):
        resolve({"Fn::Teleport": "x"})


def test_selecting_past_the_end_is_refused() -> None:
    with pytest.raises(TemplateError, match="cannot select index 2 of 2 values"):
        resolve({"Fn::Select": [2, ["a", "b"]]})


def test_a_policy_document_with_a_condition_block_is_plain_data() -> None:
    statement = {"Condition": {"StringEquals": {"aws:RequestTag/x": {"Ref": "Vpc"}}}}
    assert resolve(statement) == {"Condition": {"StringEquals": {"aws:RequestTag/x": "vpc-1"}}}


def test_a_parameter_of_systems_manager_has_the_value_there() -> None:
    kind = "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>"
    template = {"Parameters": {"Image": {"Type": kind, "Default": "/image"}}}
    assert resolve({"Ref": "Image"}, template) == "value of /image"
