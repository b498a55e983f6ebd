"""The frame of a custom resource behind CDK's provider framework, shared by all functions.

A function returns a result or raises, and the provider framework answers CloudFormation. A request may come
twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from deadline import Clock
from errors import PermanentError
from logs import Log
from request import Context, Request

#: Seconds of a function's time that stay unused, so that it can report a failure before Lambda ends it.
RESERVE: Final = 15.0

P = TypeVar("P")
Serve = Callable[[Request, P], Mapping[str, str] | None]
"""Serves a request, given its properties; returns the resource's attributes, or None."""


@dataclass(frozen=True)
class CustomResource(Generic[P]):
    """A custom resource. The attributes are the differences between custom resources.

    Attributes:
        name: Begins the physical id.
        read: Makes the properties of ``ResourceProperties``, or raises PermanentError.
        create: Serves a Create. After a failed Create the framework drops the Delete, so `create` itself must
            undo what it has done.
        update: Serves an Update. After a failed Update CloudFormation sends the former properties.
        delete: Serves a Delete; not called when the properties are wrong.
        identity: The properties of which the physical id is made, each with a text for a missing value.
        replaced_by: The properties of `identity` whose change makes a new resource: CloudFormation then
            deletes the former resource. By default every change keeps the resource.
        reserve: Seconds of the function's time that stay unused.
    """

    name: str
    read: Callable[[object], P]
    create: Serve[P]
    update: Serve[P]
    delete: Serve[P]
    identity: Mapping[str, str]
    replaced_by: tuple[str, ...] = ()
    reserve: float = RESERVE

    def handler(
        self, event: Mapping[str, Any], context: Context, clock: Clock | None = None
    ) -> dict[str, Any]:
        """Serve one event; Lambda's entry point.

        Args:
            event: RequestType, ResourceProperties and, but for Create, PhysicalResourceId; for Update also
                OldResourceProperties.
            context: Lambda's context; its remaining time less the reserve is the deadline.
            clock: Time and randomness. By default the machine's.

        Returns:
            PhysicalResourceId and, if the resource has attributes, Data.

        Raises:
            PermanentError: If the request cannot succeed as it is.
            DeadlineError: If time ran out.
        """
        request = Request.of(event, context, self.reserve, clock or Clock())
        data = self._delete(request) if request.type == "Delete" else self._make(request)
        answer = {"PhysicalResourceId": self._physical_id(request)}
        return answer if data is None else {**answer, "Data": dict(data)}

    def _make(self, request: Request) -> Mapping[str, str] | None:
        request.deadline()  # A function without time reports that before anything else.
        serve = self.create if request.type == "Create" else self.update
        return serve(request, self.read(request.properties))

    def _delete(self, request: Request) -> Mapping[str, str] | None:
        try:
            properties = self.read(request.properties)
        except PermanentError as error:
            # The resource is left from a failed Create, and a stack must remain deletable.
            Log("custom_resource").info({"nothing is deleted, the properties are wrong": str(error)})
            return None
        return self.delete(request, properties)

    def _physical_id(self, request: Request) -> str:
        """The id that CloudFormation knows, unless a change made a new resource.

        A changed id makes CloudFormation delete the former resource.
        """
        given, former = _named(request.properties), _named(request.old_properties)
        same = all(_text(given, name) == _text(former, name) for name in self.replaced_by)
        if request.known_id and (request.old_properties is None or same):
            return request.known_id
        parts = (_text(given, name) or missing for name, missing in self.identity.items())
        return "/".join((self.name, *parts))


def _named(raw: object) -> Mapping[str, Any]:
    return raw if isinstance(raw, Mapping) else {}


def _text(properties: Mapping[str, Any], name: str) -> str:
    return str(properties.get(name) or "")
