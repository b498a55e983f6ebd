"""Names of deployed resources: the path in the app, else stack and logical id."""

# no belief: words for people

from __future__ import annotations

from collections.abc import Iterable

from rehearsal.aws.names import without_hash
from rehearsal.cloudformation.state import Resource, StackState

_ENDINGS = ("/Resource", "/Default")


def resource_names(stacks: Iterable[StackState]) -> dict[str, str]:
    """The name of each resource of the stacks, by its physical id."""
    return {
        resource.made.physical_id: _name(state, resource)
        for state in stacks
        for resource in list(state.resources.values())
    }


def _name(state: StackState, resource: Resource) -> str:
    path = (resource.definition.get("Metadata") or {}).get("aws:cdk:path")
    if not path:
        return f"{state.stack.name}/{without_hash(resource.logical_id)}"
    for ending in _ENDINGS:
        path = str(path).removesuffix(ending)
    return str(path)
