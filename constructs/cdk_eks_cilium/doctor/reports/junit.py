"""The outcome as JUnit XML, which pipelines show as tests.

The format has no standard. This is what readers agree on: https://github.com/testmoapp/junitxml
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from xml.etree import ElementTree as Xml

from cdk_eks_cilium.doctor.engine.diagnosis import Result, Verdict

from .report import Report, page_of, printable


def render(report: Report) -> str:
    """The whole text."""
    results = report.diagnosis.results
    root = Xml.Element("testsuites", {"name": f"doctor: {report.subject}", **_counts(results)})
    for category, each in groupby(results, key=lambda result: result.check.category):
        of_category = list(each)
        suite = Xml.SubElement(
            root,
            "testsuite",
            {
                "name": report.titles.get(category, category),
                "timestamp": report.at.isoformat(timespec="seconds"),
                **_counts(of_category),
            },
        )
        for result in of_category:
            _case(suite, result)
    Xml.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{Xml.tostring(root, encoding="unicode")}\n'


def _counts(results: Sequence[Result]) -> dict[str, str]:
    """A check fails by a finding, else it is an error by what is unknown, so that no check counts twice."""
    verdicts = [result.verdict for result in results]
    return {
        "tests": str(len(verdicts)),
        "failures": str(sum(verdict.is_finding for verdict in verdicts)),
        "errors": str(verdicts.count(Verdict.UNKNOWN)),
        "skipped": str(verdicts.count(Verdict.SKIPPED)),
        "time": "0",
    }


def _case(suite: Xml.Element, result: Result) -> None:
    check = result.check
    case = Xml.SubElement(
        suite, "testcase", {"classname": f"doctor.{check.category}", "name": check.id, "time": "0"}
    )
    for finding in result.findings:
        told = "\n".join([*map(str, finding.evidence), "", finding.fix, finding.fault, page_of(check)])
        _add(case, "failure", finding.severity.value, finding.summary, told)
    if result.verdict is Verdict.UNKNOWN:
        _add(case, "error", "unknown", result.unknown[0], "\n".join(result.unknown))
    elif result.unknown:
        Xml.SubElement(case, "system-out").text = printable("\n".join(result.unknown))
    if result.verdict is Verdict.SKIPPED:
        Xml.SubElement(case, "skipped", {"message": printable(result.detail)})
    if result.verdict is Verdict.OK and result.detail:
        Xml.SubElement(case, "system-out").text = printable(result.detail)


def _add(case: Xml.Element, tag: str, kind: str, message: str, text: str) -> None:
    Xml.SubElement(case, tag, {"type": kind, "message": printable(message)}).text = printable(text)
