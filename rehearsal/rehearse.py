"""Plays a whole deployment (create, update if given, destroy) and judges the result."""

# no belief: the phases of a rehearsal

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from rehearsal.aws.account import Account
from rehearsal.aws.control_planes import begin_ahead
from rehearsal.aws.existing import provide
from rehearsal.aws.existing_clusters import provide_clusters
from rehearsal.aws.runtime import Options, Runtime
from rehearsal.cloudformation.assembly import Assembly
from rehearsal.cloudformation.engine import Engine
from rehearsal.cloudformation.failures import UNCHANGED, StackError
from rehearsal.cloudformation.state import Event, Recorder, Retained
from rehearsal.functions.warm_server import keep_models
from rehearsal.reachability.asking import ask
from rehearsal.report.meanwhile import Meanwhile
from rehearsal.report.outcome import RehearsalReport, is_failure
from rehearsal.report.summary import summary, versions
from rehearsal.report.timeline import timeline
from rehearsal.report.verdict import (
    EndStateFinding,
    after_asking,
    after_calls,
    after_create,
    after_destroy,
    before_update,
    judged,
)
from rehearsal.wishes import refuse_in_vain

_Subject = TypeVar("_Subject")


def rehearse(
    assembly: Path,
    *,
    update: Path | None = None,
    destroy: bool = True,
    options: Options | None = None,
    only: Collection[str] = (),
    listener: Callable[[Event], None] = lambda _: None,
    say: Callable[[str], None] = lambda _: None,
    between: Callable[[Account], None] = lambda _: None,
    inspect: Callable[[Account], None] = lambda _: None,
) -> RehearsalReport:
    """Plays the deployment of a cloud assembly on this machine.

    Args:
        assembly: Folder that `cdk synth` wrote.
        update: A second assembly, to which the stacks are updated before they are destroyed.
        destroy: Whether to destroy at the end, and to check that nothing is left.
        options: How to rehearse; the defaults of `Options`.
        only: Names of the stacks to report on; what they need is deployed before them, and a failure there is
            reported too. By default all stacks.
        listener: Gets each event as it happens.
        say: Gets remarks as they happen.
        between: Called with the account before the update, as people change things by hand.
        inspect: Called with the account after the creation (and update), before the destruction.

    Raises:
        AssemblyError: The folder is not an assembly that can be played, has no stack of a name in *only*, or
            has nothing for an option.
    """
    keep_models()
    options = options or Options()
    loaded = _loaded(assembly, only)
    after = None if update is None else _loaded(update, only)
    refuse_in_vain(options, loaded, after, destroy)
    report = _begun(loaded, only)

    def heard(event: Event) -> None:
        if event.stack not in report.needed or is_failure(event):
            listener(event)

    recorder = Recorder(heard)
    report.events = recorder.events

    def remark(text: str) -> None:
        report.notes.append(text)
        say(text)

    with Account(loaded.environment) as account, Runtime(options, loaded.asset, remark) as runtime:
        begin_ahead(runtime, (each for stack in loaded.stacks for each in stack.resources.values()))
        if provided := provide(account, [stack.template for stack in loaded.stacks]):
            remark(f"stand-ins for what the template expects to exist: {', '.join(provided)}")
        texts = provide_clusters(account, runtime, [stack.template for stack in loaded.stacks])
        loaded, after = loaded.standing_in(texts), after and after.standing_in(texts)
        if report.needed:
            remark(f"deployed because others need them, without a report: {', '.join(report.needed)}")
        _Play(account, runtime, report, recorder).run(loaded, after, destroy, between, inspect)
        report.iam = judged(account)
        report.notes += [f"IAM did not judge {what}" for what in report.iam.unjudged]
        report.notes += [f"chart of {name}: {source}" for name, source in runtime.chart_sources.items()]
    return report


def _loaded(folder: Path, only: Collection[str]) -> Assembly:
    assembly = Assembly.load(folder)
    return assembly.only(only) if only else assembly


def _begun(assembly: Assembly, only: Collection[str]) -> RehearsalReport:
    """A report with what is known before the rehearsal."""
    stacks = tuple(stack for stack in assembly.stacks if not only or stack.name in only)
    reported = replace(assembly, stacks=stacks)
    names = tuple(stack.name for stack in stacks)
    return RehearsalReport(
        timeline(reported),
        stacks=names,
        needed=tuple(stack.name for stack in assembly.stacks if stack.name not in names),
        summary=summary(reported),
        versions=versions(),
    )


