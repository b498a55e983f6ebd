"""Rules about a finished template, which a single construct cannot check. Plain Python.

`order` has the rules about dependencies, `privileges` about roles, `access` about access entries, `nodes`
about machines and `cluster` about control planes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.checks.rules import access, cluster, nodes, order, privileges
from cdk_eks_cilium.checks.rules.rule import Finding, TemplateRule
from cdk_eks_cilium.checks.rules.templates import Template
from cdk_eks_cilium.checks.template_graph import dependency_graph

__all__ = ["RULES", "Finding", "TemplateRule", "findings"]

RULES: Final = tuple(
    sorted(
        (*order.RULES, *privileges.RULES, *access.RULES, *nodes.RULES, *cluster.RULES),
        key=lambda rule: rule.id,
    )
)
"""Every rule, by its id."""


def findings(template: Template) -> Iterator[tuple[TemplateRule, Finding]]:
    """Every breach of every rule in one template."""
    graph = dependency_graph(template)
    for rule in RULES:
        for finding in rule.find(template, graph):
            yield rule, finding
