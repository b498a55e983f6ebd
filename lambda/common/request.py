"""A request of CDK's provider framework, and the time for it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from deadline import Clock, Deadline, Pace
from errors import PermanentError

_TYPES = ("Create", "Update", "Delete")


class Context(Protocol):
    """The part of Lambda's context object that a function uses."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends the function."""


@dataclass(frozen=True)
class Request:
    """One request.

    The event also holds CloudFormation's presigned answer URL, which is left out here and so in every log.

    Attributes:
        type: ``Create``, ``Update`` or ``Delete``.
        properties: ``ResourceProperties`` as they came; they may be wrong in any way.
        old_properties: ``OldResourceProperties`` likewise; None except for an Update.
        known_id: The physical id that CloudFormation knows; empty for a Create.
        stack_id: The stack's ARN.
        seconds: Seconds until Lambda ends the function.
        reserve: Seconds of that time that stay unused, so that the function can report a failure.
    """

    type: str
    properties: object
    old_properties: object
    known_id: str
    stack_id: str
    seconds: float
    reserve: float
    _clock: Clock = field(repr=False)

    @classmethod
    def of(cls, event: Mapping[str, Any], context: Context, reserve: float, clock: Clock) -> Request:
        """Read an event.

        Raises:
            PermanentError: If it has another type.
        """
        request_type = event.get("RequestType")
        if request_type not in _TYPES:
            raise PermanentError(f"RequestType: must be Create, Update or Delete, got {request_type!r}")
        return cls(
            type=str(request_type),
            properties=event.get("ResourceProperties"),
            old_properties=event.get("OldResourceProperties"),
            known_id=str(event.get("PhysicalResourceId") or ""),
            stack_id=str(event.get("StackId")),
            seconds=context.get_remaining_time_in_millis() / 1000,
            reserve=reserve,
            _clock=clock,
        )

    def deadline(self, at_most: float = math.inf, pace: Pace | None = None) -> Deadline:
        """The function's time from now on.

        Args:
            at_most: Seconds that may be used, if the function has more.
            pace: The pauses between attempts. By default from half a second up to eight.

        Raises:
            PermanentError: If the function's timeout is not longer than the reserve.
        """
        spare = self.seconds - self.reserve
        if spare <= 0:
            raise PermanentError(
                f"function timeout: must be over {self.reserve:.0f} s, got {self.seconds:.1f} s; "
                "give it some minutes"
            )
        return Deadline(min(spare, at_most), self._clock, pace or Pace())
