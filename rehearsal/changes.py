"""What an update does to a resource: nothing, a change in place, or a replacement."""

from __future__ import annotations

import enum
import functools
from typing import Any

from rehearsal.resources.base import Properties


class Change(enum.Enum):
    """The effect of an update on one resource."""

    NONE = "no change"
    IN_PLACE = "update in place"
    REPLACE = "replacement"


def change(type_name: str, old: Properties, new: Properties) -> Change:
    """Compares resolved properties.

    A changed property that AWS's own resource schema lists as create-only means a replacement.
    Custom resources decide by the physical id they answer with, so a change is always sent to them.
    """
    if old == new:
        return Change.NONE
    if type_name.startswith("Custom::"):
        return Change.IN_PLACE
    for path in create_only(type_name):
        if _at(old, path) != _at(new, path):
            return Change.REPLACE
    return Change.IN_PLACE


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
