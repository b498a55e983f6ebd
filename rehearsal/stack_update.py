"""A stack update: changes in dependency order, clean-up afterwards, or the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rehearsal.assembly import Stack
from rehearsal.intrinsics import TemplateError
from rehearsal.stack_state import Resource, StackState

if TYPE_CHECKING:
    from rehearsal.engine import Engine


class StackUpdate:
    """One update of one stack."""

    def __init__(self, engine: Engine, state: StackState, stack: Stack) -> None:
        self._engine = engine
        self._state = state
        self._stack = stack
        self._old_stack = state.stack
        self._before = dict(state.resources)
        self._replaced: list[Resource] = []

    def run(self) -> StackState:
        """Plays the update.

        Raises:
            StackError: A resource failed; after the stack is back at its old template.
        """
        from rehearsal.engine import StackError

        engine, state = self._engine, self._state
        engine._status(state, "UPDATE_IN_PROGRESS")
        try:
            absent, graph = engine._graph(self._stack, state)
        except TemplateError as error:
            raise StackError(self._stack.name, "UPDATE_ROLLBACK_COMPLETE", {"template": str(error)}) from None
        failures = engine._forward(state, self._stack, graph, self._one)
        if not failures:
            failures = engine._finish(state, self._stack, absent)
        if failures:
            left = self._back()
            status = "UPDATE_ROLLBACK_FAILED" if left else "UPDATE_ROLLBACK_COMPLETE"
            engine._status(state, status, "; ".join(failures.values()))
            raise StackError(self._stack.name, status, {**failures, **left})
        state.stack = self._stack
        engine._status(state, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
        self._clean_up(set(graph))
        engine._status(state, "UPDATE_COMPLETE")
        return state

    def _one(self, name: str) -> None:
        if name not in self._before:
            self._engine._create(self._state, self._stack, name)
        elif (old := self._engine.apply(self._state, self._stack, name)) is not None:
            self._replaced.append(old)

    def _clean_up(self, wanted: set[str]) -> None:
        """Deletes replaced resources, latest first, then those the new template no longer has.

        As in CloudFormation a failure here is an event and does not fail the update.
        """
        for old in reversed(self._replaced):
            self._quietly(old, replaced=True)
        gone = {name: resource for name, resource in self._state.resources.items() if name not in wanted}
        leaving = StackState(
            self._old_stack, self._state.stack_id, resources=gone, retained=self._state.retained
        )
        self._engine._delete_all(leaving)
        for name in set(self._state.resources) - wanted - set(gone):
            del self._state.resources[name]
        for name in list(self._state.resources):
            if name not in wanted and name not in leaving.resources:
                del self._state.resources[name]

    def _quietly(self, resource: Resource, *, replaced: bool) -> None:
        try:
            self._engine.remove(self._state, resource, replaced=replaced)
        except Exception as error:
            self._engine.world.say(f"clean-up of {resource.logical_id} failed: {error}")

    def _back(self) -> dict[str, str]:
        """Undoes what was done, latest first; gives what could not be undone."""
        from rehearsal.engine import reason_of

        engine, state = self._engine, self._state
        engine._status(state, "UPDATE_ROLLBACK_IN_PROGRESS")
        left: dict[str, str] = {}
        for name, current in reversed(list(state.resources.items())):
            old = self._before.get(name)
            try:
                if old is None:
                    engine.remove(state, current, on_create=True)
                elif current.made.physical_id != old.made.physical_id:
                    engine.remove(state, current, on_create=True, replaced=True)
                    state.resources[name] = old
                elif current.properties != old.properties:
                    self._restore(name, current, old)
                else:
                    state.resources[name] = old
            except Exception as error:
                left[name] = reason_of(error)
        return left

    def _restore(self, name: str, current: Resource, old: Resource) -> None:
        from rehearsal.resources.base import handler_for

        engine, state = self._engine, self._state
        context = engine.context(state, name, current.type)
        engine.recorder.record(state.stack.name, name, current.type, "UPDATE_IN_PROGRESS", "rollback")
        made = handler_for(current.type).update(context, current.made, current.properties, old.properties)
        state.resources[name] = Resource(name, current.type, made, old.properties, old.definition)
        engine.recorder.record(state.stack.name, name, current.type, "UPDATE_COMPLETE", "rollback")
