"""A stack's deletion: every resource in the reverse order of its creation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from rehearsal.aws.handler import as_bool
from rehearsal.cloudformation.core import Core
from rehearsal.cloudformation.failures import StackError, first
from rehearsal.cloudformation.state import StackState

UNCHANGED: Final = "UNCHANGED"
"""Not a status of CloudFormation's: the call is refused, and nothing of the stack changes."""


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
    for other in core.stacks.values():
        used = _imports(other.stack.template) & set(state.exports)
        # belief: CFN-export-in-use
        if other is not state and used:
            reason = f"export {min(used)} cannot be deleted as it is in use by {other.stack.name}"
            raise StackError(name, "DELETE_FAILED", {"exports": reason})
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


def _imports(template: Any) -> set[str]:
    """Names of the exports a template imports by plain text."""
    if isinstance(template, dict):
        own = {template["Fn::ImportValue"]} if isinstance(template.get("Fn::ImportValue"), str) else set()
        return own.union(*map(_imports, template.values()))
    return set().union(*map(_imports, template)) if isinstance(template, list) else set()
