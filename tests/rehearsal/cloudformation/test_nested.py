"""Nested stacks as parts of their parent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cdk_eks_cilium.checks.app_templates import StackTemplate
from cdk_eks_cilium.checks.template_graph import cycles, dependency_graph, waits_for
from rehearsal.cloudformation.assembly import Assembly, AssemblyError
from rehearsal.cloudformation.nested import inlined

NESTED = "AWS::CloudFormation::Stack"

PARENT: dict[str, Any] = {
    "Parameters": {"Size": {"Type": "Number", "Default": 1}},
    "Conditions": {"Public": {"Fn::Equals": [{"Ref": "AWS::Partition"}, "aws"]}},
    "Resources": {
        "Vpc": {"Type": "AWS::EC2::VPC"},
        "Inner": {
            "Type": NESTED,
            "Properties": {"Parameters": {"Where": {"Ref": "Vpc"}}, "TemplateURL": "https://b/abc.json"},
            "DependsOn": ["Before"],
        },
        "Before": {"Type": "T"},
        "After": {"Type": "T", "DependsOn": ["Inner"]},
        "Reader": {"Type": "T", "Properties": {"Name": {"Fn::GetAtt": ["Inner", "Outputs.Name"]}}},
    },
    "Outputs": {"Name": {"Value": {"Fn::GetAtt": ["Inner", "Outputs.Name"]}}},
}
INNER: dict[str, Any] = {
    "Parameters": {"Where": {"Type": "String"}, "Count": {"Type": "Number", "Default": 2}},
    "Resources": {
        "Subnet": {
            "Type": "AWS::EC2::Subnet",
            "Properties": {
                "VpcId": {"Ref": "Where"},
                "Count": {"Ref": "Count"},
                "Named": {"Fn::Sub": "${Where}-${Count}-${AWS::Region}"},
            },
        },
        "Route": {"Type": "T", "Properties": {"Of": {"Fn::GetAtt": ["Subnet", "SubnetId"]}}},
    },
    "Outputs": {"Name": {"Value": {"Fn::Sub": "${Subnet.SubnetId}"}}},
}


def template() -> dict[str, Any]:
    """The parent with the nested stack's resources."""
    parts = [
        StackTemplate("shop", PARENT),
        StackTemplate("shop/Inner", INNER, parent="shop", resource="Inner"),
    ]
    return dict(inlined(parts))


def test_a_nested_stacks_resources_are_its_parents() -> None:
    found = template()

    assert sorted(found["Resources"]) == ["After", "Before", "InnerRoute", "InnerSubnet", "Reader", "Vpc"]
    assert found["Resources"]["InnerSubnet"]["Properties"] == {
        "VpcId": {"Ref": "Vpc"},
        "Count": {"Ref": "InnerCount"},
        "Named": {"Fn::Sub": ["${Where}-${InnerCount}-${AWS::Region}", {"Where": {"Ref": "Vpc"}}]},
    }
    assert found["Resources"]["InnerRoute"]["Properties"] == {
        "Of": {"Fn::GetAtt": ["InnerSubnet", "SubnetId"]}
    }
    assert found["Conditions"] == PARENT["Conditions"]
    assert found["Parameters"]["InnerCount"] == {"Type": "Number", "Default": 2}


def test_what_a_nested_stack_gives_is_the_value_in_it() -> None:
    found = template()

    assert found["Resources"]["Reader"]["Properties"] == {"Name": {"Fn::Sub": "${InnerSubnet.SubnetId}"}}
    assert found["Outputs"] == {"Name": {"Value": {"Fn::Sub": "${InnerSubnet.SubnetId}"}}}


def test_the_order_is_that_of_the_nested_stack() -> None:
    graph = dependency_graph(template())

    for inner in ("InnerSubnet", "InnerRoute"):
        assert waits_for(graph, inner, "Before")
        assert waits_for(graph, inner, "Vpc")
        assert waits_for(graph, "After", inner)
        assert waits_for(graph, "Reader", inner)
    assert not waits_for(graph, "Before", "InnerSubnet")
    assert cycles(graph) == []


def test_a_stack_without_nested_ones_stays_as_it_is() -> None:
    assert inlined([StackTemplate("shop", INNER)]) is INNER


def write(folder: Path, files: dict[str, Any]) -> Path:
    manifest = {
        "artifacts": {
            "shop": {
                "type": "aws:cloudformation:stack",
                "environment": "aws://111122223333/eu-west-1",
                "properties": {"templateFile": "shop.template.json"},
            }
        }
    }
    for name, content in {"manifest.json": manifest, **files}.items():
        (folder / name).write_text(json.dumps(content))
    return folder


def test_an_assembly_has_the_nested_stack_in_its_parent(tmp_path: Path) -> None:
    destinations = {"here": {"objectKey": "abc.json"}}
    asset = {"source": {"path": "inner.nested.template.json"}, "destinations": destinations}
    files = {
        "shop.template.json": PARENT,
        "inner.nested.template.json": INNER,
        "shop.assets.json": {"files": {"abc": asset}},
    }

    (stack,) = Assembly.load(write(tmp_path, files)).stacks
    assert "InnerSubnet" in stack.resources


def test_a_nested_stack_whose_template_is_elsewhere_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AssemblyError) as refused:
        Assembly.load(write(tmp_path, {"shop.template.json": PARENT}))

    assert str(refused.value) == (
        "shop.template.json: Inner: the template of the nested stack is not in the assembly"
    )


def test_a_name_with_two_meanings_is_refused(tmp_path: Path) -> None:
    other = {**INNER, "Conditions": {"Public": {"Fn::Equals": ["a", "b"]}}}
    asset = {"source": {"path": "i.json"}, "destinations": {"here": {"objectKey": "abc.json"}}}
    files = {"shop.template.json": PARENT, "i.json": other, "shop.assets.json": {"files": {"abc": asset}}}
    with pytest.raises(AssemblyError) as refused:
        Assembly.load(write(tmp_path, files))

    assert str(refused.value) == (
        "shop.template.json: shop/Inner: Conditions Public differs between parent and nested stack"
    )
