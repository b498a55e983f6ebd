"""The outcome as JSON."""

from __future__ import annotations

import json

from cdk_eks_cilium.doctor.reports import as_json
from tests.unit.doctor.reports.diagnoses import report


def test_it_has_everything_that_the_text_shortens() -> None:
    found = json.loads(as_json.render(report()))
    assert {key: found[key] for key in found if key != "checks"} == {
        "version": 1,
        "subject": "context prod",
        "plan": "settings.yaml",
        "at": "2026-11-30T12:00:00+00:00",
        "status": 1,
        "counts": {"ok": 1, "warning": 1, "error": 1, "unknown": 1, "skipped": 1},
        "notes": ["AWS was not asked", "x: is ignored, and finds nothing"],
    }
    first = found["checks"][0]
    assert len(first["findings"][0]["evidence"]) == 7
    assert first == {
        "id": "nodes-ready",
        "category": "nodes",
        "title": "every node is ready",
        "verdict": "error",
        "detail": "",
        "unknown": ["2 nodes could not be read"],
        "findings": [
            {
                "severity": "error",
                "summary": "7 of 9 nodes are not ready",
                "evidence": first["findings"][0]["evidence"],
                "fix": "# Look first.\nkubectl get nodes",
                "fault": "cilium/cilium#46513, fixed in 1.19.7",
            }
        ],
        "page": "docs/doctor-checks.md#nodes-ready",
        "links": ["https://docs.example.com/nodes"],
    }
    assert first["findings"][0]["evidence"][0] == {
        "object": "Node ip-10-0-0-0",
        "field": "status.conditions[Ready]",
        "seen": "False",
        "expected": "True",
    }


def test_without_settings_there_is_no_plan() -> None:
    assert json.loads(as_json.render(report(plan="")))["plan"] is None
