"""What an update does to a resource: a change in place, or a replacement."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, Final

from rehearsal.aws.handler import Properties

#: What AWS documents and its schema leaves out:
#: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-transitgatewayattachment.html
_DOCUMENTED: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "AWS::EC2::TransitGatewayAttachment": (("Tags",),)
}


def replaces(type_name: str, old: Properties, new: Properties) -> bool:
    """Whether a change of resolved properties replaces the resource rather than changing it in place.

    A changed property that AWS's own resource schema lists as create-only means a replacement.
    """
    return any(_at(old, path) != _at(new, path) for path in create_only(type_name))


@functools.cache
def create_only(type_name: str) -> tuple[tuple[str, ...], ...]:
    """Paths of the create-only properties, from the provider schemas that cfn-lint carries."""
    from cfnlint.schema import ResourceNotFoundError
    from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

    try:
        schema: dict[str, Any] = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", type_name).schema
    except ResourceNotFoundError:
        return ()
    return _DOCUMENTED.get(type_name, ()) + tuple(
        tuple(pointer.removeprefix("/properties/").split("/"))
        for pointer in schema.get("createOnlyProperties", [])
    )


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value
