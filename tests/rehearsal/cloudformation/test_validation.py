from __future__ import annotations

from typing import Any

import pytest
from cfnlint.helpers import LIMITS

from rehearsal.aws import Environment
from rehearsal.cloudformation import validation
from rehearsal.cloudformation.assembly import Stack
from rehearsal.cloudformation.validation import NUMBERS, problems

VPC: dict[str, Any] = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}}


def found(name: str = "app", parameters: dict[str, str] | None = None, **template: Any) -> list[str]:
    template.setdefault("Resources", {"Vpc": VPC})
    stack = Stack(name, Environment("111122223333", "eu-west-1"), template, parameters=parameters or {})
    return list(problems(stack, {"Ref", "Fn::GetAtt", "Fn::If", "Fn::Equals", "Fn::Sub"}))


def test_a_good_template_has_no_problem() -> None:
    assert found(Outputs={"Id": {"Value": {"Ref": "Vpc"}}}) == []


def test_the_numbers_are_those_of_cfn_lint() -> None:
    assert {name: LIMITS[name]["number"] for name in NUMBERS} == NUMBERS
    assert {LIMITS[name]["name"] for name in NUMBERS} == {validation.NAME_CHARACTERS}
    assert LIMITS["Mappings"]["attributes"] == validation.ATTRIBUTES_OF_A_MAPPING
    assert LIMITS["Parameters"]["value"] == validation.PARAMETER_BYTES
    assert LIMITS["template"]["body"] == validation.TEMPLATE_BYTES


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        (
            {"Resources": {f"Vpc{n}": VPC for n in range(501)}},
            "app: Resources: at most 500, got 501; move some into another stack",
        ),
        (
            {"Outputs": {f"O{n}": {"Value": "x"} for n in range(201)}},
            "app: Outputs: at most 200, got 201; move some into another stack",
        ),
        (
            {"Parameters": {f"P{n}": {"Type": "String"} for n in range(201)}},
            "app: Parameters: at most 200, got 201; move some into another stack",
        ),
        (
            {"Mappings": {"M": {f"a{n}": {} for n in range(201)}}},
            "app: mapping M: at most 200 attributes, got 201; split it",
        ),
        (
            {"Metadata": {"x": "x" * 1_000_000}},
            "app: a template has at most 1,000,000 bytes, got 1,000,149; move resources into another stack",
        ),
        ({"Description": "ü" * 513}, "app: Description: at most 1,024 bytes, got 1,026; shorten it"),
        (
            {"Parameters": {"P": {"Type": "String", "Default": "x" * 4097}}},
            "app: default of P: at most 4,096 bytes, got 4,097; shorten it",
        ),
        (
            {"Metadata": ["{{resolve:ssm:x}}"] * 61},
            "app: at most 60 dynamic references, got 61; take values by parameters",
        ),
        (
            {"Resources": {"My-Vpc": VPC}},
            "app: Resources: a name has letters and digits only, got My-Vpc; rename it",
        ),
        (
            {"Outputs": {"a" * 256: {"Value": "x"}}},
            f"app: Outputs: a name has at most 255 characters, got 256: {'a' * 256}",
        ),
        (
            {"Resources": {"Vpc": {**VPC, "DeletionPolicy": "Keep"}}},
            "app: Vpc: DeletionPolicy is one of Delete, Retain, RetainExceptOnCreate, got Keep; "
            "take one of them",
        ),
        (
            {"Resources": {"Vpc": {**VPC, "UpdateReplacePolicy": "RetainExceptOnCreate"}}},
            "app: Vpc: UpdateReplacePolicy is one of Delete, Retain, got RetainExceptOnCreate; "
            "take one of them",
        ),
        (
            {"Outputs": {"Id": {"Value": {"Ref": "Nothing"}}}},
            "app: Template format error: Unresolved resource dependencies [Nothing] in the Outputs block of "
            "the template",
        ),
        (
            {"Resources": {"Vpc": {**VPC, "DependsOn": ["B", "A"]}}},
            "app: Template format error: Unresolved resource dependencies [A, B] in the Resources block of "
            "the template",
        ),
        (
            {"Resources": {"Vpc": {**VPC, "Condition": "China"}}},
            "app: condition China is not defined; define it under Conditions",
        ),
        (
            {"Outputs": {"Id": {"Value": {"Fn::If": ["China", 1, 2]}}}},
            "app: condition China is not defined; define it under Conditions",
        ),
        (
            {"Outputs": {"Id": {"Value": {"Fn::Teleport": "x"}}}},
            "app: the rehearsal does not know Fn::Teleport",
        ),
        (
            {"Resources": {"Thing": {"Type": "Custom::a.b"}}},
            "app: Thing: the type of a custom resource has letters, digits and _@- after Custom::, at most "
            "60 characters in all, got Custom::a.b; rename the type",
        ),
    ],
)
def test_a_template_beyond_a_limit_is_refused(template: dict[str, Any], problem: str) -> None:
    assert found(**template) == [problem]


@pytest.mark.parametrize("name", ["1st", "my_stack", "a" * 129])
def test_a_stack_has_a_name_that_cloudformation_takes(name: str) -> None:
    (problem,) = found(name)
    assert problem.startswith(f"{name}: a stack's name has a letter first")


def test_a_given_parameter_is_measured_too() -> None:
    parameters = {"P": {"Type": "String"}}
    assert found(parameters={"P": "x" * 4097}, Parameters=parameters) == [
        "app: value of parameter P: at most 4,096 bytes, got 4,097; shorten it"
    ]


def test_a_volume_may_leave_a_snapshot() -> None:
    volume = {"Type": "AWS::EC2::Volume", "DeletionPolicy": "Snapshot", "UpdateReplacePolicy": "Snapshot"}
    assert found(Resources={"Disk": volume}) == []


def test_each_nested_template_has_limits_of_its_own() -> None:
    half = {"Resources": {f"Vpc{n}": VPC for n in range(300)}}
    both = {"Resources": {f"{part}Vpc{n}": VPC for part in "AB" for n in range(300)}}
    here = Environment("111122223333", "eu-west-1")
    assert list(problems(Stack("app", here, both, files={"app": half, "app/Inner": half}), ())) == []
