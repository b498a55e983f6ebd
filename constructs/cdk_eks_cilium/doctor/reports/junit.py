"""The outcome as JUnit XML: a category is a suite, and a check is a test."""

from __future__ import annotations

from itertools import groupby

from cdk_eks_cilium.doctor.engine.diagnosis import Result, Verdict
from cdk_eks_cilium.report_formats.junit import Shortfall, TestCase, TestSuite
from cdk_eks_cilium.report_formats.junit import render as render_suites

from .report import Report, page_of


def render(report: Report) -> str:
    """The whole text."""
    suites = [
        TestSuite(
            report.titles.get(category, category),
            report.at,
            tuple(_case(result, report.tool) for result in of_category),
        )
        for category, of_category in groupby(
            report.diagnosis.results, key=lambda result: result.check.category
        )
    ]
    return render_suites(f"{report.tool}: {report.subject}", suites)


def _case(result: Result, tool: str) -> TestCase:
    check = result.check
    unknown = "\n".join(result.unknown)
    is_unknown = result.verdict is Verdict.UNKNOWN
    return TestCase(
        f"{tool}.{check.category}",
        check.id,
        tuple(
            Shortfall(
                finding.severity.value,
                finding.summary,
                "\n".join([*map(str, finding.evidence), "", finding.fix, finding.fault, page_of(check)]),
            )
            for finding in result.findings
        ),
        error=Shortfall("unknown", result.unknown[0], unknown) if is_unknown else None,
        skipped=result.detail if result.verdict is Verdict.SKIPPED else None,
        # A check that passes says how; beside findings there is what could not be judged.
        output="" if is_unknown else unknown or (result.detail if result.verdict is Verdict.OK else ""),
    )
