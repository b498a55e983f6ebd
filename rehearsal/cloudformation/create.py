"""A stack's creation: every resource in dependency order, or the way back."""

from __future__ import annotations

from rehearsal.cloudformation.assembly import Stack
from rehearsal.cloudformation.core import Core
from rehearsal.cloudformation.failures import StackError, first
from rehearsal.cloudformation.intrinsics import TemplateError
from rehearsal.cloudformation.state import StackState


class StackCreation:
    """One creation of one stack."""

    def __init__(self, core: Core, stack: Stack) -> None:
        self._core = core
        self._stack = stack
        self._state = StackState(stack, _stack_id(core, stack.name))

    def run(self) -> StackState:
        """Plays the creation; on a failure rolls it back.

        Raises:
            StackError: A resource failed; after the roll-back.
        """
        core, stack, state = self._core, self._stack, self._state
        core.stacks[stack.name] = state
        core.status(state, "CREATE_IN_PROGRESS")
        try:
            graph = core.plan(stack, state)
        except TemplateError as error:
            del core.stacks[stack.name]
            raise StackError(stack.name, "ROLLBACK_COMPLETE", {"template": str(error)}) from None
        failures = core.forward(stack, graph, lambda name: core.create(state, stack, name))
        if failures := failures or core.publish(state, stack):
            raise self._back(failures)
        core.status(state, "CREATE_COMPLETE")
        return state

    def _back(self, failures: dict[str, str]) -> StackError:
        """Deletes what was made; gives the failure with what could not be deleted."""
        core, state = self._core, self._state
        core.status(state, "ROLLBACK_IN_PROGRESS", first(failures))
        left = core.remove_all(state, on_create=True)
        status = "ROLLBACK_FAILED" if left else "ROLLBACK_COMPLETE"
        core.status(state, status)
        if not state.resources:
            del core.stacks[self._stack.name]
        return StackError(self._stack.name, status, {**failures, **left})


def _stack_id(core: Core, name: str) -> str:
    return core.account.arn("cloudformation", f"stack/{name}/{core.account.random_id(name, 8).lower()}")
