"""The outcome as SARIF 2.1.0, which code scanning reads.

A cluster has objects and no files, so places are logical locations (3.33).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cdk_eks_cilium.doctor.engine.check import Check
from cdk_eks_cilium.doctor.engine.diagnosis import Result
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding
from cdk_eks_cilium.report_formats.sarif import SarifRun, fingerprint, sentence

from .report import Report, page_of


def render(report: Report) -> str:
    """The whole text."""
    return _run(report).render()


def data(report: Report) -> dict[str, Any]:
    """The log with one run: a rule for each check, and a result for each finding."""
    return _run(report).log()


def _run(report: Report) -> SarifRun:
    """The run. What could not be judged is a notification of the tool (3.58), and not a result."""
    results = report.diagnosis.results
    return SarifRun(
        f"cdk-eks-cilium {report.tool}",
        report.subject,
        report.at,
        not report.diagnosis.has_unknown,
        [_rule(result.check) for result in results],
        [
            _result(index, result.check, finding)
            for index, result in enumerate(results)
            for finding in result.findings
        ],
        [
            *(each for result in results for each in _unknown(result)),
            *({"level": "note", "message": {"text": note}} for note in report.all_notes),
        ],
    )


def _rule(check: Check) -> dict[str, Any]:
    links = "".join(f"\n\n{link}" for link in check.links)
    text = f"{check.cause}\n\nSee {page_of(check)}.{links}".strip()
    rule: dict[str, Any] = {
        "id": check.id,
        "shortDescription": {"text": sentence(check.title)},
        "fullDescription": {"text": check.cause or sentence(check.title)},
        "help": {"text": text, "markdown": text},
        "properties": {"tags": [check.category], "symptom": check.symptom},
    }
    if check.links:
        rule["helpUri"] = check.links[0]
    return rule


def _result(index: int, check: Check, finding: Finding) -> dict[str, Any]:
    told = "".join(f"\n{each}" for each in finding.evidence)
    fix = f"\n\nFix:\n{finding.fix}" if finding.fix else ""
    fault = f"\n\nKnown fault: {finding.fault}" if finding.fault else ""
    seen = fingerprint([check.id, *sorted(f"{each.object} {each.field}" for each in finding.evidence)])
    return {
        "ruleId": check.id,
        "ruleIndex": index,
        "level": finding.severity.value,
        "message": {"text": f"{sentence(finding.summary)}{told}{fix}{fault}"},
        "locations": [{"logicalLocations": list(_places(finding.evidence))}] if finding.evidence else [],
        # The same fault on the same objects is the same result in the next run.
        "partialFingerprints": {"evidence/v1": seen},
    }


def _places(evidence: tuple[Evidence, ...]) -> Iterator[dict[str, Any]]:
    for name in dict.fromkeys(each.object for each in evidence):
        yield {"name": name.rpartition(" ")[2], "fullyQualifiedName": name, "kind": "resource"}


def _unknown(result: Result) -> Iterator[dict[str, Any]]:
    for reason in result.unknown:
        yield {
            "level": "warning",
            "message": {"text": f"{result.check.id}: unknown: {reason}"},
            "associatedRule": {"id": result.check.id},
        }
