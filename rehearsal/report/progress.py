"""The output of a rehearsal: events as they happen, then timeline, end state and verdict."""

# no belief: the report

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.markup import escape

from rehearsal.aws.names import shorten
from rehearsal.cloudformation.catalogue import traits
from rehearsal.cloudformation.state import Event
from rehearsal.reachability.picture import draw
from rehearsal.reachability.table import lines
from rehearsal.report.outcome import RehearsalReport
from rehearsal.report.phases import TITLES, as_created, by_phase
from rehearsal.report.verdict import EndStateFinding

_STACK = "AWS::CloudFormation::Stack"


PATIENCE: Final = 5.0
"""Seconds without a line after which a log says what goes on."""
_AT_MOST = 5
_COLOURS: Final = {"ok": "green", "BAD": "red", "warn": "yellow", "-": "default"}


class Progress:
    """Prints events, and what goes on between them: on a terminal in a status line, elsewhere now and then.

    Args:
        console: Where to print.
        monotonic: The clock.
    """

    def __init__(self, console: Console, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._monotonic = monotonic
        self._running: dict[tuple[str, str], str] = {}
        self._status = console.status("starting") if console.is_terminal else None
        self._began = self._told = monotonic()
        self._over = threading.Event()

    def __enter__(self) -> Progress:
        if self._status:
            self._status.start()
        elif not self._console.quiet:
            threading.Thread(target=self._beat, name="progress", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Takes the status line away, and gives the terminal its cursor back."""
        self._over.set()
        if self._status:
            self._status.stop()

    def _beat(self) -> None:
        while not self._over.wait(1.0):
            self.pulse()

    def pulse(self) -> None:
        """Says what goes on, if nothing was printed for `PATIENCE` seconds."""
        now = self._monotonic()
        if now - self._told >= PATIENCE:
            self._print(f"{now - self._began:6.1f} s [dim]goes on[/]              {escape(self._goes_on())}")

    def _goes_on(self) -> str:
        names = list(self._running.copy().values())
        more = f" and {len(names) - _AT_MOST} more" if len(names) > _AT_MOST else ""
        return f"{', '.join(names[:_AT_MOST])}{more}" or "waiting"

    def _print(self, line: str) -> None:
        self._told = self._monotonic()
        self._console.print(line, highlight=False, soft_wrap=True)

    def event(self, event: Event) -> None:
        """Takes an event."""
        key = (event.stack, event.logical_id)
        if event.type != _STACK:
            if event.status.endswith("_IN_PROGRESS"):
                self._running[key] = shorten(event.logical_id)
            else:
                self._running.pop(key, None)
            if self._status:
                self._status.update(self._goes_on())
        if event.type == _STACK or _worth_a_line(event):
            self._print(_line(event))

    def say(self, text: str) -> None:
        """Prints a remark."""
        self._print(f"         note: {escape(text)}")


def _worth_a_line(event: Event) -> bool:
    if event.status.endswith(("_FAILED", "_SKIPPED")):
        return True
    return event.status.endswith("_COMPLETE") and traits(event.type).notable


def _line(event: Event) -> str:
    colour = "red" if "FAILED" in event.status or "ROLLBACK" in event.status else "green"
    if event.status.endswith("_IN_PROGRESS"):
        colour = "cyan"
    what = "" if event.type == _STACK else f"{event.type} "
    # The first line only; the report has the whole text.
    reason = f": {escape(event.reason.strip().splitlines()[0])}" if event.reason.strip() else ""
    name = event.logical_id if event.type == _STACK else shorten(event.logical_id)
    return f"{event.at:6.1f} s [{colour}]{event.status:<20}[/] {escape(what)}{escape(name)}{reason}"


def print_report(report: RehearsalReport, console: Console, *, every_way: bool = False) -> None:
    """Prints timeline, reachability, end state, real seconds and the verdict.

    Args:
        report: The report.
        console: Where to print.
        every_way: Whether to print each way of the network, and not only what is needed and what is cut.
    """
    console.print("\nOn AWS the creation would take about:", highlight=False)
    for line in report.timeline.text():
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    _print_reachability(report, console, every_way)
    _print_end_state(report, console)
    if report.notes or report.failures:
        console.print()
    for note in report.notes:
        console.print(f"  note: {escape(note)}", highlight=False, soft_wrap=True)
    for where, reason in report.failures.items():
        console.print(
            f"  [red]failed[/] {escape(where)}: {escape(reason.strip())}", highlight=False, soft_wrap=True
        )
    phases = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in report.phases.items())
    verdict = "[green]as it should be[/]" if report.succeeded else "[red]not as it should be[/]"
    console.print(f"\nRehearsed: {phases}. The end state is {verdict}.", highlight=False, soft_wrap=True)


def _print_end_state(report: RehearsalReport, console: Console) -> None:
    """The findings by phase; what an update left good and as after the creation is one line."""
    phases = by_phase(report.findings)
    for phase, findings in phases.items():
        console.print(f"\nEnd state {TITLES[phase]}:", highlight=False)
        shown: list[str] = []
        if phase.startswith("update"):
            same, findings, gone = as_created(findings, phases.get("create", []))
            count = "1 check is" if len(same) == 1 else f"{len(same)} checks are"
            shown = [f"[green]ok [/] {count} as after the creation"] * bool(same)
            shown += [f"-   after the creation alone: {escape(check)}" for check in gone]
        for line in [*shown, *map(_finding, findings)]:
            console.print(f"  {line}", highlight=False, soft_wrap=True)


def _finding(finding: EndStateFinding) -> str:
    mark = f"[{_COLOURS[finding.mark]}]{finding.mark:<3}[/]"
    detail = f" ({escape(finding.detail)})" if finding.detail else ""
    fix = "".join(f"\n        {escape(line)}" for line in finding.fix.splitlines())
    return f"{mark} {escape(finding.check)}{detail}{fix}"


def _print_reachability(report: RehearsalReport, console: Console, every_way: bool) -> None:
    """The table of the last phase."""
    colours = {"ok": "green", "BAD": "red", "cut": "yellow", "": "default"}
    for each in list(report.reachability.values())[-1:]:
        for cluster in each:
            console.print(f"\nReachability of cluster {escape(cluster.cluster)}:", highlight=False)
            for line in lines(cluster, everything=every_way):
                mark = f"[{colours[line.mark]}]{line.mark:<3}[/]"
                console.print(f"  {mark} {escape(line.text)}", highlight=False, soft_wrap=True)


def write_picture(report: RehearsalReport, file: Path) -> bool:
    """Draws who reaches whom at the end, as SVG, and returns whether there was a cluster to draw.

    Of several clusters, each further one gets a file beside it.
    """
    for clusters in list(report.reachability.values())[-1:]:
        for number, each in enumerate(clusters):
            path = file if number == 0 else file.with_stem(f"{file.stem}-{each.cluster}")
            path.write_text(draw(each), encoding="utf-8")
    return any(report.reachability.values())
