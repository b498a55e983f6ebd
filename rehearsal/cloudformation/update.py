"""A stack's update: changes in dependency order, clean-up afterwards, or the way back."""

from __future__ import annotations

from rehearsal.cloudformation.assembly import Stack
from rehearsal.cloudformation.core import Core
from rehearsal.cloudformation.failures import UNCHANGED, StackError, first, reason_of
from rehearsal.cloudformation.intrinsics import TemplateError
from rehearsal.cloudformation.state import Resource, StackState


class StackUpdate:
    """One update of one stack."""

    def __init__(self, core: Core, stack: Stack) -> None:
        self._core = core
        self._stack = stack
        self._state = core.stacks[stack.name]
        self._before = dict(self._state.resources)
        self._replaced: list[Resource] = []

    def run(self) -> StackState:
        """Plays the update; on a failure goes back to the old template.

        Raises:
            StackError: A resource failed; after the way back.
        """
        core, stack, state = self._core, self._stack, self._state
        try:
            graph = core.plan(stack, state)
            self._refuse_other_types(set(graph))
        # belief: CFN-template-references
        except TemplateError as error:
            raise StackError(stack.name, UNCHANGED, {"template": str(error)}) from None
        core.status(state, "UPDATE_IN_PROGRESS")
        imported, state.imports = state.imports, set()
        failures = core.forward(stack, graph, self._one)
        # belief: CFN-rollback-of-update
        if failures := failures or core.publish(state, stack):
            state.imports = imported
            raise self._back(failures)
        before, state.stack = state.stack, stack
        core.status(state, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
        core.status(state, "UPDATE_COMPLETE", self._clean_up(before, set(graph)))
        return state

    def _refuse_other_types(self, wanted: set[str]) -> None:
        """CloudFormation's own words: https://github.com/aws/aws-sam-cli/issues/6786."""
        changed = sorted(
            name
            for name in wanted & self._before.keys()
            if self._stack.resources[name]["Type"] != self._before[name].type
        )
        # belief: CFN-refuses-other-types
        if changed:
            raise TemplateError(
                "Update of resource type is not permitted. The new template modifies resource type of the "
                f"following resources: [{', '.join(changed)}]"
            )

    # belief: CFN-update-follows-dependencies
    def _one(self, name: str) -> None:
        if name not in self._before:
            self._core.create(self._state, self._stack, name)
        elif (old := self._core.update(self._state, self._stack, name)) is not None:
            self._replaced.append(old)

    # belief: CFN-cleanup-after-update
    def _clean_up(self, before: Stack, wanted: set[str]) -> str:
        """Deletes replaced resources, latest first, then resources that the new template lacks.

        Returns the reason of the stack's last status. What cannot be deleted is left alone, outside of the
        stack, and the update succeeds: https://github.com/rvedotrc/aws-cloudformation-stack-states/issues/2.
        """
        state, left = self._state, {}
        for old in reversed(self._replaced):
            try:
                self._core.remove(state, old, replaced=True)
            except Exception as error:
                left[old.logical_id] = reason_of(error)
        gone = {name: resource for name, resource in state.resources.items() if name not in wanted}
        leaving = StackState(before, state.stack_id, resources=dict(gone), retained=state.retained)
        left |= self._core.remove_all(leaving)
        for name in gone:
            del state.resources[name]
        if not left:
            return ""
        names = ", ".join(sorted({*left, *leaving.resources}))
        self._core.runtime.say(f"the clean-up of {before.name} leaves {names} behind: {first(left)}")
        return "Update successful. One or more resources could not be deleted."

    # belief: CFN-rollback-of-update
    def _back(self, failures: dict[str, str]) -> StackError:
        """Restores the old template; returns the failure, with changes that could not be undone.

        CloudFormation restores old values first and deletes what is new in the end:
        https://github.com/aws/aws-cdk/pull/29581. That it restores in the old template's order, as it would
        make any update, is inferred from that.
        """
        core, state = self._core, self._state
        core.status(state, "UPDATE_ROLLBACK_IN_PROGRESS", first(failures))
        # belief: CFN-rollback-order
        now = dict(state.resources)
        left = core.forward(state.stack, core.plan(state.stack, state), self._restore)
        if not left:
            core.status(state, "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
        # After a failure CloudFormation waits for ContinueUpdateRollback; the rehearsal goes on at once.
        for current in reversed(list(now.values())):
            try:
                self._remove_new(current)
            except Exception as error:
                left[current.logical_id] = reason_of(error)
        status = "UPDATE_ROLLBACK_FAILED" if left else "UPDATE_ROLLBACK_COMPLETE"
        core.status(state, status)
        return StackError(self._stack.name, status, {**failures, **left})

    def _restore(self, name: str) -> None:
        state, old = self._state, self._before.get(name)
        if old is None:
            return
        current = state.resources[name]
        if current.made.physical_id == old.made.physical_id and current.properties != old.properties:
            self._core.restore(state, current, old)
        else:
            state.resources[name] = old

    def _remove_new(self, current: Resource) -> None:
        old = self._before.get(current.logical_id)
        if old is None:
            self._core.remove(self._state, current, on_create=True)
        elif current.made.physical_id != old.made.physical_id:
            self._core.remove(self._state, current, on_create=True, replaced=True)
