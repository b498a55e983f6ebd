"""What the rules look up in a template. Plain Python."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from cdk_eks_cilium.checks.template_graph import references

Template = Mapping[str, Any]
Properties = Mapping[str, Any]

ACCESS_ENTRY: Final = "AWS::EKS::AccessEntry"
ADDON: Final = "AWS::EKS::Addon"
CLUSTER: Final = "AWS::EKS::Cluster"
HELM_CHART: Final = "Custom::AWSCDK-EKS-HelmChart"
NODE_GROUP: Final = "AWS::EKS::Nodegroup"
REMOVAL: Final = "Custom::AwsNodeRemoval"
ROLE: Final = "AWS::IAM::Role"
SWEEP: Final = "Custom::EniSweep"

_ASSOCIATION: Final = "AWS::EKS::PodIdentityAssociation"
_OPERATOR: Final = "cilium-operator"


class ByType(dict[str, Any]):
    """A template that knows its resources by type: rules ask for them some hundred times."""

    def __init__(self, template: Template) -> None:
        super().__init__(template)
        self.types: dict[str, list[tuple[str, Properties]]] = {}
        for name, resource in template.get("Resources", {}).items():
            self.types.setdefault(resource.get("Type", ""), []).append((name, resource.get("Properties", {})))


def of_type(template: Template, kind: str) -> Iterator[tuple[str, Properties]]:
    """The resources of a type: logical id and properties."""
    by_type = template if isinstance(template, ByType) else ByType(template)
    return iter(by_type.types.get(kind, ()))


def releases(template: Template) -> Iterator[tuple[str, Properties]]:
    """The Helm releases of Cilium."""
    # A chart among the app's assets has no name in the template, but its release has.
    return (
        (name, props)
        for name, props in of_type(template, HELM_CHART)
        if props.get("Chart", props.get("Release")) == "cilium"
    )


def waits(release: Properties) -> list[str]:
    """The options that let a Helm release wait for its pods."""
    return [option for option in ("Wait", "Atomic") if str(release.get(option, False)).lower() == "true"]


def operator_associations(template: Template) -> Iterator[tuple[str, Properties]]:
    """The Pod Identity associations of Cilium's operator."""
    found = of_type(template, _ASSOCIATION)
    return ((name, props) for name, props in found if props.get("ServiceAccount") == _OPERATOR)


def node_roles(template: Template) -> Iterator[tuple[str, str]]:
    """Each node group with its node role, if the template has it."""
    roles = dict(of_type(template, ROLE))
    for group, props in of_type(template, NODE_GROUP):
        yield from ((group, name) for name in references(props.get("NodeRole")) if name in roles)


def operator_roles(template: Template) -> set[str]:
    """The ids that the values of Cilium's releases and the operator's associations name, with its roles."""
    return {
        name
        for found, key in ((releases(template), "Values"), (operator_associations(template), "RoleArn"))
        for _, props in found
        for name in references(props.get(key))
    }


def removal_roles(template: Template) -> set[str]:
    """The roles of the functions that remove aws-node."""
    functions = dict(of_type(template, "AWS::Lambda::Function"))
    called = {
        name for _, props in of_type(template, REMOVAL) for name in references(props.get("ServiceToken"))
    }
    called &= set(functions)
    # CDK's provider framework has its handler in its environment.
    called |= {name for one in called for name in references(functions[one].get("Environment"))}
    return {role for name in called & set(functions) for role in references(functions[name].get("Role"))}


def statements(template: Template, roles: set[str]) -> Iterator[tuple[str, Properties]]:
    """The inline statements of *roles*, each with the resource that holds it."""
    for name, role in of_type(template, ROLE):
        for policy in role.get("Policies", []) if name in roles else ():
            yield from ((name, one) for one in many(policy["PolicyDocument"]["Statement"]))
    for name, policy in of_type(template, "AWS::IAM::Policy"):
        if roles & set(references(policy.get("Roles"))):
            yield from ((name, one) for one in many(policy["PolicyDocument"]["Statement"]))


def many(given: Any) -> list[Any]:
    """A list; IAM takes a single thing without a list."""
    return given if isinstance(given, list) else [given]


def mappings(given: Any) -> list[Properties]:
    """The mappings in a list; none where a function makes the list."""
    return [one for one in given if isinstance(one, Mapping)] if isinstance(given, list) else []


def known_late(value: Any) -> bool:
    """Whether only a deploy knows the value: a reference or another function."""
    return isinstance(value, Mapping) and any(key == "Ref" or key.startswith("Fn::") for key in value)
