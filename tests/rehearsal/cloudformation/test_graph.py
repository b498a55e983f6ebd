from __future__ import annotations

from typing import Any

import networkx as nx
import pytest

from rehearsal.cloudformation.graph import creation_graph
from rehearsal.cloudformation.intrinsics import TemplateError


def template(**resources: dict[str, Any]) -> dict[str, Any]:
    return {"Resources": {name: {"Type": "T", **definition} for name, definition in resources.items()}}


@pytest.mark.parametrize(
    "properties",
    [
        {"P": {"Ref": "A"}},
        {"P": [{"Fn::GetAtt": ["A", "Arn"]}]},
        {"P": {"Fn::GetAtt": "A.Arn"}},
        {"P": {"Fn::Sub": "x ${A.Arn} ${!B}"}},
        {"P": {"Fn::Sub": ["${X}", {"X": {"Ref": "A"}}]}},
        {"P": {"Fn::Join": ["", ["x", {"Fn::Select": [0, [{"Ref": "A"}]]}]]}},
    ],
)
def test_a_reference_is_a_dependency(properties: dict[str, Any]) -> None:
    assert list(creation_graph(template(A={}, B={"Properties": properties})).edges) == [("A", "B")]


@pytest.mark.parametrize("depends_on", ["A", ["A"]])
def test_depends_on_is_a_dependency(depends_on: Any) -> None:
    assert list(creation_graph(template(A={}, B={"DependsOn": depends_on})).edges) == [("A", "B")]


def test_parameters_and_pseudo_parameters_are_not_dependencies() -> None:
    given = template(B={"Properties": {"P": [{"Ref": "Size"}, {"Fn::Sub": "${AWS::Region}"}]}})
    given["Parameters"] = {"Size": {"Type": "String"}}
    assert not creation_graph(given).edges


def test_a_cycle_is_refused_with_its_names() -> None:
    given = template(A={"DependsOn": "C"}, B={"DependsOn": "A"}, C={"Properties": {"P": {"Ref": "B"}}})
    with pytest.raises(TemplateError, match=r"circular dependency between resources: (A|B|C) -> ") as caught:
        creation_graph(given)
    assert {"A", "B", "C"} <= set(str(caught.value).replace(" -> ", " ").split())


def test_a_reference_to_nothing_is_refused() -> None:
    with pytest.raises(TemplateError, match="B refers to Nobody, which the template does not define"):
        creation_graph(template(B={"Properties": {"P": {"Ref": "Nobody"}}}))


def test_a_resource_whose_condition_is_false_drops_out() -> None:
    given = template(A={}, B={"DependsOn": "A"})
    graph = creation_graph(given, frozenset({"A"}))
    assert list(nx.topological_sort(graph)) == ["B"]
