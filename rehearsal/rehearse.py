"""Plays a whole deployment: create, update if asked for, destroy; and judges what came out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from rehearsal.assembly import Assembly
from rehearsal.engine import Engine, StackError
from rehearsal.existing import provide
from rehearsal.names import without_hash
from rehearsal.stack_state import Event, Recorder
from rehearsal.timeline import Timeline, timeline
from rehearsal.verdict import Finding, after_create, after_destroy
from rehearsal.world import Options, World

_Subject = TypeVar("_Subject")


@dataclass
class Report:
    """What a rehearsal found.

    Attributes:
        succeeded: Everything is as it should be. With `fail` set that means: the deployment failed where it
            was told to and the roll-back left nothing.
        failures: Reasons of failed stack operations, by stack and logical id, `Stack/LogicalId`.
        findings: Checks of the end state, after the creation and after the destruction.
        notes: What is worth knowing and no failure.
        events: Every status of every resource.
        timeline: The creation laid out in time under AWS's typical durations.
        phases: Real seconds of each phase.
        outputs: Stack outputs by stack and name.
    """

    timeline: Timeline
    succeeded: bool = False
    failures: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    phases: dict[str, float] = field(default_factory=dict)
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def problems(self) -> list[str]:
        """Everything that is wrong, one line each."""
        found = [f"{where}: {reason}" for where, reason in self.failures.items()]
        return found + [f"{finding.check}: {finding.detail}" for finding in self.findings if not finding.good]

    def position(self, logical_id: str, status: str) -> int:
        """Where an event comes in the history; for tests of the order.

        Args:
            logical_id: The resource, with or without the hash that CDK appends; else the beginning of one.
            status: Such as CREATE_COMPLETE.

        Raises:
            LookupError: It never happened.
        """
        reached = [(index, event) for index, event in enumerate(self.events) if event.status == status]
        for index, event in reached:
            if logical_id in (event.logical_id, without_hash(event.logical_id)):
                return index
        for index, event in reached:
            if event.logical_id.startswith(logical_id):
                return index
        raise LookupError(f"{logical_id} never was {status}")


def rehearse(
    assembly: Path,
    *,
    update: Path | None = None,
    destroy: bool = True,
    options: Options | None = None,
    listener: Callable[[Event], None] = lambda _: None,
    say: Callable[[str], None] = lambda _: None,
    inspect: Callable[[World], None] = lambda _: None,
) -> Report:
    """Plays the deployment of a cloud assembly on this machine.

    Args:
        assembly: Folder that `cdk synth` wrote.
        update: A second assembly the stacks are updated to before they are destroyed.
        destroy: Whether to destroy at the end, and to check that nothing is left.
        options: How to rehearse; the defaults of `Options`.
        listener: Gets each event as it happens.
        say: Gets remarks as they happen.
        inspect: Called with everything in place, after the creation (and update), before the destruction.

    Raises:
        AssemblyError: The folder is no assembly that can be played.
    """
    options = options or Options()
    loaded = Assembly.load(assembly)
    recorder = Recorder(listener)
    report = Report(timeline(loaded), events=recorder.events)

    def remark(text: str) -> None:
        report.notes.append(text)
        say(text)

    with World(loaded, options, remark) as world:
        engine = Engine(world, recorder)
        provide(world)
        _Play(engine, report, recorder).run(loaded, update, destroy, inspect)
        report.notes += [f"chart of {name}: {source}" for name, source in world.chart_sources.items()]
    return report


class _Play:
    """The phases of one rehearsal."""

    def __init__(self, engine: Engine, report: Report, recorder: Recorder) -> None:
        self._engine = engine
        self._report = report
        self._recorder = recorder
        self._retained: list[str] = []

    def run(
        self, assembly: Assembly, update: Path | None, destroy: bool, inspect: Callable[[World], None]
    ) -> None:
        world, report = self._engine.world, self._report
        created = self._phase("create", lambda: self._create(assembly))
        if created:
            report.outputs = {name: state.outputs for name, state in self._engine.stacks.items()}
            report.findings += after_create(world, self._engine.stacks.values())
        if created and update is not None:
            created = self._phase("update", lambda: self._update(Assembly.load(update)))
            report.findings += after_create(world, self._engine.stacks.values())
        if created:
            inspect(world)
        if destroy:
            self._phase("destroy", self._destroy)
            report.findings += after_destroy(world, self._retained)
        report.succeeded = self._as_it_should_be()

    def _as_it_should_be(self) -> bool:
        report, wanted = self._report, self._engine.world.options.fail
        good = all(finding.good for finding in report.findings)
        if wanted is None:
            return good and not report.failures
        return good and bool(report.failures) and all("on purpose" in r for r in report.failures.values())

    def _phase(self, name: str, action: Callable[[], bool]) -> bool:
        began = self._recorder.elapsed()
        try:
            return action()
        finally:
            self._report.phases[name] = self._recorder.elapsed() - began

    def _create(self, assembly: Assembly) -> bool:
        return all(self._attempt(self._engine.create, stack) for stack in assembly.stacks)

    def _update(self, assembly: Assembly) -> bool:
        engine = self._engine
        engine.world.assembly = assembly
        for stack in assembly.stacks:
            known = stack.name in engine.stacks
            operation = engine.update if known else engine.create
            if not self._attempt(operation, stack):
                return False
        return True

    def _destroy(self) -> bool:
        for name in reversed(list(self._engine.stacks)):
            state = self._engine.stacks[name]
            done = self._attempt(self._engine.delete, name)
            self._retained += state.retained
            if not done:
                return False
        return True

    def _attempt(self, operation: Callable[[_Subject], Any], subject: _Subject) -> bool:
        try:
            operation(subject)
        except StackError as error:
            for logical_id, reason in error.reasons.items():
                self._report.failures[f"{error.stack}/{logical_id}"] = reason
            return False
        return True
