"""All rules together."""

from __future__ import annotations

from cdk_eks_cilium.checks.rules import RULES
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