class _Play:
    """The phases of one rehearsal."""

    def __init__(
        self, account: Account, runtime: Runtime, report: RehearsalReport, recorder: Recorder
    ) -> None:
        self._account = account
        self._runtime = runtime
        self._engine = Engine(account, runtime, recorder)
        self._report = report
        self._recorder = recorder
        self._retained: list[Retained] = []
        self._refused = False

    def run(
        self,
        assembly: Assembly,
        update: Assembly | None,
        destroy: bool,
        between: Callable[[Account], None],
        inspect: Callable[[Account], None],
    ) -> None:
        account, report = self._account, self._report
        created = self._phase("create", lambda: self._deploy(assembly))
        if created:
            report.outputs = {name: state.outputs for name, state in self._engine.stacks.items()}
            self._judge("create")
        if created and update is not None:
            if self._runtime.options.new_images:
                self._account.images.publish()
            between(account)
            stacks = ([stack.resources for stack in each.stacks] for each in (assembly, update))
            self._found("update", before_update(*stacks))
            created = self._update(update)
            self._judge("update")
            if not created and self._failed_on_purpose("update"):
                created = self._phase("update again", lambda: self._deploy(update))
                self._judge("update again")
        if created:
            inspect(account)
        if destroy:
            before = len(self._engine.stacks)
            self._phase("destroy", self._destroy)
            # After a destroy that was refused, everything is there as before.
            if len(self._engine.stacks) < before or not self._refused:
                self._found("destroy", after_destroy(account, self._retained))
        report.findings.append(after_calls(account))
        if (wanted := self._runtime.options.fail) is not None and not report.failures:
            operation = self._runtime.options.fail_on
            report.findings.append(EndStateFinding(f"{wanted} fails on {operation}", False, "nothing did"))
        report.succeeded = self._as_it_should_be()

    def _update(self, assembly: Assembly) -> bool:
        """Updates, and looks at the network all the while."""
        account, stacks, report = self._account, self._engine.stacks.values(), self._report
        watch = Meanwhile(lambda: ask(account, stacks), report.reachability["create"])
        with self._recorder.heard_by(watch.event):
            done = self._phase("update", lambda: self._deploy(assembly))
        report.interruptions = watch.interruptions
        report.notes += [f"while the update ran, {each}" for each in watch.interruptions if each.needed]
        return done

    def _judge(self, phase: str) -> None:
        """Checks the end state of a phase, the network included."""
        account, stacks, report = self._account, self._engine.stacks.values(), self._report
        report.reachability[phase] = ask(account, stacks)
        self._found(phase, after_create(account, stacks) + after_asking(report.reachability[phase]))

    def _found(self, phase: str, findings: Iterable[EndStateFinding]) -> None:
        self._report.findings += [replace(finding, phase=phase) for finding in findings]

    def _as_it_should_be(self) -> bool:
        report, wanted = self._report, self._runtime.options.fail
        good = all(finding.good for finding in report.findings)
        if wanted is None:
            return good and not report.failures
        return good and bool(report.failures) and all("on purpose" in r for r in report.failures.values())

    def _failed_on_purpose(self, operation: str) -> bool:
        options = self._runtime.options
        return options.fail is not None and options.fail_on == operation

    def _phase(self, name: str, action: Callable[[], bool]) -> bool:
        began = self._recorder.elapsed()
        try:
            return action()
        finally:
            self._report.phases[name] = self._recorder.elapsed() - began

    def _deploy(self, assembly: Assembly) -> bool:
        engine = self._engine
        self._runtime.asset, self._runtime.existing_crds = assembly.asset, assembly.existing_crds
        return all(
            self._attempt(engine.update if stack.name in engine.stacks else engine.create, stack)
            for stack in assembly.stacks
        )

    def _destroy(self) -> bool:
        for name in reversed(list(self._engine.stacks)):
            state = self._engine.stacks[name]
            done = self._attempt(self._engine.delete, name)
            if not done and self._failed_on_purpose("delete"):
                done = self._attempt(self._engine.delete, name)
            self._retained += state.retained
            if not done:
                return False
        return True

    def _attempt(self, operation: Callable[[_Subject], Any], subject: _Subject) -> bool:
        try:
            operation(subject)
        except StackError as error:
            self._refused = error.status == UNCHANGED
            for logical_id, reason in error.reasons.items():
                self._report.failures[f"{error.stack}/{logical_id}"] = reason
            return False
        return True
