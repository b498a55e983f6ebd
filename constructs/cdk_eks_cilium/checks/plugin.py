"""Our rules as a CDK validation plugin: a template that breaks one fails the synth."""

from __future__ import annotations

import aws_cdk as cdk
import jsii

from cdk_eks_cilium.checks.app_templates import read_app
from cdk_eks_cilium.checks.rules import RULES, app_findings


@jsii.implements(cdk.IPolicyValidationPlugin)
class CiliumChecks:
    """Refuse templates whose order cannot work, whoever made them.

    The constructs of this library keep the rules by themselves. The plugin also sees what an app adds
    around them: its own node groups, add-ons, subnets, roles and dependencies, in the same stack, in other
    stacks and in nested ones. cdk-nag has no rules for these. A cluster without Cilium, beside one with
    Cilium, has no findings.

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
        """Check all templates of the app together, nested stacks included (called by CDK)."""
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
                        template_path=template.path,
                    )
                ],
            )
            for rule, finding, template in app_findings(read_app(context.template_paths))
        ]
        return cdk.PolicyValidationPluginReport(success=not violations, violations=violations)
