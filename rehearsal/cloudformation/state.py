"""The state of a stack after an operation, and the events of the operation."""

# no belief: what the engine remembers

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from rehearsal.aws.handler import Made, Properties
from rehearsal.cloudformation.assembly import Stack


@dataclass(frozen=True)
class Event:
    """One line of a stack's history.

    Attributes:
        at: Seconds since the rehearsal began.
        status: CloudFormation's status, such as CREATE_COMPLETE.
        reason: Why, for failures.
    """

    at: float
    stack: str
    logical_id: str
    type: str
    status: str
    reason: str = ""


class Recorder:
    """Collects events and hands each to listeners."""

    def __init__(self, listener: Callable[[Event], None] = lambda _: None) -> None:
        self.events: list[Event] = []
        self._listeners = [listener]
        self._began = time.monotonic()

    def elapsed(self) -> float:
        """Seconds since the rehearsal began."""
        return time.monotonic() - self._began

    def record(self, stack: str, logical_id: str, type_name: str, status: str, reason: str = "") -> None:
        """Adds an event."""
        event = Event(self.elapsed(), stack, logical_id, type_name, status, reason)
        self.events.append(event)
        for listener in list(self._listeners):
            listener(event)

    @contextmanager
    def heard_by(self, listener: Callable[[Event], None]) -> Iterator[None]:
        """Hands each event to a further listener for a time."""
        self._listeners.append(listener)
        try:
            yield
        finally:
            self._listeners.remove(listener)


@dataclass
class Resource:
    """A resource that exists."""

    logical_id: str
    type: str
    made: Made
    properties: Properties
    definition: Mapping[str, Any]

    @property
    def deletion_policy(self) -> str:
        """Delete, Retain or RetainExceptOnCreate; Delete by default."""
        return str(self.definition.get("DeletionPolicy", "Delete"))

    @property
    def replace_policy(self) -> str:
        """The policy for the old resource when an update replaces it."""
        return str(self.definition.get("UpdateReplacePolicy", "Delete"))


@dataclass(frozen=True)
class Retained:
    """A resource that its policy kept."""

    type: str
    physical_id: str
    stack: str
    policy: str

    def __str__(self) -> str:
        return f"{self.type} {self.physical_id} ({self.stack}, {self.policy})"


@dataclass
class StackState:
    """A deployed stack.

    Attributes:
        exports: The values that other stacks may import, by the name of the export.
        imports: Names of the exports that the template's expressions really took; a branch of `Fn::If` that
            does not hold takes nothing.
    """

    stack: Stack
    stack_id: str
    resources: dict[str, Resource] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    exports: dict[str, Any] = field(default_factory=dict)
    imports: set[str] = field(default_factory=set)
    retained: list[Retained] = field(default_factory=list)
