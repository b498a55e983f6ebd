"""What an update does to a resource: nothing, a change in place, or a replacement."""

from __future__ import annotations

import enum
import functools
from typing import Any

from rehearsal.aws.handler import Properties


class UpdateEffect(enum.Enum):
    """The effect of an update on one resource."""

    NONE = "no change"
    IN_PLACE = "update in place"
    REPLACE = "replacement"


def effect(type_name: str, old: Properties, new: Properties, *, by_id: bool = False) -> UpdateEffect:
    """Compares resolved properties.

    A changed property that AWS's own resource schema lists as create-only means a replacement.

    Args:
        type_name: The CloudFormation type.
        old: The properties before.
        new: The properties now.
        by_id: The resource decides itself, by the physical id it answers with: it always gets the change.
    """
    if old == new:
        return UpdateEffect.NONE
    if by_id:
        return UpdateEffect.IN_PLACE
    for path in create_only(type_name):
        if _at(old, path) != _at(new, path):
            return UpdateEffect.REPLACE
    return UpdateEffect.IN_PLACE


@functools.cache
def create_only(type_name: str) -> tuple[tuple[str, ...], ...]:
    """Paths of the create-only properties, from the provider schemas that cfn-lint carries."""
    from cfnlint.schema import ResourceNotFoundError
    from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

    try:
        schema: dict[str, Any] = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", type_name).schema
    except ResourceNotFoundError:
        return ()
    return tuple(
        tuple(pointer.removeprefix("/properties/").split("/"))
        for pointer in schema.get("createOnlyProperties", [])
    )


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value
