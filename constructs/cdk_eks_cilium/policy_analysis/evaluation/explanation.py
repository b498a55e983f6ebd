"""The answer: allowed or denied, by which rules, and what would have to change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from .compiled import Direction, Place
from .flow import Flow

Verdict = Literal["allowed", "denied", "unknown"]
"""Whether a flow may pass; ``unknown`` where the answer depends on something that nobody described."""

_WORDS: Final = {"allowed": "allowed", "denied": "denied", "unknown": "not known"}


@dataclass(frozen=True)
class Ruling:
    """The answer for one direction.

    Attributes:
        direction: ``egress``, judged where the source is, or ``ingress``, judged where the destination is.
        verdict: Whether the flow may pass; with *limits*, whether some of it may.
        reason: Why, as a sentence without its full stop.
        deciding: The places of the rules that decide.
        limits: Conditions for requests to pass, any of them; empty without conditions.
        change: What would have to change for the other answer, as a clause; empty if unknown.
        remarks: What the answer depends on, and what is unknown.
        missing: What somebody must describe so that an unknown verdict becomes known, such as
            ``Namespace tools``; empty for other verdicts.
    """

    direction: Direction
    verdict: Verdict
    reason: str
    deciding: tuple[Place, ...] = ()
    limits: tuple[str, ...] = ()
    change: str = ""
    remarks: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def allowed(self) -> bool:
        """Whether the flow is known to pass."""
        return self.verdict == "allowed"

    @property
    def word(self) -> str:
        """The verdict in words: ``allowed``, ``denied`` or ``not known``."""
        return _WORDS[self.verdict]

    def as_json(self) -> dict[str, Any]:
        """The verdict as plain data."""
        return {
            "direction": self.direction,
            "verdict": self.verdict,
            "reason": self.reason,
            "deciding": [{"policy": place.policy, "path": place.path} for place in self.deciding],
            "limits": list(self.limits),
            "change": self.change,
            "remarks": list(self.remarks),
            "missing": list(self.missing),
        }


@dataclass(frozen=True)
class Explanation:
    """The answer for a flow.

    Attributes:
        flow: The flow.
        egress: The verdict of the source; None if neither a pod's policies nor a node's may refuse the flow.
        ingress: The verdict of the destination, likewise.
    """

    flow: Flow
    egress: Ruling | None
    ingress: Ruling | None

    @property
    def verdicts(self) -> tuple[Ruling, ...]:
        """The verdicts, in the order in which a packet meets them."""
        return tuple(verdict for verdict in (self.egress, self.ingress) if verdict is not None)

    @property
    def verdict(self) -> Verdict:
        """Whether the flow may pass both ways: a denial counts more than what is unknown."""
        found = {ruling.verdict for ruling in self.verdicts}
        if "denied" in found:
            return "denied"
        return "unknown" if "unknown" in found else "allowed"

    @property
    def allowed(self) -> bool:
        """Whether the flow is known to pass both ways."""
        return self.verdict == "allowed"

    @property
    def word(self) -> str:
        """The verdict in words: ``allowed``, ``denied`` or ``not known``."""
        return _WORDS[self.verdict]

    @property
    def missing(self) -> tuple[str, ...]:
        """What somebody must describe so that an unknown verdict becomes known; empty for other verdicts."""
        if self.verdict != "unknown":
            return ()
        return tuple(dict.fromkeys(each for ruling in self.verdicts for each in ruling.missing))

    @property
    def limits(self) -> tuple[str, ...]:
        """The conditions for requests to pass, all of them: one text for each direction that has some."""
        return tuple(" or ".join(verdict.limits) for verdict in self.verdicts if verdict.limits)

    def as_json(self) -> dict[str, Any]:
        """The answer as plain data."""
        return {
            "source": str(self.flow.source),
            "destination": str(self.flow.destination),
            "port": self.flow.port,
            "protocol": self.flow.protocol,
            "verdict": self.verdict,
            "directions": [verdict.as_json() for verdict in self.verdicts],
        }
