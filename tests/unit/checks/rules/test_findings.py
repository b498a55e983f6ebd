"""All rules together."""

from __future__ import annotations

from cdk_eks_cilium.checks.app_templates import StackTemplate
from cdk_eks_cilium.checks.rules import RULES, app_findings
from tests.unit.checks.rules.good_template import Template, policies, reported


def test_a_template_that_keeps_every_rule_has_no_finding(template: Template) -> None:
    assert reported(template) == []


def test_a_template_without_resources_has_no_finding() -> None:
    assert reported({}) == []


def test_every_rule_has_an_id_of_its_own() -> None:
    assert [rule.id for rule in RULES] == [f"CEC{number:03}" for number in range(1, 24)]


def test_every_breach_is_found_at_once(template: Template) -> None:
    for resource in template["Resources"].values():
        resource.pop("DependsOn", None)
    template["Resources"]["Release"]["Properties"]["Wait"] = True
    policies(template)

    assert [(rule, resource) for rule, resource, _ in reported(template)] == [
        ("CEC001", "Nodes"),
        ("CEC002", "Release"),
        ("CEC003", "Subnet"),
        ("CEC004", "Release"),
        ("CEC005", "Nodes"),
        ("CEC005", "Nodes"),
        ("CEC006", "CoreDns"),
        ("CEC008", "Release"),
        ("CEC017", "Cluster"),
    ]


def test_a_cluster_without_cilium_beside_one_with_it_has_no_finding(template: Template) -> None:
    plain: Template = {
        "Resources": {"Cluster": {"Type": "AWS::EKS::Cluster", "Properties": {"Name": "other"}}}
    }
    assert {rule for rule, _, _ in reported(plain)} == {"CEC014", "CEC015", "CEC016"}

    for place in ("here", "elsewhere"):
        stacks = [
            StackTemplate("with", template, environment="here"),
            StackTemplate("without", plain, environment=place),
        ]
        assert list(app_findings(stacks)) == []


def test_what_is_about_any_template_is_found_in_every_place(template: Template) -> None:
    circle: Template = {"Resources": {"One": {"Type": "T", "DependsOn": "One"}}}
    stacks = [
        StackTemplate("with", template, environment="here"),
        StackTemplate("circle", circle, environment="elsewhere"),
    ]

    assert [(rule.id, stack.name) for rule, _, stack in app_findings(stacks)] == [("CEC007", "circle")]


def test_a_finding_names_its_resource_as_its_own_template_does(template: Template) -> None:
    del template["Resources"]["Nodes"]["DependsOn"]
    stacks = [StackTemplate("shop", template), StackTemplate("more", {"Resources": {}})]

    ((_, finding, stack),) = app_findings(stacks)
    assert (finding.resource, stack.name) == ("Nodes", "shop")
    assert finding.text == (
        "the node group can start before the release shop/Release, and would never become ready"
    )
