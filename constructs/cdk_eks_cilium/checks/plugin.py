"""Our rules as a CDK validation plugin: a template that breaks one fails the synth."""

from __future__ import annotations

import json
from pathlib import Path

import aws_cdk as cdk
import jsii

from cdk_eks_cilium.checks.rules import RULES, findings


@jsii.implements(cdk.IPolicyValidationPlugin)
class CiliumChecks:
    """Refuse templates whose order cannot work, whoever made them.

    The constructs of this library keep the rules by themselves. The plugin also sees what an app adds
    around them: its own node groups, subnets, roles and dependencies. cdk-nag has no rules for these.

    Add it with ``cdk.Validations.of(app).add_plugins(CiliumChecks())``. Acknowledge a finding about intended
    code with a reason, as ``cdk-eks-cilium::CEC001``.
    """

    # jsii calls properties; it does not see class attributes.
    @property
    def name(self) -> str:
        """First part of an acknowledgement's id."""
        return "cdk-eks-cilium"

    @property
    def version(self) -> str:
        """Version of the rules."""
        return "1"

    @property
    def rule_ids(self) -> list[str]:
        """Ids of all rules."""
        return [rule.id for rule in RULES]

    def validate(self, context: cdk.IPolicyValidationContext) -> cdk.PolicyValidationPluginReport:
        """Check every template of the app (called by CDK)."""
        violations = [
            cdk.PolicyViolation(
                rule_name=rule.id,
                description=f"{rule.reason}: {finding.text}",
                fix=finding.fix,
                severity="error",
                violating_resources=[
                    cdk.PolicyViolatingResource(
                        locations=[f"Resources/{finding.resource}"],
                        resource_logical_id=finding.resource,
                        template_path=path,
                    )
                ],
            )
            for path in context.template_paths
            for rule, finding in findings(json.loads(Path(path).read_text(encoding="utf-8")))
        ]
        return cdk.PolicyValidationPluginReport(success=not violations, violations=violations)
