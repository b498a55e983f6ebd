"""Nested stacks, played as parts of their parent.

CloudFormation makes a nested stack's resources when the nested stack may start, and the nested stack is
complete when they are. So a parent with the resources of all its nested stacks, and with these edges as
`DependsOn`, is made, rolled back and deleted in the same order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cdk_eks_cilium.checks.app_templates import NESTED, StackTemplate
from cdk_eks_cilium.checks.joined_templates import Values, join
from cdk_eks_cilium.checks.template_graph import TemplateGraph

_VARIABLE = re.compile(r"\$\{([^!${}][^${}]*)\}")
_SHARED = ("Conditions", "Mappings")


class NestingError(Exception):
    """A nested stack that cannot be played as a part of its parent."""


# belief: CFN-nested-stack-order
def inlined(templates: Sequence[StackTemplate]) -> Mapping[str, Any]:
    """The template of a stack with the resources of the stacks that are nested in it.

    Args:
        templates: The stack's template, then the templates that are nested in it.

    Raises:
        NestingError: A nested template is missing, or two templates mean different things by one name.
    """
    root = templates[0]
    present = {(each.parent, each.resource) for each in templates}
    for each in templates:
        for name, resource in each.template.get("Resources", {}).items():
            if resource["Type"] == NESTED and (each.name, name) not in present:
                raise NestingError(f"{name}: the template of the nested stack is not in the assembly")
    if len(templates) == 1:
        return root.template
    (joined,) = join(templates)
    values, flat = Values(templates), _Flat(root.name, joined.template["Resources"])
    resources = {
        flat.name(key): {
            **{part: value for part, value in resource.items() if part != "DependsOn"},
            "Properties": flat.value(resource["Properties"]),
            "DependsOn": sorted({flat.name(other) for other in flat.needs(joined.graph, key)}),
        }
        for key, resource in joined.template["Resources"].items()
        if resource["Type"] != NESTED
    }
    outputs = {
        name: {**output, "Value": flat.value(values.resolve(root, output["Value"]))}
        for name, output in root.template.get("Outputs", {}).items()
    }
    return {
        **root.template,
        **{section: _merged(templates, section) for section in _SHARED},
        "Parameters": {
            flat.name(f"{each.name}/{name}"): parameter
            for each in templates
            for name, parameter in each.template.get("Parameters", {}).items()
        },
        "Resources": resources,
        "Outputs": outputs,
    }


def _merged(templates: Sequence[StackTemplate], section: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in templates:
        for name, content in each.template.get(section, {}).items():
            if found.setdefault(name, content) != content:
                raise NestingError(f"{each.name}: {section} {name} differs between parent and nested stack")
    return found


class _Flat:
    """Names and values without the stacks in them."""

    def __init__(self, root: str, resources: Mapping[str, Any]) -> None:
        self._root = f"{root}/"
        self._resources = resources

    def name(self, key: str) -> str:
        """A logical id that is unique in the parent: a nested stack's own id, and the id in there."""
        return key.removeprefix(self._root).replace("/", "")

    def needs(self, graph: TemplateGraph, key: str) -> Iterator[str]:
        """The resources that one waits for itself, in place of nested stacks and of stacks' ends."""
        ahead, seen = list(graph[key]), set[str]()
        while ahead:
            if (other := ahead.pop()) in seen:
                continue
            seen.add(other)
            if self._is_nested(other) or other not in self._resources:
                ahead.extend(graph[other])
            else:
                yield other

    def value(self, value: Any) -> Any:
        """A joined template's value with these names."""
        if isinstance(value, list):
            return [self.value(part) for part in value]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((function, argument),) = value.items()
            if function == "Ref" and self._is_nested(argument):
                return {"Ref": "AWS::StackId"}
            if function == "Ref":
                return {"Ref": self.name(argument)}
            if function == "Fn::GetAtt":
                return {"Fn::GetAtt": [self.name(argument[0]), self.value(argument[1])]}
            if function == "Fn::Sub" and isinstance(argument, str):
                return {"Fn::Sub": self._text(argument)}
            if function == "Fn::Sub":
                return {"Fn::Sub": [self._text(argument[0]), self.value(argument[1])]}
        return {key: self.value(part) for key, part in value.items()}

    def _text(self, text: str) -> str:
        return _VARIABLE.sub(lambda match: f"${{{self.name(match[1])}}}", text)

    def _is_nested(self, key: str) -> bool:
        return bool(self._resources.get(key, {}).get("Type") == NESTED)
