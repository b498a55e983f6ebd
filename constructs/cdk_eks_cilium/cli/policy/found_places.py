"""Findings of lints with the file and the line that each is about, for people and as SARIF."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Any, Final
from urllib.parse import quote

from cdk_eks_cilium.policy.documents import Document
from cdk_eks_cilium.policy_analysis.lint import LINTS, LintFinding
from cdk_eks_cilium.policy_analysis.reading import LeftOut
from cdk_eks_cilium.report_formats.sarif import SarifRun, fingerprint, sentence

_PART: Final = re.compile(r"\[(?P<index>\d+)\]|\['(?P<quoted>[^']*)'\]|(?P<name>[^.\[\] ]+)")


@dataclass(frozen=True)
class FoundPlace:
    """A finding with its place.

    Attributes:
        finding: The finding.
        file: The file of the policy, or the settings that have it; None if it is unknown.
        line: The line of what it is about, or nearest to it; None if it is unknown.
    """

    finding: LintFinding
    file: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        where = " ".join([self.file or "", f"line {self.line}" if self.line else ""]).strip()
        return f"{where}: {self.finding}" if where else str(self.finding)

    def as_json(self) -> dict[str, Any]:
        """The finding as plain data."""
        return {**self.finding.as_json(), "file": self.file, "line": self.line}


def placed(finding: LintFinding, documents: Sequence[Document | None], settings: str | None) -> FoundPlace:
    """A finding with its place in the policies' documents; tenants' policies are in the settings."""
    document = documents[finding.index]
    if document is None:
        return FoundPlace(finding, settings)
    # What follows a space is a remark: ``spec.podSelector (app)``.
    path, _, _ = finding.where.path.partition(" (")
    location = [
        int(part["index"]) if part["index"] else part["quoted"] or part["name"]
        for part in _PART.finditer(path)
    ]
    line = document.line_at(tuple(location)) if document.line_at else document.line
    return FoundPlace(finding, document.file, line)


def sarif(places: Iterable[FoundPlace], left_out: Iterable[LeftOut], subject: str, at: datetime) -> str:
    """SARIF: each finding is a result, and each document that is wrong a notification.

    Findings with an exception are left out: readers of SARIF differ in how they show suppressed results.
    """
    ids = [lint.id for lint in LINTS]
    rules = [
        {
            "id": lint.id,
            "shortDescription": {"text": sentence(lint.title)},
            "fullDescription": {"text": lint.why},
            "helpUri": lint.source,
        }
        for lint in LINTS
    ]
    wrong = [each.problem for each in left_out if each.problem]
    notifications = [{"level": "error", "message": {"text": problem.line}} for problem in wrong]
    results = [_result(each, ids.index(each.finding.id)) for each in places]
    tool = "cdk-eks-cilium policy check"
    return SarifRun(tool, subject, at, not wrong, rules, results, notifications).render()


def _result(place: FoundPlace, rule: int) -> dict[str, Any]:
    finding = place.finding
    physical = {
        "artifactLocation": {"uri": quote(PurePath(place.file or "").as_posix())},
        # A file without a known line counts as a whole, which readers show at its start.
        "region": {"startLine": place.line or 1},
    }
    logical = {"fullyQualifiedName": str(finding.where)}
    return {
        "ruleId": finding.id,
        "ruleIndex": rule,
        "level": finding.severity,
        "message": {"text": f"{finding.where}: {finding.text}"},
        "locations": [
            {"logicalLocations": [logical], **({"physicalLocation": physical} if place.file else {})}
        ],
        "partialFingerprints": {
            "policyFinding/v1": fingerprint([finding.id, str(finding.where), finding.text])
        },
    }
