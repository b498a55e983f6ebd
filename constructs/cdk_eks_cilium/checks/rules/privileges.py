"""Rules about what roles may do, in AWS and in Kubernetes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from cdk_eks_cilium.checks.rules.clusters import own_node_groups
from cdk_eks_cilium.checks.rules.rule import RuleFinding, TemplateRule
from cdk_eks_cilium.checks.rules.templates import (
    ROLE,
    Template,
    many,
    node_roles,
    of_type,
    operator_roles,
    removal_roles,
    statements,
)
from cdk_eks_cilium.checks.template_graph import TemplateGraph

_NODE_POLICY: Final = "AmazonEKSWorkerNodePolicy"
_CNI_POLICY: Final = "AmazonEKS_CNI_Policy"
_REGISTRY_POLICIES: Final = ("AmazonEC2ContainerRegistryPullOnly", "AmazonEC2ContainerRegistryReadOnly")
_LAMBDA_POLICIES: Final = ("AWSLambdaBasicExecutionRole", "AWSLambdaVPCAccessExecutionRole")
_LOOKING: Final = ("Describe", "List", "Get")


def _node_role_policies(template: Template, _: TemplateGraph) -> Iterator[RuleFinding]:
    roles = dict(of_type(template, ROLE))
    own = dict(own_node_groups(template))
    for group, name in node_roles(template):
        if group in own:
            yield from _role_findings(group, name, str(roles[name].get("ManagedPolicyArns", [])))


def _role_findings(group: str, role: str, policies: str) -> Iterator[RuleFinding]:
    if _NODE_POLICY not in policies:
        yield RuleFinding(
            group,
            f"node role {role} lacks {_NODE_POLICY}: its nodes cannot describe instances and never join",
            f"attach {_NODE_POLICY}",
        )
    if not any(policy in policies for policy in _REGISTRY_POLICIES):
        yield RuleFinding(
            group,
            f"node role {role} cannot pull images from ECR, where EKS keeps its own",
            f"attach {_REGISTRY_POLICIES[0]}",
        )
    if _CNI_POLICY in policies:
        yield RuleFinding(
            group,
            f"node role {role} holds {_CNI_POLICY}, which lets every pod on the host network rewire the VPC",
            "detach it: the operator's own role makes the interfaces",
        )


def _operator_changes_its_own(template: Template, _: TemplateGraph) -> Iterator[RuleFinding]:
    for policy, statement in statements(template, operator_roles(template)):
        if not statement.get("Condition") and (wide := _changes_everything(statement)):
            yield RuleFinding(
                policy,
                f"cilium-operator may do {', '.join(wide)} to everything in the account",
                "limit it to the cluster's own, as values.policy_statements() does",
            )


def _removal_without_rights(template: Template, _: TemplateGraph) -> Iterator[RuleFinding]:
    handlers = removal_roles(template)
    for policy, statement in statements(template, handlers):
        if wide := _changes_everything(statement):
            yield RuleFinding(
                policy,
                f"the removal of aws-node may do {', '.join(wide)} to everything in the account",
                "name the one resource, or remove the statement: it works through the Kubernetes API",
            )
    for role, props in of_type(template, ROLE):
        for arn in props.get("ManagedPolicyArns", []) if role in handlers else ():
            if not any(name in str(arn) for name in _LAMBDA_POLICIES):
                yield RuleFinding(
                    role,
                    "the removal of aws-node holds a managed policy that a function does not need",
                    f"detach all but {' and '.join(_LAMBDA_POLICIES)}",
                )


def _changes_everything(statement: Mapping[str, Any]) -> list[str]:
    """The actions of an Allow that change something, where its resource is everything."""
    if statement.get("Effect") != "Allow" or "*" not in many(statement.get("Resource", "*")):
        return []
    actions = map(str, many(statement.get("Action", "*")))
    return sorted(one for one in actions if not one.partition(":")[2].startswith(_LOOKING))


RULES: Final = (
    TemplateRule("CEC005", "Nodes may do what booting needs, and no more", _node_role_policies),
    TemplateRule("CEC010", "The operator changes only its own cluster's things", _operator_changes_its_own),
    TemplateRule("CEC011", "The removal of aws-node has no rights in AWS", _removal_without_rights),
)
