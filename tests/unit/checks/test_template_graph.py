"""What waits for what, read from a template."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.checks.template_graph import cycles, dependency_graph, references, waits_for


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ({"Ref": "Vpc"}, ["Vpc"]),
        ({"Fn::GetAtt": ["Role", "Arn"]}, ["Role"]),
        ({"Fn::GetAtt": "Role.Arn"}, ["Role"]),
        ({"Fn::GetAtt": ["Stack", "Outputs.Arn"]}, ["Stack"]),
        ({"Fn::Sub": "${Vpc}-${Role.Arn}-${!Literal}"}, ["Vpc", "Role"]),
        ({"Fn::Sub": ["${Own}-${Vpc}", {"Own": {"Ref": "Role"}}]}, ["Vpc", "Role"]),
        ({"Fn::Join": ["", ["a", {"Ref": "Vpc"}, {"Fn::GetAtt": ["Role", "Arn"]}]]}, ["Vpc", "Role"]),
        ({"Fn::If": ["Condition", {"Ref": "Vpc"}, {"Ref": "AWS::NoValue"}]}, ["Vpc", "AWS::NoValue"]),
        ({"Deep": [{"Deeper": {"Ref": "Vpc"}}]}, ["Vpc"]),
        ("Vpc", []),
        (7, []),
        (None, []),
    ],
)
def test_every_form_of_a_reference_is_read(value: Any, names: list[str]) -> None:
    assert list(references(value)) == names


def test_a_reference_and_a_depends_on_both_make_a_resource_wait() -> None:
    graph = dependency_graph(
        {
            "Resources": {
                "Vpc": {"Type": "AWS::EC2::VPC"},
                "Subnet": {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": {"Ref": "Vpc"}}},
                "One": {"Type": "T", "DependsOn": "Subnet"},
                "Two": {"Type": "T", "DependsOn": ["One"]},
            }
        }
    )

    assert set(graph.edges) == {("Subnet", "Vpc"), ("One", "Subnet"), ("Two", "One")}


def test_what_is_no_resource_is_not_waited_for() -> None:
    graph = dependency_graph(
        {
            "Parameters": {"Size": {"Type": "String"}},
            "Resources": {
                "One": {"Type": "T", "Properties": {"A": {"Ref": "Size"}, "B": {"Ref": "AWS::Region"}}}
            },
        }
    )

    assert list(graph.nodes) == ["One"]
    assert list(graph.edges) == []


def test_a_template_without_resources_has_an_empty_graph() -> None:
    assert list(dependency_graph({}).nodes) == []


def test_waiting_goes_through_others_and_in_one_direction() -> None:
    graph = dependency_graph({"Resources": {"A": {"DependsOn": "B"}, "B": {"DependsOn": "C"}, "C": {}}})

    assert waits_for(graph, "A", "C")
    assert not waits_for(graph, "C", "A")
    assert not waits_for(graph, "A", "A")


def test_a_cycle_names_those_that_wait_for_each_other() -> None:
    graph = dependency_graph(
        {"Resources": {"B": {"DependsOn": "A"}, "A": {"DependsOn": "C"}, "C": {"DependsOn": "B"}, "D": {}}}
    )

    assert cycles(graph) == [["A", "B", "C"]]


def test_a_resource_that_waits_for_itself_is_a_cycle() -> None:
    graph = dependency_graph(
        {"Resources": {"A": {"Properties": {"Me": {"Ref": "A"}}}, "B": {"DependsOn": "A"}}}
    )

    assert cycles(graph) == [["A"]]


def test_a_line_has_no_cycle() -> None:
    assert cycles(dependency_graph({"Resources": {"A": {"DependsOn": "B"}, "B": {}}})) == []
