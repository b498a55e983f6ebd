"""SARIF of any tool."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import jsonschema

from cdk_eks_cilium.report_formats.sarif import SarifRun, fingerprint, sentence
from tests.unit.report_formats.sarif_shape import LOG

AT = datetime(2026, 11, 30, 12, 0, 1, tzinfo=UTC)


def test_a_run_is_a_log_by_itself() -> None:
    rule = {"id": "a"}
    result = {"ruleId": "a", "ruleIndex": 0, "level": "error", "message": {"text": "x"}}
    note = {"level": "note", "message": {"text": "y"}}
    log = json.loads(SarifRun("tool", "files", AT, False, [rule], [result], [note]).render())
    jsonschema.validate(log, LOG)
    (run,) = log["runs"]
    assert run["automationDetails"] == {"id": "tool/files/"}
    assert run["tool"]["driver"]["rules"] == [rule]
    assert run["results"] == [result]
    (invocation,) = run["invocations"]
    assert invocation == {
        "executionSuccessful": False,
        "endTimeUtc": "2026-11-30T12:00:01Z",
        "toolExecutionNotifications": [note],
    }


def test_a_fingerprint_tells_parts_apart() -> None:
    assert fingerprint(["a", "b"]) == fingerprint(("a", "b"))
    assert len({fingerprint(each) for each in (["a", "b"], ["ab"], ["b", "a"], [])}) == 4


def test_a_clause_becomes_a_sentence() -> None:
    assert sentence("it is so") == "It is so."
    assert sentence("") == "."
