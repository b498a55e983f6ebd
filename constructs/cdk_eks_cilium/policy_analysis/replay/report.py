"""What a replay found, grouped for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from cdk_eks_cilium.policy_analysis.evaluation import Direction
from cdk_eks_cilium.policy_analysis.flows import Outcome, Party, Tally

Kind = Literal["denied", "opened", "unknown"]
"""What would change: a flow that passes would be denied, one that is refused would pass, or nobody knows."""

KINDS: Final[tuple[Kind, ...]] = ("denied", "opened", "unknown")

MOST_GROUPS: Final = 20_000
"""Groups that are told apart."""

_EXAMPLES: Final = 3


@dataclass(frozen=True)
class FlowGroup:
    """What flows of one change have in common.

    Attributes:
        kind: What would change.
        was: What policies did when the flows were recorded.
        source: Who begins.
        destination: The other side; addresses without a name are ``world``.
        protocol: The protocol.
        port: The port, or the type of ICMP.
        direction: Where it is decided.
        deciding: The places of the rules that decide.
        reason: Why, as a clause; for unknown changes what is missing.
    """

    kind: Kind
    was: Outcome
    source: str
    destination: str
    protocol: str
    port: int
    direction: Direction
    deciding: tuple[str, ...]
    reason: str


@dataclass
class FlowChange:
    """Flows that would change, of one group.

    Attributes:
        group: What they have in common.
        records: How many records there are.
        first: The time of the earliest.
        last: The time of the latest.
        examples: Some of the first records.
    """

    group: FlowGroup
    records: int = 0
    first: str = ""
    last: str = ""
    examples: list[str] = field(default_factory=list)

    def add(self, tally: Tally) -> None:
        """Add the records of a tally."""
        self.records += tally.records
        first, last = (each.decode(errors="replace") for each in (tally.first, tally.last))
        self.first = min(filter(None, (self.first, first)), default="")
        self.last = max(self.last, last)
        assert tally.sighting is not None
        request = str(tally.sighting.conversation).partition(f" {self.group.protocol} {self.group.port} ")[2]
        for example in tally.examples:
            if len(self.examples) < _EXAMPLES:
                self.examples.append(f"{example} {request}".rstrip())

    def as_json(self) -> dict[str, Any]:
        """The change as plain data."""
        group = self.group
        return {
            "change": group.kind,
            "was": group.was,
            "source": group.source,
            "destination": group.destination,
            "protocol": group.protocol,
            "port": group.port,
            "direction": group.direction,
            "deciding": list(group.deciding),
            "reason": group.reason,
            "flows": self.records,
            "first": self.first,
            "last": self.last,
            "examples": self.examples,
        }


@dataclass
class ReplayReport:
    """What a replay found.

    Attributes:
        same: How many records stay as they are.
        changed: How many records would change, by kind.
        conversations: How many conversations there are: who, to whom, at what. One comes again after a batch.
        groups: The changes.
        further: Records of groups beyond `MOST_GROUPS`.
        windows: How many records would change by the beginning of their times, by kind.
        unjudged: How many records were not judged, by reason.
    """

    same: int = 0
    changed: dict[Kind, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    conversations: int = 0
    groups: dict[FlowGroup, FlowChange] = field(default_factory=dict)
    further: int = 0
    windows: dict[str, dict[Kind, int]] = field(default_factory=dict)
    unjudged: dict[str, int] = field(default_factory=dict)

    @property
    def judged(self) -> int:
        """How many records were judged."""
        return self.same + sum(self.changed.values())

    def changes(self, *kinds: Kind) -> list[FlowChange]:
        """The changes of some kinds, by default of all; most records first."""
        chosen = [each for each in self.groups.values() if each.group.kind in (kinds or KINDS)]
        return sorted(chosen, key=lambda one: (KINDS.index(one.group.kind), -one.records, _order(one.group)))

    def add(self, group: FlowGroup, tally: Tally) -> None:
        """Add records that would change."""
        self.changed[group.kind] += tally.records
        for window, count in tally.windows.items():
            row = self.windows.setdefault(window.decode(errors="replace"), dict.fromkeys(KINDS, 0))
            row[group.kind] += count
        if group not in self.groups and len(self.groups) >= MOST_GROUPS:
            self.further += tally.records
            return
        self.groups.setdefault(group, FlowChange(group)).add(tally)

    def refuse(self, reason: str, records: int) -> None:
        """Count records that are not judged."""
        self.unjudged[reason] = self.unjudged.get(reason, 0) + records

    def as_json(self) -> dict[str, Any]:
        """The report as plain data."""
        return {
            "judged": self.judged,
            "same": self.same,
            **{str(kind): records for kind, records in self.changed.items()},
            "conversations": self.conversations,
            "changes": [change.as_json() for change in self.changes()],
            "further": self.further,
            "windows": {window: dict(self.windows[window]) for window in sorted(self.windows)},
            "unjudged": dict(most_first(self.unjudged)),
        }


def most_first(counts: Mapping[str, int]) -> Iterable[tuple[str, int]]:
    """Counts, the highest first."""
    return sorted(counts.items(), key=lambda each: (-each[1], each[0]))


def group_name(party: Party) -> str:
    """How a group calls a side: addresses without a name are one."""
    return "world" if party.kind == "world" and not party.names else str(party)


def _order(group: FlowGroup) -> tuple[Any, ...]:
    return group.source, group.destination, group.protocol, group.port, group.direction, group.deciding
