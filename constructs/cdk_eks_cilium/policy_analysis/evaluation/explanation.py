"""The answer: allowed or denied, by which rules, and what would have to change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .compiled import Direction, Place
from .flow import Flow


@dataclass(frozen=True)
class Ruling:
    """The answer for one direction.

    Attributes:
        direction: ``egress``, judged where the source is, or ``ingress``, judged where the destination is.
        allowed: Whether the flow may pass; with *limits*, whether some of it may.
        reason: Why, as a sentence without its full stop.
        deciding: The places of the rules that decide.
        limits: Conditions for requests to pass, any of them; empty without conditions.
        change: What would have to change for the other answer, as a clause; empty if unknown.
        remarks: What the answer depends on, and what is unknown.
    """

    direction: Direction
    allowed: bool
    reason: str
    deciding: tuple[Place, ...] = ()
    limits: tuple[str, ...] = ()
    change: str = ""
    remarks: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The verdict as plain data."""
        return {
            "direction": self.direction,
            "verdict": "allowed" if self.allowed else "denied",
            "reason": self.reason,
            "deciding": [{"policy": place.policy, "path": place.path} for place in self.deciding],
            "limits": list(self.limits),
            "change": self.change,
            "remarks": list(self.remarks),
        }


@dataclass(frozen=True)
class Explanation:
    """The answer for a flow.

    Attributes:
        flow: The flow.
        egress: The verdict of the source; None if the source is not a pod.
        ingress: The verdict of the destination; None if the destination is not a pod.
    """

    flow: Flow
    egress: Ruling | None
    ingress: Ruling | None

    @property
    def verdicts(self) -> tuple[Ruling, ...]:
        """The verdicts, in the order in which a packet meets them."""
        return tuple(verdict for verdict in (self.egress, self.ingress) if verdict is not None)

    @property
    def allowed(self) -> bool:
        """Whether the flow may pass both ways."""
        return all(verdict.allowed for verdict in self.verdicts)

    @property
    def limits(self) -> tuple[str, ...]:
        """The conditions for requests to pass, in words."""
        return tuple(limit for verdict in self.verdicts for limit in verdict.limits)

    def as_json(self) -> dict[str, Any]:
        """The answer as plain data."""
        return {
            "source": str(self.flow.source),
            "destination": str(self.flow.destination),
            "port": self.flow.port,
            "protocol": self.flow.protocol,
            "verdict": "allowed" if self.allowed else "denied",
            "directions": [verdict.as_json() for verdict in self.verdicts],
        }
