"""Rules about the finished templates of an app, which a single construct cannot check. Plain Python.

`order` has the rules about dependencies, `addons` about EKS's add-ons, `privileges` about roles, `access`
about access entries, `nodes` about machines and `cluster` about control planes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from cdk_eks_cilium.checks.app_templates import StackTemplate
from cdk_eks_cilium.checks.joined_templates import join
from cdk_eks_cilium.checks.rules import access, addons, cluster, nodes, order, privileges
from cdk_eks_cilium.checks.rules.clusters import cilium_clusters
from cdk_eks_cilium.checks.rules.rule import RuleFinding, TemplateRule
from cdk_eks_cilium.checks.rules.templates import ByType, Template

__all__ = ["RULES", "RuleFinding", "TemplateRule", "app_findings", "findings"]

RULES: Final = tuple(
    sorted(
        (
            *order.RULES,
            *addons.RULES,
            *privileges.RULES,
            *access.RULES,
            *nodes.RULES,
            *cluster.RULES,
        ),
        key=lambda rule: rule.id,
    )
)
"""Every rule, by its id."""


def findings(template: Template) -> Iterator[tuple[TemplateRule, RuleFinding]]:
    """Every breach of every rule in one template."""
    return ((rule, finding) for rule, finding, _ in app_findings([StackTemplate("", template)]))


def app_findings(
    templates: Sequence[StackTemplate],
) -> Iterator[tuple[TemplateRule, RuleFinding, StackTemplate]]:
    """Every breach of every rule in the templates of an app, each with the template at fault."""
    places = join(templates)
    indexed = [ByType(place.template) for place in places]
    somewhere = any(cilium_clusters(template) for template in indexed)
    for place, template in zip(places, indexed, strict=True):
        elsewhere = somewhere and not cilium_clusters(template)
        for rule in RULES:
            if elsewhere and not rule.everywhere:
                continue
            for finding in rule.find(template, place.graph):
                stack, resource = place.places[finding.resource]
                yield rule, replace(finding, resource=resource), stack
