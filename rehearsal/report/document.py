"""The report as JSON. docs/rehearsal.md describes its keys; a key keeps its meaning within a `version`."""

# no belief: the report

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any, Final

from rehearsal.report.outcome import RehearsalReport
from rehearsal.report.timeline import Bar

VERSION: Final = 1
"""Raised when a key goes or changes its meaning; new keys may come at any time."""


def document(report: RehearsalReport) -> dict[str, Any]:
    """The whole report as plain data."""
    return {
        "version": VERSION,
        "succeeded": report.succeeded,
        "exit_status": 0 if report.succeeded else 1,
        "stacks": list(report.stacks),
        "needed": list(report.needed),
        "summary": report.summary,
        "versions": report.versions,
        "problems": report.problems,
        "failures": report.failures,
        "findings": [dataclasses.asdict(finding) for finding in report.findings],
        "iam": dataclasses.asdict(report.iam),
        "notes": report.notes,
        "outputs": report.outputs,
        "reachability": {
            phase: [dataclasses.asdict(cluster) for cluster in clusters]
            for phase, clusters in report.reachability.items()
        },
        "interruptions": [dataclasses.asdict(each) for each in report.interruptions],
        "phases": report.phases,
        "timeline": {
            "total": report.timeline.total,
            "bars": _bars(report.timeline.bars),
            "critical_path": _bars(report.timeline.critical_path),
        },
        "events": [dataclasses.asdict(event) for event in report.shown],
        "sections": [
            {
                "title": section.title,
                "text": section.text,
                "columns": list(section.columns),
                "rows": [list(row) for row in section.rows],
            }
            for section in report.sections
        ],
    }


def _bars(bars: Iterable[Bar]) -> list[dict[str, Any]]:
    return [dataclasses.asdict(bar) for bar in bars]
