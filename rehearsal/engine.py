"""Creates, updates and deletes stacks with CloudFormation's semantics."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from typing import Any

import networkx as nx
from botocore.exceptions import BotoCoreError, ClientError

from rehearsal.assembly import Stack
from rehearsal.changes import Change, change
from rehearsal.graph import dependency_graph
from rehearsal.intrinsics import Resolver, TemplateError
from rehearsal.resources.base import Context, Made, Properties, handler_for, is_missing
from rehearsal.scheduler import Schedule, held_back, rank
from rehearsal.stack_state import Recorder, Resource, StackState
from rehearsal.world import ResourceError, World


class StackError(Exception):
    """An operation on a stack failed; `reasons` are of the resources that failed, by logical id."""

    def __init__(self, stack: str, status: str, reasons: dict[str, str]) -> None:
        super().__init__(f"{stack}: {status}: " + "; ".join(f"{k}: {v}" for k, v in reasons.items()))
        self.stack = stack
        self.status = status
        self.reasons = reasons


class Engine:
    """Plays stack operations in a world and remembers what is deployed."""

    def __init__(self, world: World, recorder: Recorder) -> None:
        self.world = world
        self.recorder = recorder
        self.stacks: dict[str, StackState] = {}
        self._failed_on_purpose = False
        self._lock = threading.Lock()

    def create(self, stack: Stack) -> StackState:
        """Creates a stack; on a failure rolls it back.

        Raises:
            StackError: A resource failed; after the roll-back.
        """
        state = StackState(stack, self._stack_id(stack))
        self.stacks[stack.name] = state
        self._status(state, "CREATE_IN_PROGRESS")
        try:
            absent, graph = self._graph(stack, state)
        except TemplateError as error:
            del self.stacks[stack.name]
            raise StackError(stack.name, "ROLLBACK_COMPLETE", {"template": str(error)}) from None
        failures = self._forward(state, stack, graph, lambda name: self._create(state, stack, name))
        if not failures:
            failures = self._finish(state, stack, absent)
        if failures:
            self._status(state, "ROLLBACK_IN_PROGRESS", _first(failures))
            left = self._delete_all(state, on_create=True)
            status = "ROLLBACK_FAILED" if left else "ROLLBACK_COMPLETE"
            self._status(state, status)
            if not state.resources:
                del self.stacks[stack.name]
            raise StackError(stack.name, status, {**failures, **left})
        self._status(state, "CREATE_COMPLETE")
        return state

    def delete(self, name: str) -> StackState:
        """Deletes a stack in the reverse order of its creation.

        Raises:
            StackError: Something could not be deleted, or another stack imports a value of this one.
        """
        state = self.stacks[name]
        for other in self.stacks.values():
            used = _imports(other.stack.template) & set(state.exports)
            if other is not state and used:
                reason = f"export {min(used)} cannot be deleted as it is in use by {other.stack.name}"
                raise StackError(name, "DELETE_FAILED", {"exports": reason})
        self._status(state, "DELETE_IN_PROGRESS")
        if left := self._delete_all(state):
            self._status(state, "DELETE_FAILED", _first(left))
            raise StackError(name, "DELETE_FAILED", left)
        self._status(state, "DELETE_COMPLETE")
        del self.stacks[name]
        return state

    def update(self, stack: Stack) -> StackState:
        """Changes a deployed stack to a new template; on a failure goes back to the old one.

        Raises:
            StackError: A resource failed; after the roll-back.
        """
        from rehearsal.stack_update import StackUpdate

        return StackUpdate(self, self.stacks[stack.name], stack).run()

    # ------------------------------------------------------------------ parts the update shares

    def _graph(self, stack: Stack, state: StackState) -> tuple[frozenset[str], nx.DiGraph[str]]:
        resolver = self.resolver(stack, state)
        absent = frozenset(
            name
            for name, definition in stack.resources.items()
            if "Condition" in definition and not resolver.condition(definition["Condition"])
        )
        return absent, dependency_graph(stack.template, absent)

    def _forward(
        self, state: StackState, stack: Stack, graph: nx.DiGraph[str], act: Callable[[str], None]
    ) -> dict[str, str]:
        """Runs an action for every resource in creation order; gives the reasons of those that failed."""
        self.world.cancelled.clear()
        failures = Schedule(
            graph,
            act,
            rank=lambda name: rank(stack.resources[name]["Type"]),
            held=held_back(stack.resources, graph),
            on_failure=self.world.cancelled.set,
        ).run()
        self.world.cancelled.clear()
        return {name: reason_of(error) for name, error in failures.items()}

    def _create(self, state: StackState, stack: Stack, name: str, status: str = "CREATE") -> None:
        definition = stack.resources[name]
        self.recorder.record(stack.name, name, definition["Type"], f"{status}_IN_PROGRESS")
        properties: Properties = {}
        try:
            properties = self.resolver(stack, state).resolve(definition.get("Properties", {}))
            self._fail_on_purpose(name, definition["Type"])
            context = self.context(state, name, definition["Type"])
            made = handler_for(definition["Type"]).create(context, properties)
        except Exception as error:
            if isinstance(error, ResourceError) and error.physical_id is not None:
                # CloudFormation deletes a resource that failed half made.
                half = Made(error.physical_id)
                with self._lock:
                    state.resources[name] = Resource(name, definition["Type"], half, properties, definition)
            self.recorder.record(stack.name, name, definition["Type"], f"{status}_FAILED", reason_of(error))
            raise
        with self._lock:
            state.resources[name] = Resource(name, definition["Type"], made, properties, definition)
        self.recorder.record(stack.name, name, definition["Type"], f"{status}_COMPLETE")

    def _finish(self, state: StackState, stack: Stack, absent: frozenset[str]) -> dict[str, str]:
        """Evaluates the outputs and publishes the exports; gives what went wrong."""
        resolver = self.resolver(stack, state)
        outputs, exports = {}, {}
        try:
            for name, output in stack.template.get("Outputs", {}).items():
                if "Condition" in output and not resolver.condition(output["Condition"]):
                    continue
                outputs[name] = resolver.resolve(output["Value"])
                if "Export" in output:
                    exports[resolver.resolve(output["Export"]["Name"])] = outputs[name]
        except TemplateError as error:
            return {"Outputs": str(error)}
        state.outputs, state.exports = outputs, exports
        return {}

    def _delete_all(self, state: StackState, *, on_create: bool = False) -> dict[str, str]:
        """Deletes what a stack has, dependents first; gives what could not be deleted, with reasons."""
        graph = dependency_graph(
            {
                "Resources": {n: r.definition for n, r in state.resources.items()},
                "Parameters": state.stack.template.get("Parameters", {}),
            },
            frozenset(state.stack.resources) - frozenset(state.resources),
        )
        failures = Schedule(
            graph.reverse(),
            lambda name: self.remove(state, state.resources[name], on_create),
            keep_going=True,
        ).run()
        return {name: reason_of(error) for name, error in failures.items()}

    def remove(
        self, state: StackState, resource: Resource, on_create: bool = False, replaced: bool = False
    ) -> None:
        """Deletes one resource unless its policy retains it; forgets it unless an update replaced it."""
        policy = resource.replace_policy if replaced else resource.deletion_policy
        keep = policy == "Retain" or (policy == "RetainExceptOnCreate" and not on_create)
        record = self.recorder.record
        if keep:
            record(state.stack.name, resource.logical_id, resource.type, "DELETE_SKIPPED", f"{policy} policy")
            state.retained.append(
                f"{resource.type} {resource.made.physical_id} ({state.stack.name}, {policy})"
            )
        else:
            record(state.stack.name, resource.logical_id, resource.type, "DELETE_IN_PROGRESS")
            try:
                self._delete(state, resource)
            except Exception as error:
                record(
                    state.stack.name, resource.logical_id, resource.type, "DELETE_FAILED", reason_of(error)
                )
                raise
            record(state.stack.name, resource.logical_id, resource.type, "DELETE_COMPLETE")
        if not replaced:
            with self._lock:
                del state.resources[resource.logical_id]

    def _delete(self, state: StackState, resource: Resource) -> None:
        context = self.context(state, resource.logical_id, resource.type)
        try:
            handler_for(resource.type).delete(context, resource.made, resource.properties)
        except ClientError as error:
            if not is_missing(error):  # deleting what is gone succeeds
                raise

    def apply(self, state: StackState, stack: Stack, name: str) -> Resource | None:
        """Updates one resource; gives the one it replaced, to be cleaned up once the update has succeeded."""
        old = state.resources[name]
        definition = stack.resources[name]
        new = self.resolver(stack, state).resolve(definition.get("Properties", {}))
        kind = Change.REPLACE if definition["Type"] != old.type else change(old.type, old.properties, new)
        if kind is Change.NONE:
            state.resources[name] = dataclasses.replace(old, definition=definition)
            return None
        if kind is Change.REPLACE:
            self._create(state, stack, name, status="UPDATE")
            return old
        self.recorder.record(stack.name, name, old.type, "UPDATE_IN_PROGRESS")
        try:
            self._fail_on_purpose(name, old.type)
            context = self.context(state, name, old.type)
            made = handler_for(old.type).update(context, old.made, old.properties, new)
        except Exception as error:
            self.recorder.record(stack.name, name, old.type, "UPDATE_FAILED", reason_of(error))
            raise
        state.resources[name] = Resource(name, old.type, made, new, definition)
        self.recorder.record(stack.name, name, old.type, "UPDATE_COMPLETE")
        return old if made.physical_id != old.made.physical_id and old.type.startswith("Custom::") else None

    # ------------------------------------------------------------------ small things

    def context(self, state: StackState, name: str, type_name: str) -> Context:
        """The context a handler gets."""
        return Context(self.world, state.stack.name, state.stack_id, name, type_name)

    def resolver(self, stack: Stack, state: StackState) -> Resolver:
        """Evaluates expressions of a stack against what exists."""
        return Resolver(
            stack.template,
            stack=stack.name,
            stack_id=state.stack_id,
            environment=stack.environment,
            lookup=_Lookup(self, state),
            parameters=stack.parameters,
        )

    def _fail_on_purpose(self, name: str, type_name: str) -> None:
        wanted = self.world.options.fail
        with self._lock:
            if wanted not in (name, type_name) or self._failed_on_purpose:
                return
            self._failed_on_purpose = True
        raise ResourceError("failed on purpose (--fail)")

    def _stack_id(self, stack: Stack) -> str:
        return self.world.arn(
            "cloudformation", f"stack/{stack.name}/{self.world.random_id(stack.name, 8).lower()}"
        )

    def _status(self, state: StackState, status: str, reason: str = "") -> None:
        state.status, state.reason = status, reason
        self.recorder.record(state.stack.name, state.stack.name, "AWS::CloudFormation::Stack", status, reason)


class _Lookup:
    """Values of a stack's own resources, and of other stacks."""

    def __init__(self, engine: Engine, state: StackState) -> None:
        self._engine = engine
        self._state = state

    def ref(self, logical_id: str) -> str:
        return self._resource(logical_id).made.physical_id

    def attribute(self, logical_id: str, name: str) -> Any:
        resource = self._resource(logical_id)
        try:
            return resource.made.attributes[name]
        except KeyError:
            known = ", ".join(sorted(resource.made.attributes)) or "none"
            raise TemplateError(
                f"{logical_id} ({resource.type}) has no attribute {name}; it has {known}"
            ) from None

    def export(self, name: str) -> Any:
        for state in self._engine.stacks.values():
            if name in state.exports:
                return state.exports[name]
        raise TemplateError(f"no export named {name} found")

    def stack_output(self, stack: str, name: str) -> Any:
        try:
            return self._engine.stacks[stack].outputs[name]
        except KeyError:
            raise TemplateError(f"stack {stack} has no output {name}") from None

    def zones(self, region: str) -> list[str]:
        zones = self._engine.world.cloud.client("ec2").describe_availability_zones()["AvailabilityZones"]
        return [zone["ZoneName"] for zone in zones]

    def _resource(self, logical_id: str) -> Resource:
        try:
            return self._state.resources[logical_id]
        except KeyError:
            raise TemplateError(f"{logical_id} does not exist") from None


def reason_of(error: BaseException) -> str:
    """The status reason of a failure: one line for AWS errors, the text for others."""
    if isinstance(error, ResourceError):
        return error.reason
    if isinstance(error, ClientError | BotoCoreError | TemplateError):
        return str(error)
    return f"{type(error).__name__}: {error}"


def _first(failures: dict[str, str]) -> str:
    name, reason = next(iter(failures.items()))
    return f"{name}: {reason}"


def _imports(template: Any) -> set[str]:
    """Names of the exports a template imports by plain text."""
    if isinstance(template, dict):
        own = {template["Fn::ImportValue"]} if isinstance(template.get("Fn::ImportValue"), str) else set()
        return own.union(*map(_imports, template.values()))
    return set().union(*map(_imports, template)) if isinstance(template, list) else set()
