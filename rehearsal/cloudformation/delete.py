"""A stack's deletion: every resource in the reverse order of its creation."""

from __future__ import annotations

from typing import Any

from rehearsal.cloudformation.core import Core
from rehearsal.cloudformation.failures import StackError, first
from rehearsal.cloudformation.state import StackState


def delete(core: Core, name: str) -> StackState:
    """Delete a stack.

    Raises:
        StackError: Something could not be deleted, or another stack imports a value of this stack.
    """
    state = core.stacks[name]
    for other in core.stacks.values():
        used = _imports(other.stack.template) & set(state.exports)
        if other is not state and used:
            reason = f"export {min(used)} cannot be deleted as it is in use by {other.stack.name}"
            raise StackError(name, "DELETE_FAILED", {"exports": reason})
    core.status(state, "DELETE_IN_PROGRESS")
    if left := core.remove_all(state):
        core.status(state, "DELETE_FAILED", first(left))
        raise StackError(name, "DELETE_FAILED", left)
    core.status(state, "DELETE_COMPLETE")
    del core.stacks[name]
    return state


def _imports(template: Any) -> set[str]:
    """Names of the exports a template imports by plain text."""
    if isinstance(template, dict):
        own = {template["Fn::ImportValue"]} if isinstance(template.get("Fn::ImportValue"), str) else set()
        return own.union(*map(_imports, template.values()))
    return set().union(*map(_imports, template)) if isinstance(template, list) else set()
