"""The report of a rehearsal."""

# no belief: the report

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rehearsal.aws.names import without_hash
from rehearsal.cloudformation.state import Event
from rehearsal.reachability.answers import Reachability
from rehearsal.report.meanwhile import Interruption
from rehearsal.report.phases import TITLES
from rehearsal.report.section import Section
from rehearsal.report.timeline import Timeline
from rehearsal.report.verdict import EndStateFinding, Judged


@dataclass
class RehearsalReport:
    """The report of a rehearsal.

    Attributes:
        succeeded: Everything is as it should be. With `fail` set this means that the deployment failed at
            that resource alone, and that in the end nothing is left.
        failures: Reasons of failed stack operations, by stack and logical id, `Stack/LogicalId`.
        findings: Checks of the end state, each with the phase after which it was judged.
        notes: Remarks that are not failures.
        events: Every status of every resource.
        timeline: The creation laid out in time under AWS's typical durations.
        phases: Real seconds of each phase.
        outputs: Stack outputs by stack and name.
        stacks: The stacks that the report is about, in the order of their deployment.
        needed: The stacks that were deployed only because one of `stacks` needs them.
        summary: What was rehearsed, in words, by what it is.
        versions: The versions of what rehearsed it.
        iam: How IAM judged the calls.
        sections: Further parts, for whoever judges more.
        reachability: Who reaches whom in each cluster's network, after the creation and after each update.
        interruptions: The ways that the update cut while it ran, and that were open before.
    """

    timeline: Timeline
    succeeded: bool = False
    failures: dict[str, str] = field(default_factory=dict)
    findings: list[EndStateFinding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    phases: dict[str, float] = field(default_factory=dict)
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    stacks: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()
    summary: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    iam: Judged = field(default_factory=Judged)
    sections: list[Section] = field(default_factory=list)
    reachability: dict[str, list[Reachability]] = field(default_factory=dict)
    interruptions: list[Interruption] = field(default_factory=list)

    @property
    def problems(self) -> list[str]:
        """Everything that is wrong, one line each."""
        found = [f"{where}: {reason}" for where, reason in self.failures.items()]
        return found + [_in_words(finding) for finding in self.findings if not finding.good]

    @property
    def shown(self) -> list[Event]:
        """The events that the report is about: every event of its stacks, and failures of the others."""
        return [event for event in self.events if event.stack not in self.needed or is_failure(event)]

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


def _in_words(finding: EndStateFinding) -> str:
    """A finding in a line; one of an update says so, since the creation may have the same."""
    after = f" ({TITLES[finding.phase]})" if finding.phase.startswith("update") else ""
    return f"{finding.check}: {finding.detail}{after}"


def is_failure(event: Event) -> bool:
    """Whether an event tells of a failure, or of a way back after one."""
    return "FAILED" in event.status or "ROLLBACK" in event.status
