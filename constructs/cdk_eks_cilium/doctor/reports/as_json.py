"""The outcome as JSON, in the shape that docs/doctor.md describes."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, Final

from cdk_eks_cilium.doctor.engine.diagnosis import Result, Verdict

from .report import Report, exit_status, page_of

VERSION: Final = 1
"""The version of the shape. Another number means that a key went away or means something else."""


def render(report: Report) -> str:
    """The whole text."""
    return json.dumps(data(report), indent=2, ensure_ascii=False) + "\n"


def data(report: Report) -> dict[str, Any]:
    """The outcome as plain data."""
    diagnosis = report.diagnosis
    return {
        "version": VERSION,
        "subject": report.subject,
        "plan": report.plan or None,
        "at": report.at.isoformat(timespec="seconds"),
        "status": exit_status(diagnosis, report.fail_on),
        "counts": {verdict.value: len(diagnosis.of(verdict)) for verdict in Verdict},
        "checks": [_check(result) for result in diagnosis.results],
        "notes": list(report.all_notes),
    }


def _check(result: Result) -> dict[str, Any]:
    check = result.check
    return {
        "id": check.id,
        "category": check.category,
        "title": check.title,
        "verdict": result.verdict.value,
        "detail": result.detail,
        "unknown": list(result.unknown),
        "findings": [{**asdict(finding), "severity": finding.severity.value} for finding in result.findings],
        "page": page_of(check),
        "links": list(check.links),
    }
