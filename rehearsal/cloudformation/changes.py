"""What an update does to a resource: a change in place, or a replacement."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, Final

from rehearsal.aws.handler import Properties

# belief: EC2-transit-gateway-tags
#: What AWS documents and its schema leaves out:
#: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-transitgatewayattachment.html
_DOCUMENTED: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "AWS::EC2::TransitGatewayAttachment": (("Tags",),)
}


# belief: CFN-create-only-replaces
def replaces(type_name: str, old: Properties, new: Properties) -> bool:
    """Whether a change of resolved properties replaces the resource rather than changing it in place.

    A changed property that AWS's own resource schema lists as create-only means a replacement.
    """
    return any(_at(old, path) != _at(new, path) for path in create_only(type_name))


# belief: CFN-refuses-named-replacement
def custom_name(type_name: str, old: Properties, new: Properties) -> str | None:
    """The name that the template gives a resource both before and after a change, if it does.

    It is the property that AWS's own resource schema calls the primary identifier, or where AWS makes that
    up, the create-only property that is called after the type: `GroupName` of a SecurityGroup. AWS refuses a
    second resource of that name, whether CloudFormation looks at the name first or not.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html
    """
    identifiers = _paths(type_name, "primaryIdentifier")
    if len(identifiers) != 1:
        return None
    for path in (*identifiers, *_own_names(type_name)):
        before, after = _at(old, path), _at(new, path)
        if after is not None and before == after:
            return str(after)
    return None


def _own_names(type_name: str) -> list[tuple[str, ...]]:
    kind = type_name.rsplit("::", 1)[-1]
    return [
        path
        for path in create_only(type_name)
        if len(path) == 1 and path[0].endswith("Name") and kind.endswith(path[0].removesuffix("Name"))
    ]


def create_only(type_name: str) -> tuple[tuple[str, ...], ...]:
    """Paths of the create-only properties."""
    return _DOCUMENTED.get(type_name, ()) + _paths(type_name, "createOnlyProperties")


@functools.cache
def _paths(type_name: str, keyword: str) -> tuple[tuple[str, ...], ...]:
    """Paths of properties that the provider schemas list, which cfn-lint carries."""
    from cfnlint.schema import ResourceNotFoundError
    from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

    try:
        schema: dict[str, Any] = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", type_name).schema
    except ResourceNotFoundError:
        return ()
    return tuple(
        tuple(pointer.removeprefix("/properties/").split("/")) for pointer in schema.get(keyword, [])
    )


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value
