"""What CloudFormation refuses in a template before it makes anything.

The numbers are CloudFormation's quotas:
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html. A test compares
them with cfn-lint's, which takes a second to load. A template's size is that of the file that CDK writes and
uploads, which has an indent of one space.
"""

# belief: CFN-template-limits

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from cdk_eks_cilium.checks.template_graph import needs, references
from rehearsal.cloudformation.assembly import Stack

Template = Mapping[str, Any]

#: Most entries of each section of a template.
NUMBERS: Final[Mapping[str, int]] = {"Resources": 500, "Outputs": 200, "Parameters": 200, "Mappings": 200}
ATTRIBUTES_OF_A_MAPPING: Final = 200
NAME_CHARACTERS: Final = 255
PARAMETER_BYTES: Final = 4096
TEMPLATE_BYTES: Final = 1_000_000

# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-using-console-create-stack-parameters.html
_STACK_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,127}")
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resources-section-structure.html
_LOGICAL_ID: Final = re.compile(r"[A-Za-z0-9]+")
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-customresource.html
_CUSTOM_TYPE: Final = re.compile(r"Custom::[A-Za-z0-9_@-]+")
_CUSTOM_TYPE_LENGTH: Final = 60
_DESCRIPTION_BYTES: Final = 1024
_DYNAMIC_REFERENCES: Final = 60
# https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.CfnDeletionPolicy.html
_WITH_SNAPSHOTS: Final = frozenset(
    {
        "AWS::EC2::Volume",
        "AWS::ElastiCache::CacheCluster",
        "AWS::ElastiCache::ReplicationGroup",
        "AWS::RDS::DBInstance",
        "AWS::RDS::DBCluster",
        "AWS::Redshift::Cluster",
    }
)
_POLICIES: Final[Mapping[str, tuple[str, ...]]] = {
    "DeletionPolicy": ("Delete", "Retain", "RetainExceptOnCreate"),
    "UpdateReplacePolicy": ("Delete", "Retain"),
}


def problems(stack: Stack, functions: Iterable[str]) -> Iterator[str]:
    """Yield each rule that a stack's templates break, in the form *where: rule, got value; fix*.

    Args:
        stack: The stack, with its nested stacks.
        functions: Names of the known intrinsic functions.
    """
    known = frozenset(functions)
    if not _STACK_NAME.fullmatch(stack.name):
        yield (
            f"{stack.name}: a stack's name has a letter first, then letters, digits and hyphens, at most 128 "
            f"in all, got {len(stack.name)} characters; rename the stack"
        )
    for name, value in stack.parameters.items():
        yield from _too_long(f"{stack.name}: value of parameter {name}", value, PARAMETER_BYTES)
    for name, template in stack.templates.items():
        for problem in _of_template(template, known):
            yield f"{name}: {problem}"


def _of_template(template: Template, functions: frozenset[str]) -> Iterator[str]:
    yield from _sizes(template)
    yield from _names(template)
    yield from _unresolved(template)
    for name, resource in template.get("Resources", {}).items():
        yield from _policies(name, resource)
        yield from _type(name, str(resource.get("Type")))
    sections = [template.get(section, {}) for section in ("Conditions", "Resources", "Outputs")]
    for function in sorted({name for name in _functions(sections) if name not in functions}):
        yield f"the rehearsal does not know {function}"


def _sizes(template: Template) -> Iterator[str]:
    text = json.dumps(template, indent=1, ensure_ascii=False)
    if (size := len(text.encode())) > TEMPLATE_BYTES:
        yield (
            f"a template has at most {TEMPLATE_BYTES:,} bytes, got {size:,}; move resources into another "
            "stack"
        )
    for section, most in NUMBERS.items():
        if (count := len(template.get(section, {}))) > most:
            yield f"{section}: at most {most}, got {count}; move some into another stack"
    for name, mapping in template.get("Mappings", {}).items():
        if (count := len(mapping)) > ATTRIBUTES_OF_A_MAPPING:
            yield f"mapping {name}: at most {ATTRIBUTES_OF_A_MAPPING} attributes, got {count}; split it"
    if (count := text.count("{{resolve:")) > _DYNAMIC_REFERENCES:
        yield f"at most {_DYNAMIC_REFERENCES} dynamic references, got {count}; take values by parameters"
    yield from _too_long("Description", template.get("Description", ""), _DESCRIPTION_BYTES)
    for name, parameter in template.get("Parameters", {}).items():
        yield from _too_long(f"default of {name}", parameter.get("Default", ""), PARAMETER_BYTES)


def _names(template: Template) -> Iterator[str]:
    for section in NUMBERS:
        for name in template.get(section, {}):
            if (length := len(name)) > NAME_CHARACTERS:
                yield f"{section}: a name has at most {NAME_CHARACTERS} characters, got {length}: {name}"
            if section != "Mappings" and not _LOGICAL_ID.fullmatch(name):
                yield f"{section}: a name has letters and digits only, got {name}; rename it"


def _unresolved(template: Template) -> Iterator[str]:
    """Names that the template uses and does not define, in CloudFormation's words where they are known."""
    resources, outputs = template.get("Resources", {}), template.get("Outputs", {})
    conditions = template.get("Conditions", {})
    defined = {*resources, *template.get("Parameters", {})}
    named = {
        "Resources": {name for resource in resources.values() for name in needs(resource)},
        "Outputs": set(references([output.get("Value") for output in outputs.values()])),
        "Conditions": set(references(list(conditions.values()))),
    }
    for section, names in named.items():
        if missing := sorted(name for name in names - defined if not name.startswith("AWS::")):
            yield (
                f"Template format error: Unresolved resource dependencies [{', '.join(missing)}] in the "
                f"{section} block of the template"
            )
    used = {each["Condition"] for each in [*resources.values(), *outputs.values()] if "Condition" in each}
    for name in sorted((used | set(_conditions([conditions, resources, outputs]))) - set(conditions)):
        yield f"condition {name} is not defined; define it under Conditions"


def _conditions(value: Any) -> Iterator[str]:
    """The conditions that `Fn::If` names."""
    if isinstance(value, Mapping):
        chosen = value.get("Fn::If")
        if isinstance(chosen, list) and chosen and isinstance(chosen[0], str):
            yield chosen[0]
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from _conditions(part)


def _functions(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        if len(value) == 1 and (name := str(next(iter(value)))).startswith("Fn::"):
            yield name
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from _functions(part)


def _policies(name: str, resource: Mapping[str, Any]) -> Iterator[str]:
    for key, allowed in _POLICIES.items():
        policy = resource.get(key, "Delete")
        if resource["Type"] in _WITH_SNAPSHOTS:
            allowed = (*allowed, "Snapshot")
        if isinstance(policy, str) and policy not in allowed:
            yield f"{name}: {key} is one of {', '.join(allowed)}, got {policy}; take one of them"


def _type(name: str, type_name: str) -> Iterator[str]:
    if type_name.startswith("Custom::") and not (
        _CUSTOM_TYPE.fullmatch(type_name) and len(type_name) <= _CUSTOM_TYPE_LENGTH
    ):
        yield (
            f"{name}: the type of a custom resource has letters, digits and _@- after Custom::, at most "
            f"{_CUSTOM_TYPE_LENGTH} characters in all, got {type_name}; rename the type"
        )


def _too_long(where: str, text: Any, most: int) -> Iterator[str]:
    if (size := len(str(text).encode())) > most:
        yield f"{where}: at most {most:,} bytes, got {size:,}; shorten it"
