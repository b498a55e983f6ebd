"""The report as JSON: its keys are a promise, which docs/rehearsal.md describes."""

from __future__ import annotations

import json
from pathlib import Path

from rehearsal.report.document import VERSION, document
from tests.rehearsal.report.reports import report

KEYS = {
    "version",
    "succeeded",
    "exit_status",
    "stacks",
    "needed",
    "summary",
    "versions",
    "problems",
    "failures",
    "findings",
    "iam",
    "notes",
    "outputs",
    "reachability",
    "interruptions",
    "phases",
    "timeline",
    "events",
    "sections",
}


def test_the_keys_of_version_1_are_there() -> None:
    """A key that goes or changes its meaning is a new version."""
    assert VERSION == 1
    assert set(document(report())) == KEYS


def test_the_keys_of_the_parts_are_there() -> None:
    given = document(report(failed=True))
    assert set(given["findings"][0]) == {
        "check",
        "good",
        "detail",
        "phase",
        "id",
        "verdict",
        "evidence",
        "fix",
    }
    assert set(given["iam"]) == {"calls", "roles", "denials", "unjudged"}
    assert set(given["timeline"]) == {"total", "bars", "critical_path"}
    assert set(given["timeline"]["bars"][0]) == {"stack", "logical_id", "type", "start", "end", "critical"}
    assert set(given["events"][0]) == {"at", "stack", "logical_id", "type", "status", "reason"}
    assert set(given["sections"][0]) == {"title", "text", "columns", "rows"}


def test_the_guide_describes_every_key(root: Path) -> None:
    guide = (root / "docs" / "rehearsal.md").read_text(encoding="utf-8")
    assert [key for key in sorted(KEYS) if f"`{key}`" not in guide] == []


def test_the_document_is_plain_data_and_complete() -> None:
    made = report(failed=True)
    given = json.loads(json.dumps(document(made)))
    assert (given["succeeded"], given["exit_status"]) == (False, 1)
    assert given["failures"] == {"app/Chart": "timed out waiting"}
    assert given["problems"] == made.problems
    assert len(given["timeline"]["bars"]) == 7


def test_events_of_stacks_that_others_need_are_left_out_unless_they_failed() -> None:
    made = report(failed=True)
    made.stacks, made.needed = ("net",), ("app",)
    assert {(event["stack"], event["status"]) for event in document(made)["events"]} == {
        ("net", "CREATE_COMPLETE"),
        ("app", "CREATE_FAILED"),
    }
