"""A stack's deletion: every resource in the reverse order of its creation."""

from __future__ import annotations

from collections.abc import Iterator

from rehearsal.aws.handler import as_bool
from rehearsal.cloudformation.core import Core
from rehearsal.cloudformation.exports import refused_deletion
from rehearsal.cloudformation.failures import UNCHANGED, StackError, first
from rehearsal.cloudformation.state import StackState


def delete(core: Core, name: str) -> StackState:
    """Delete a stack.

    Raises:
        StackError: Something could not be deleted, another stack imports a value of this stack, or the stack
            has termination protection.
    """
    state = core.stacks[name]
    # belief: CFN-termination-protection
    if state.stack.termination_protection:
        raise StackError(name, UNCHANGED, dict(_protections(state)))
    # belief: CFN-export-in-use
    if used := refused_deletion(state, core.stacks.values()):
        raise StackError(name, UNCHANGED, used)
    core.status(state, "DELETE_IN_PROGRESS")
    # belief: CFN-failed-delete-stops
    if left := core.remove_all(state):
        core.status(state, "DELETE_FAILED", first(left))
        raise StackError(name, "DELETE_FAILED", left)
    core.status(state, "DELETE_COMPLETE")
    del core.stacks[name]
    return state


def _protections(state: StackState) -> Iterator[tuple[str, str]]:
    """Yield each setting that protects a stack, the one that refuses first at the beginning.

    CloudFormation refuses the call:
    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_UpdateTerminationProtection.html
    """
    yield (
        "termination_protection",
        f"Stack [{state.stack.name}] cannot be deleted while TerminationProtection is enabled",
    )
    for resource in state.resources.values():
        if resource.type == "AWS::EKS::Cluster" and as_bool(resource.properties.get("DeletionProtection")):
            yield "deletion_protection", f"EKS would not delete cluster {resource.made.physical_id} either"
