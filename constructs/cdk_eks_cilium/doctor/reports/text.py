"""The outcome as text for people: a line for each check, and below it what is wrong, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from cdk_eks_cilium.doctor.engine.diagnosis import Result, Verdict
from cdk_eks_cilium.doctor.engine.finding import Finding
from cdk_eks_cilium.report_formats import printable

from .report import Report, page_of, summary

MARKS: Final = {
    Verdict.OK: "✓",
    Verdict.ERROR: "✗",
    Verdict.WARNING: "!",
    Verdict.UNKNOWN: "?",
    Verdict.SKIPPED: "-",
}
PLAIN_MARKS: Final = {**MARKS, Verdict.OK: "+", Verdict.ERROR: "x"}
"""Marks for terminals that cannot show all characters."""
#: Select Graphic Rendition of ECMA-48: https://www.ecma-international.org/publications-and-standards/standards/ecma-48/
_COLOURS: Final = {
    Verdict.OK: "32",
    Verdict.ERROR: "31",
    Verdict.WARNING: "33",
    Verdict.UNKNOWN: "35",
    Verdict.SKIPPED: "2",
}
SHOWN: Final = 5
"""Objects of a finding that are shown; the other formats have all."""
_INDENT: Final = " " * 15


def render(report: Report) -> str:
    """The whole text."""
    return "".join(f"{line}\n" for line in lines(report))


def lines(report: Report, *, plain: bool = False, colour: bool = False) -> Iterator[str]:
    """The lines of the text.

    Args:
        report: The outcome.
        plain: Whether marks are ASCII.
        colour: Whether marks and verdicts have colours. The words say the same.
    """
    marks = PLAIN_MARKS if plain else MARKS
    for line in map(printable, _lines(report, marks)):
        yield _coloured(line, marks) if colour else line


def _coloured(line: str, marks: Mapping[Verdict, str]) -> str:
    for verdict, code in _COLOURS.items():
        begin = f"{marks[verdict]} {verdict.value}"
        if line.startswith(f"  {begin} "):
            return f"  \033[{code}m{begin}\033[0m{line[2 + len(begin) :]}"
    return line


def _lines(report: Report, marks: Mapping[Verdict, str]) -> Iterator[str]:
    category = ""
    for result in report.diagnosis.results:
        if result.check.category != category:
            if category:
                yield ""
            category = result.check.category
            yield report.titles.get(category, category)
        yield from _result(result, marks)
    if report.diagnosis.results:
        yield ""
    yield from (f"note: {note}" for note in report.all_notes)
    yield summary(report)


def _result(result: Result, marks: Mapping[Verdict, str]) -> Iterator[str]:
    begin = f"  {marks[result.verdict]} {result.verdict.value:<8}"
    id_ = f"[{result.check.id}]"
    if result.verdict is Verdict.OK:
        yield f"{begin} {result.check.title}{_because(result.detail)} {id_}"
    elif result.verdict is Verdict.SKIPPED:
        yield f"{begin} whether {result.check.title}{_because(result.detail)} {id_}"
    elif result.verdict is Verdict.UNKNOWN:
        yield f"{begin} whether {result.check.title} {id_}"
        yield from _unknown(result)
    else:
        for finding in result.findings:
            mark = marks[Verdict(finding.severity.value)]
            yield f"  {mark} {finding.severity.value:<8} {finding.summary} {id_}"
            yield from _finding(finding)
        yield from _unknown(result)
        yield _part("read", page_of(result.check))


def _because(detail: str) -> str:
    return f": {detail}" if detail else ""


def _unknown(result: Result) -> Iterator[str]:
    """What could not be judged; beside findings it is the rest."""
    yield from (_part("rest" if result.findings else "why", reason) for reason in result.unknown)


def _finding(finding: Finding) -> Iterator[str]:
    for number, each in enumerate(finding.evidence[:SHOWN]):
        yield _part("" if number else "seen", str(each))
    more = len(finding.evidence) - SHOWN
    if more > 0:
        yield _part("", f"and {more} more")
    for number, line in enumerate(finding.fix.splitlines()):
        yield _part("" if number else "fix", line)
    if finding.fault:
        yield _part("known", finding.fault)


def _part(name: str, text: str) -> str:
    return f"{_INDENT}{f'{name}:' if name else '':<6} {text}"
