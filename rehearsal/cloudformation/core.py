"""The shared steps of the operations on stacks, on one resource or on all."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import networkx as nx
from botocore.exceptions import ClientError

from rehearsal.aws.account import Account
from rehearsal.aws.handler import Made, Properties, ResourceContext, ResourceError, is_missing
from rehearsal.aws.runtime import Runtime
from rehearsal.cloudformation.assembly import Stack
from rehearsal.cloudformation.catalogue import handler_for, traits
from rehearsal.cloudformation.changes import custom_name, replaces
from rehearsal.cloudformation.exports import refused_change
from rehearsal.cloudformation.failures import reason_of
from rehearsal.cloudformation.graph import creation_graph, turned
from rehearsal.cloudformation.intrinsics import Resolver, TemplateError
from rehearsal.cloudformation.lookup import DeployedValues
from rehearsal.cloudformation.scheduler import Schedule, held_back
from rehearsal.cloudformation.state import Recorder, Resource, Retained, StackState
from rehearsal.cloudformation.validation import problems

_STACK = "AWS::CloudFormation::Stack"
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html
_CUSTOM_NAMED = (
    "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename {} and "
    "update the stack again."
)


class Core:
    """The deployed stacks of one account, and the steps that operations are made of.

    Attributes:
        stacks: The deployed stacks by name, in the order of creation.
        recorder: The history.
    """

    def __init__(self, account: Account, runtime: Runtime, recorder: Recorder) -> None:
        self.account = account
        self.runtime = runtime
        self.recorder = recorder
        self.stacks: dict[str, StackState] = {}
        self._failed_on_purpose = False
        self._lock = threading.Lock()

    # ------------------------------------------------------------------ a whole stack

    def resolver(self, stack: Stack, state: StackState) -> Resolver:
        """Evaluates expressions of a stack against what exists."""
        return Resolver(stack, state.stack_id, DeployedValues(self.account, self.stacks, state))

    def plan(self, stack: Stack, state: StackState) -> nx.DiGraph[str]:
        """The graph of the resources that the stack must have, without resources whose condition is false.

        Raises:
            TemplateError: CloudFormation would refuse the template; the text has every problem.
        """
        conditions = self.resolver(stack, state)
        # belief: CFN-template-limits
        if found := list(problems(stack, conditions.functions)):
            raise TemplateError("; ".join(found))
        absent = frozenset(
            name
            for name, definition in stack.resources.items()
            if "Condition" in definition and not conditions.condition(definition["Condition"])
        )
        return creation_graph(stack.template, absent)

    # belief: CFN-dependency-order
    def forward(self, stack: Stack, graph: nx.DiGraph[str], act: Callable[[str], None]) -> dict[str, str]:
        """Runs an action for every resource in creation order; returns the reasons of the failures."""
        self.runtime.cancelled.clear()
        failures = Schedule(
            graph,
            act,
            rank=lambda name: traits(stack.resources[name]["Type"]).precedence,
            held=held_back(stack.resources, graph),
            on_failure=self.runtime.cancelled.set,
        ).run()
        self.runtime.cancelled.clear()
        return {name: reason_of(error) for name, error in failures.items()}

    def publish(self, state: StackState, stack: Stack) -> dict[str, str]:
        """Evaluates the outputs and publishes the exports; returns the failures.

        CloudFormation does so when the resources are done, and before an update deletes old ones:
        https://github.com/aws-solutions-library-samples/accelerated-intelligent-document-processing-on-aws/issues/845
        """
        values = self.resolver(stack, state)
        outputs, exports = {}, {}
        try:
            for name, output in stack.template.get("Outputs", {}).items():
                if "Condition" in output and not values.condition(output["Condition"]):
                    continue
                outputs[name] = values.resolve(output["Value"])
                if "Export" in output:
                    exports[values.resolve(output["Export"]["Name"])] = outputs[name]
        except TemplateError as error:
            return {"Outputs": str(error)}
        if refused := dict(refused_change(state, exports, self.stacks.values())):
            return refused
        state.outputs, state.exports = outputs, exports
        return {}

    # belief: CFN-failed-delete-stops
    def remove_all(self, state: StackState, *, on_create: bool = False) -> dict[str, str]:
        """Deletes a stack's resources, dependents first; returns the reasons of the failures."""
        graph = creation_graph(
            {
                "Resources": {n: r.definition for n, r in state.resources.items()},
                "Parameters": state.stack.template.get("Parameters", {}),
            },
            frozenset(state.stack.resources) - frozenset(state.resources),
        )
        failures = Schedule(
            turned(graph),
            lambda name: self.remove(state, state.resources[name], on_create=on_create),
            keep_going=True,
        ).run()
        return {name: reason_of(error) for name, error in failures.items()}

    def status(self, state: StackState, status: str, reason: str = "") -> None:
        """Records a new status of a stack."""
        self.recorder.record(state.stack.name, state.stack.name, _STACK, status, reason)

    # ------------------------------------------------------------------ one resource

    def create(self, state: StackState, stack: Stack, name: str, verb: str = "CREATE") -> None:
        """Makes a resource. A half-made one is recorded too, because the rollback deletes it."""
        definition = stack.resources[name]
        type_name, properties = definition["Type"], Properties()
        with self._recorded(stack.name, name, type_name, verb):
            try:
                properties = self.resolver(stack, state).resolve(definition.get("Properties", {}))
                self._fail_on_purpose(name, type_name, verb)
                made = handler_for(type_name).create(self._context(state, name, type_name), properties)
            except ResourceError as error:
                if error.physical_id is not None:
                    half = Made(error.physical_id)
                    self._keep(state, Resource(name, type_name, half, properties, definition))
                raise
            self._keep(state, Resource(name, type_name, made, properties, definition))

    def update(self, state: StackState, stack: Stack, name: str) -> Resource | None:
        """Updates a resource; returns the replaced resource, which goes after the update has succeeded."""
        old = state.resources[name]
        definition = stack.resources[name]
        new = self.resolver(stack, state).resolve(definition.get("Properties", {}))
        # Some resources decide by themselves, by the physical id that they answer with.
        by_id = traits(old.type).answers_with_id
        if new == old.properties:
            self._keep(state, dataclasses.replace(old, definition=definition))
            return None
        if not by_id and replaces(old.type, old.properties, new):
            # belief: CFN-refuses-named-replacement
            if given := custom_name(old.type, old.properties, new):
                with self._recorded(stack.name, name, old.type, "UPDATE"):
                    raise ResourceError(_CUSTOM_NAMED.format(given))
            self.create(state, stack, name, verb="UPDATE")
            return old
        with self._recorded(stack.name, name, old.type, "UPDATE"):
            self._fail_on_purpose(name, old.type, "UPDATE")
            try:
                made = self._change(state, old, new)
            except Exception:
                # belief: CFN-failed-update-half-done
                if by_id:
                    # A function may have done half of it; the way back sends it the old properties.
                    self._keep(state, Resource(name, old.type, old.made, new, definition))
                raise
            self._keep(state, Resource(name, old.type, made, new, definition))
        return old if by_id and made.physical_id != old.made.physical_id else None

    def restore(self, state: StackState, current: Resource, old: Resource) -> None:
        """Gives a resource its old properties back."""
        with self._recorded(state.stack.name, old.logical_id, old.type, "UPDATE", "rollback"):
            made = self._change(state, current, old.properties)
            self._keep(state, dataclasses.replace(old, made=made))

    def remove(
        self, state: StackState, resource: Resource, *, on_create: bool = False, replaced: bool = False
    ) -> None:
        """Deletes a resource unless its policy retains it; forgets it unless an update replaced it."""
        # belief: CFN-deletion-policy
        policy = resource.replace_policy if replaced else resource.deletion_policy
        name, type_name = resource.logical_id, resource.type
        if policy == "Retain" or (policy == "RetainExceptOnCreate" and not on_create):
            self.recorder.record(state.stack.name, name, type_name, "DELETE_SKIPPED", f"{policy} policy")
            state.retained.append(Retained(type_name, resource.made.physical_id, state.stack.name, policy))
        else:
            with self._recorded(state.stack.name, name, type_name, "DELETE"):
                self._fail_on_purpose(name, type_name, "DELETE")
                self._delete(state, resource)
        if not replaced:
            with self._lock:
                del state.resources[name]

    def _change(self, state: StackState, current: Resource, new: Properties) -> Made:
        context = self._context(state, current.logical_id, current.type)
        return handler_for(current.type).update(context, current.made, current.properties, new)

    def _delete(self, state: StackState, resource: Resource) -> None:
        context = self._context(state, resource.logical_id, resource.type)
        try:
            handler_for(resource.type).delete(context, resource.made, resource.properties)
        except ClientError as error:
            # belief: CFN-missing-is-deleted
            if not is_missing(error):  # deleting a missing resource succeeds
                raise

    def _keep(self, state: StackState, resource: Resource) -> None:
        with self._lock:
            state.resources[resource.logical_id] = resource

    def _context(self, state: StackState, name: str, type_name: str) -> ResourceContext:
        return ResourceContext(self.account, self.runtime, state.stack.name, state.stack_id, name, type_name)

    @contextmanager
    def _recorded(self, stack: str, name: str, type_name: str, verb: str, reason: str = "") -> Iterator[None]:
        """Records the beginning of an action, and its end or why it failed."""
        self.recorder.record(stack, name, type_name, f"{verb}_IN_PROGRESS", reason)
        try:
            yield
        except Exception as error:
            self.recorder.record(stack, name, type_name, f"{verb}_FAILED", reason_of(error))
            raise
        self.recorder.record(stack, name, type_name, f"{verb}_COMPLETE", reason)

    def _fail_on_purpose(self, name: str, type_name: Any, verb: str) -> None:
        options = self.runtime.options
        with self._lock:
            if options.fail not in (name, type_name) or verb.lower() != options.fail_on:
                return
            if self._failed_on_purpose:
                return
            self._failed_on_purpose = True
        # no belief: an option of the rehearsal
        raise ResourceError("failed on purpose (--fail)")
