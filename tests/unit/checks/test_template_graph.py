"""What waits for what, read from a template."""

from __future__ import annotations

from typing import Any

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

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

    assert graph == {
        "Vpc": frozenset(),
        "Subnet": {"Vpc"},
        "One": {"Subnet"},
        "Two": {"One"},
    }


def test_parameters_are_not_dependencies() -> None:
    graph = dependency_graph(
        {
            "Parameters": {"Size": {"Type": "String"}},
            "Resources": {
                "One": {"Type": "T", "Properties": {"A": {"Ref": "Size"}, "B": {"Ref": "AWS::Region"}}}
            },
        }
    )

    assert graph == {"One": frozenset()}


def test_a_template_without_resources_has_an_empty_graph() -> None:
    assert dependency_graph({}) == {}


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


def test_two_cycles_are_two_groups_and_what_leads_into_them_is_in_neither() -> None:
    graph = dependency_graph(
        {
            "Resources": {
                "In": {"DependsOn": ["A", "C"]},
                "A": {"DependsOn": "B"},
                "B": {"DependsOn": "A"},
                "C": {"DependsOn": "D"},
                "D": {"DependsOn": "C"},
            }
        }
    )

    assert cycles(graph) == [["A", "B"], ["C", "D"]]


@given(
    st.dictionaries(st.sampled_from("ABCDEF"), st.lists(st.sampled_from("ABCDEF"), max_size=4), max_size=6)
)
def test_any_graph_is_read_as_networkx_reads_it(depends_on: dict[str, list[str]]) -> None:
    """networkx is the oracle: it serves the rehearsal, and is too slow to load for a synth."""
    graph = dependency_graph({"Resources": {name: {"DependsOn": of} for name, of in depends_on.items()}})
    theirs: nx.DiGraph[str] = nx.DiGraph(graph)
    groups = [sorted(group) for group in nx.strongly_connected_components(theirs) if len(group) > 1]
    selves = [[name] for name in theirs if theirs.has_edge(name, name)]

    assert {(one, other) for one in graph for other in graph if waits_for(graph, one, other)} == {
        (one, other) for one in theirs for other in nx.descendants(theirs, one)
    }
    assert cycles(graph) == sorted(
        [*groups, *(each for each in selves if not any(each[0] in g for g in groups))]
    )


def test_a_line_has_no_cycle() -> None:
    assert cycles(dependency_graph({"Resources": {"A": {"DependsOn": "B"}, "B": {}}})) == []
