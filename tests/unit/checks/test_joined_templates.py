"""Templates as one: ids, values across stacks, and the order of stacks."""

from __future__ import annotations

from typing import Any

from cdk_eks_cilium.checks.app_templates import StackTemplate
from cdk_eks_cilium.checks.joined_templates import Joined, is_resource, join, stack_of
from cdk_eks_cilium.checks.template_graph import cycles, waits_for

Template = dict[str, Any]


def template(outputs: Template | None = None, parameters: tuple[str, ...] = (), **resources: Any) -> Template:
    """A template whose resources have these properties."""
    return {
        "Parameters": {name: {"Type": "String"} for name in parameters},
        "Resources": {name: {"Type": "T", "Properties": given} for name, given in resources.items()},
        "Outputs": outputs or {},
    }


def stack(name: str, content: Template, *after: str, **given: str) -> StackTemplate:
    return StackTemplate(name, content, stack=name, after=frozenset(after), **given)


def joined(*stacks: StackTemplate) -> Joined:
    (only,) = join(stacks)
    return only


def properties(of: Joined, name: str) -> Any:
    return of.template["Resources"][name]["Properties"]


EXPORTED = {"Name": {"Value": {"Ref": "Cluster"}, "Export": {"Name": "shop-cluster"}}}


def test_one_template_stays_as_it_is() -> None:
    content = template(Cluster={}, Nodes={"Of": {"Ref": "Cluster"}})
    found = joined(stack("shop", content))

    assert found.template is content
    assert found.graph == {"Cluster": frozenset(), "Nodes": {"Cluster"}}
    assert found.places["Nodes"][1] == "Nodes"


def test_every_form_of_a_reference_gets_its_stack() -> None:
    values = {
        "Ref": {"Ref": "Cluster"},
        "List": {"Fn::GetAtt": ["Cluster", "Arn"]},
        "Text": {"Fn::GetAtt": "Cluster.Arn"},
        "Sub": {"Fn::Sub": "${Cluster.Arn}-${AWS::Region}-${!Cluster}"},
        "With": {"Fn::Sub": ["${Own}-${Cluster}", {"Own": {"Ref": "Cluster"}}]},
        "Deep": [{"Fn::Join": ["", [{"Ref": "AWS::Region"}, {"Ref": "Size"}]]}],
    }
    found = joined(
        stack("a", template(parameters=("Size",), Cluster={}, Reader=values)), stack("b", template())
    )

    assert properties(found, "a/Reader") == {
        "Ref": {"Ref": "a/Cluster"},
        "List": {"Fn::GetAtt": ["a/Cluster", "Arn"]},
        "Text": {"Fn::GetAtt": ["a/Cluster", "Arn"]},
        "Sub": {"Fn::Sub": "${a/Cluster.Arn}-${AWS::Region}-${!Cluster}"},
        "With": {"Fn::Sub": ["${Own}-${a/Cluster}", {"Own": {"Ref": "a/Cluster"}}]},
        "Deep": [{"Fn::Join": ["", [{"Ref": "AWS::Region"}, {"Ref": "a/Size"}]]}],
    }


def test_an_import_is_the_value_behind_it_and_orders_the_stacks() -> None:
    reader = template(Nodes={"Of": {"Fn::ImportValue": "shop-cluster"}}, Other={})
    found = joined(stack("b", reader), stack("a", template(EXPORTED, Cluster={}, Late={})))

    assert properties(found, "b/Nodes") == {"Of": {"Ref": "a/Cluster"}}
    assert waits_for(found.graph, "b/Other", "a/Late")
    assert not waits_for(found.graph, "a/Late", "b/Other")


def test_an_output_that_is_read_without_an_export_is_followed() -> None:
    """CDK's weak references between stacks."""
    read = {"Fn::GetStackOutput": {"StackName": "a", "OutputName": "Name"}}
    outputs = {"Name": {"Value": {"Ref": "Cluster"}}}
    found = joined(stack("b", template(Nodes={"Of": read})), stack("a", template(outputs, Cluster={})))

    assert properties(found, "b/Nodes") == {"Of": {"Ref": "a/Cluster"}}
    assert waits_for(found.graph, "b/Nodes", "a/Cluster")


def test_an_import_from_elsewhere_stays() -> None:
    value = {"Fn::ImportValue": {"Fn::Sub": "${AWS::StackName}-x"}}
    other = {"Fn::ImportValue": "of-another-app"}
    found = joined(stack("a", template(One={"A": value, "B": other})), stack("b", template()))

    assert properties(found, "a/One")["B"] == other


