"""The report of a rehearsal."""

# no belief: the report

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rehearsal.aws.names import without_hash
from rehearsal.cloudformation.state import Event
from rehearsal.reachability.answers import Reachability
from rehearsal.report.timeline import Timeline
from rehearsal.report.verdict import EndStateFinding


@dataclass
class RehearsalReport:
    """The report of a rehearsal.

    Attributes:
        succeeded: Everything is as it should be. With `fail` set this means that the deployment failed at
            that resource alone, and that in the end nothing is left.
        failures: Reasons of failed stack operations, by stack and logical id, `Stack/LogicalId`.
        findings: Checks of the end state, after the creation and after the destruction.
        notes: Remarks that are not failures.
        events: Every status of every resource.
        timeline: The creation laid out in time under AWS's typical durations.
        phases: Real seconds of each phase.
        outputs: Stack outputs by stack and name.
        reachability: Who reaches whom in each cluster's network, after the creation and after each update.
    """

    timeline: Timeline
    succeeded: bool = False
    failures: dict[str, str] = field(default_factory=dict)
    findings: list[EndStateFinding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    phases: dict[str, float] = field(default_factory=dict)
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    reachability: dict[str, list[Reachability]] = field(default_factory=dict)

    @property
    def problems(self) -> list[str]:
        """Everything that is wrong, one line each."""
        found = [f"{where}: {reason}" for where, reason in self.failures.items()]
        return found + [f"{finding.check}: {finding.detail}" for finding in self.findings if not finding.good]

    def position(self, logical_id: str, status: str) -> int:
        """The place of an event in the history; for tests of the order.

        Args:
            logical_id: The logical id, with or without the hash that CDK appends, or the beginning of it.
            status: Such as CREATE_COMPLETE.

        Raises:
            LookupError: The resource never had the status.
        """
        reached = [(index, event) for index, event in enumerate(self.events) if event.status == status]
        for index, event in reached:
            if logical_id in (event.logical_id, without_hash(event.logical_id)):
                return index
        for index, event in reached:
            if event.logical_id.startswith(logical_id):
                return index
        raise LookupError(f"{logical_id} never was {status}")
