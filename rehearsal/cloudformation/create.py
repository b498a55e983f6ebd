"""A stack's creation: every resource in dependency order, or the way back."""

from __future__ import annotations

from rehearsal.cloudformation.assembly import Stack
from rehearsal.cloudformation.core import Core
from rehearsal.cloudformation.failures import UNCHANGED, StackError, first
from rehearsal.cloudformation.intrinsics import TemplateError
from rehearsal.cloudformation.state import StackState


def create(core: Core, stack: Stack) -> StackState:
    """Create a stack; on a failure roll it back.

    Raises:
        StackError: A resource failed; after the roll-back.
    """
    identifier = core.account.random_id(stack.name, 8).lower()
    state = StackState(stack, core.account.arn("cloudformation", f"stack/{stack.name}/{identifier}"))
    try:
        graph = core.plan(stack, state)
    # belief: CFN-template-references
    except TemplateError as error:
        raise StackError(stack.name, UNCHANGED, {"template": str(error)}) from None
    core.stacks[stack.name] = state
    core.status(state, "CREATE_IN_PROGRESS")
    failures = core.forward(stack, graph, lambda name: core.create(state, stack, name))
    # belief: CFN-rollback-of-create
    if failures := failures or core.publish(state, stack):
        raise _back(core, state, failures)
    core.status(state, "CREATE_COMPLETE")
    return state


# belief: CFN-rollback-of-create
def _back(core: Core, state: StackState, failures: dict[str, str]) -> StackError:
    """Delete the new resources; return the failure, with resources that could not be deleted."""
    core.status(state, "ROLLBACK_IN_PROGRESS", first(failures))
    left = core.remove_all(state, on_create=True)
    status = "ROLLBACK_FAILED" if left else "ROLLBACK_COMPLETE"
    core.status(state, status)
    if not state.resources:
        del core.stacks[state.stack.name]
    return StackError(state.stack.name, status, {**failures, **left})
