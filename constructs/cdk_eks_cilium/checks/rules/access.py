"""Rules about access entries: who may use a cluster, with which rights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.checks.rules.clusters import is_for_cilium
from cdk_eks_cilium.checks.rules.rule import RuleFinding, TemplateRule
from cdk_eks_cilium.checks.rules.templates import (
    ACCESS_ENTRY,
    Properties,
    Template,
    node_roles,
    of_type,
    operator_roles,
    removal_roles,
)
from cdk_eks_cilium.checks.template_graph import TemplateGraph, references

_ADMINISTRATORS: Final = ("AmazonEKSClusterAdminPolicy", "AmazonEKSAdminPolicy")
_RESERVED: Final = "system:"
_FOR_NODES: Final = ("EC2_LINUX", "EC2_WINDOWS")


def _machines_do_not_administrate(template: Template, _: TemplateGraph) -> Iterator[RuleFinding]:
    machines = {
        **dict.fromkeys(operator_roles(template), "cilium-operator"),
        **dict.fromkeys(removal_roles(template), "the removal of aws-node"),
        **{role: f"each node of {group}" for group, role in node_roles(template)},
    }
    for entry, props in _own_entries(template):
        policies = str(props.get("AccessPolicies", []))
        granted = [name for name in _ADMINISTRATORS if name in policies]
        for role in sorted({*references(props.get("PrincipalArn"))} & machines.keys() if granted else ()):
            yield RuleFinding(
                entry,
                f"it makes {machines[role]} an administrator of the cluster: role {role} gets {granted[0]}",
                "take the access policy away; give the role a group that is bound to what it needs",
            )


def _entries_that_eks_takes(template: Template, _: TemplateGraph) -> Iterator[RuleFinding]:
    for entry, props in _own_entries(template):
        kind = props.get("Type", "STANDARD")
        if kind in _FOR_NODES and (props.get("KubernetesGroups") or props.get("AccessPolicies")):
            yield RuleFinding(
                entry,
                f"it is of type {kind}, for which EKS takes no rights besides the rights of a node",
                "leave KubernetesGroups and AccessPolicies out, or the type",
            )
        for group in props.get("KubernetesGroups", []) if kind == "STANDARD" else ():
            if str(group).startswith(_RESERVED):
                yield RuleFinding(
                    entry,
                    f"it puts its principal into group {group}, and EKS refuses Kubernetes's own groups",
                    "use an access policy, such as AmazonEKSClusterAdminPolicy, or bind a group of your own",
                )
        principal = props.get("PrincipalArn")
        if isinstance(principal, str) and (":assumed-role/" in principal or "*" in principal):
            yield RuleFinding(
                entry,
                f"its principal is {principal}, and EKS takes a role or a user, not a session or a pattern",
                "name the role itself, in an entry for each",
            )


def _own_entries(template: Template) -> Iterator[tuple[str, Properties]]:
    for entry, props in of_type(template, ACCESS_ENTRY):
        if is_for_cilium(template, props):
            yield entry, props


RULES: Final = (
    TemplateRule("CEC018", "Machines do not administrate their cluster", _machines_do_not_administrate),
    TemplateRule("CEC019", "EKS takes the access entries", _entries_that_eks_takes),
)