def test_stacks_are_ordered_through_others_also_of_another_place() -> None:
    stacks = (
        stack("a", template(One={})),
        StackTemplate("world", template(Two={}), environment="elsewhere", after=frozenset({"a"})),
        stack("c", template(Three={}), "world"),
    )
    here, elsewhere = join(stacks)

    assert waits_for(here.graph, "c/Three", "a/One")
    assert list(elsewhere.template["Resources"]) == ["Two"]


def test_places_are_told_apart() -> None:
    stacks = [StackTemplate(name, template(One={}), environment=name) for name in ("dev", "prod")]

    assert [list(place.template["Resources"]) for place in join(stacks)] == [["One"], ["One"]]


INNER = template(
    {"Name": {"Value": {"Fn::GetAtt": ["Group", "Name"]}}},
    ("Given", "Left"),
    Group={"Of": {"Ref": "Given"}, "Own": {"Ref": "Left"}, "Text": {"Fn::Sub": "${Given}/${Left}"}},
)


def nested() -> Joined:
    parent = template(
        Cluster={},
        Release={},
        Inner={"Parameters": {"Given": {"Ref": "Cluster"}}},
        Reader={"Name": {"Fn::GetAtt": ["Inner", "Outputs.Name"]}},
    )
    parent["Resources"]["Inner"]["DependsOn"] = ["Release"]
    return joined(stack("a", parent), StackTemplate("a/Inner", INNER, parent="a", resource="Inner"))


def test_a_nested_stacks_values_are_its_parents_and_the_other_way() -> None:
    found = nested()

    assert properties(found, "a/Inner/Group") == {
        "Of": {"Ref": "a/Cluster"},
        "Own": {"Ref": "a/Inner/Left"},
        "Text": {"Fn::Sub": ["${Given}/${a/Inner/Left}", {"Given": {"Ref": "a/Cluster"}}]},
    }
    assert properties(found, "a/Reader") == {"Name": {"Fn::GetAtt": ["a/Inner/Group", "Name"]}}


def test_a_nested_stacks_resources_start_with_it_and_complete_it() -> None:
    graph = nested().graph

    assert waits_for(graph, "a/Inner/Group", "a/Release")
    assert waits_for(graph, "a/Reader", "a/Inner/Group")
    assert not waits_for(graph, "a/Release", "a/Inner/Group")
    assert cycles(graph) == []


def test_a_circle_through_a_nested_stack_is_one() -> None:
    parent = template(One={"Of": {"Fn::GetAtt": ["Inner", "Outputs.Name"]}})
    parent["Resources"]["Inner"] = {"Type": "T", "Properties": {"Parameters": {"Given": {"Ref": "One"}}}}
    found = joined(stack("a", parent), StackTemplate("a/Inner", INNER, parent="a", resource="Inner"))

    (group,) = cycles(found.graph)
    assert [name for name in group if is_resource(name)] == ["a/Inner", "a/Inner/Group", "a/One"]


def test_values_that_lead_in_a_circle_end() -> None:
    inner = template({"Name": {"Value": {"Ref": "Given"}}}, ("Given",), Group={"Of": {"Ref": "Given"}})
    parent = template(
        Inner={"Parameters": {"Given": {"Fn::GetAtt": ["Inner", "Outputs.Name"]}}},
    )
    found = joined(stack("a", parent), StackTemplate("a/Inner", inner, parent="a", resource="Inner"))

    assert properties(found, "a/Inner/Group") == {"Of": {"Ref": "Given"}}


def test_stacks_that_import_from_each_other_are_no_circle() -> None:
    """CloudFormation allows it in an update."""
    one = {"Out": {"Value": "1", "Export": {"Name": "one"}}}
    two = {"Out": {"Value": "2", "Export": {"Name": "two"}}}
    found = joined(
        stack("a", template(one, A={"Of": {"Fn::ImportValue": "two"}})),
        stack("b", template(two, B={"Of": {"Fn::ImportValue": "one"}})),
    )

    assert properties(found, "a/A") == {"Of": "2"}
    assert cycles(found.graph) == []


def test_the_stack_of_a_resource_is_before_its_id() -> None:
    assert [stack_of(name) for name in ("Prod/shop/Cluster", "Cluster")] == ["Prod/shop", ""]
