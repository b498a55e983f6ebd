"""The report as one HTML file, without a script, a font or a picture from elsewhere."""

# no belief: the report

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Final

from rehearsal.reachability.picture import draw
from rehearsal.reachability.table import lines
from rehearsal.report.outcome import RehearsalReport
from rehearsal.report.phases import TITLES, by_phase
from rehearsal.report.picture import timeline_picture
from rehearsal.report.section import Section
from rehearsal.report.timeline import clock
from rehearsal.report.verdict import EndStateFinding

GUIDE: Final = Path(__file__).parents[2] / "docs" / "rehearsal.md"
_REALITY: Final = "## What is real, what is modelled, what is missing"
_LINK: Final = re.compile(r"\[([^\]]+)\]\([^)]*\)")
_CODE: Final = re.compile(r"`([^`]+)`")
_ID: Final = re.compile(r'\bid="([^"]+)"|url\(#([^)]+)\)|aria-labelledby="([^"]+)"')

_STYLE: Final = Path(__file__).with_name("page.css")


def page(report: RehearsalReport, guide: Path = GUIDE) -> str:
    """The report as an HTML document.

    Args:
        report: The report. The page has nothing of the time and the machine of the rehearsal: the same run
            gives the same page.
        guide: The documentation whose table says what is real; without the file the page lacks that part.
    """
    title = f"Rehearsal of {', '.join(report.stacks) or 'a cloud assembly'}"
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title>",
        f"<style>\n{_STYLE.read_text(encoding='utf-8')}</style>",
        "</head>",
        "<body>",
        "<main>",
        f"<h1>{escape(title)}</h1>",
        *_verdict(report),
        *_failures(report),
        *_end_state(report),
        *_timeline(report),
        *_iam(report),
        *_sections(report),
        *_list("Notes", report.notes),
        *_outputs(report),
        *_pairs("What was rehearsed", ("Part", "Value"), report.summary),
        *_reality(guide),
        *_pairs("Versions", ("Program", "Version"), report.versions),
        "</main>",
        "</body>",
        "</html>",
    ]
    return "\n".join(parts) + "\n"


def _verdict(report: RehearsalReport) -> Iterator[str]:
    kind, words = ("good", "as it should be") if report.succeeded else ("bad", "not as it should be")
    yield f'<p class="verdict {kind}">The end state is <strong class="mark">{words}</strong>.</p>'
    wrong = len(report.problems)
    on_purpose = report.succeeded and bool(report.failures)
    count = "1 problem" if wrong == 1 else f"{wrong} problems"
    told = f"{count}, on purpose (--fail)" if on_purpose else count
    yield (
        f'<p class="soft">Phases: {escape(", ".join(report.phases) or "not begun")}. '
        f"{len(report.findings)} checks, {told}. "
        f"On AWS the creation would take about {clock(report.timeline.total).strip()} minutes.</p>"
    )
    if report.needed:
        yield (
            f'<p class="soft">Deployed first, without a report: {escape(", ".join(report.needed))}, '
            "because the stacks of this report need them.</p>"
        )


def _failures(report: RehearsalReport) -> Iterator[str]:
    if report.failures:
        yield "<h2>Failures</h2>"
        yield from _table(
            ("Resource", "Reason"), [(where, reason.strip()) for where, reason in report.failures.items()]
        )


def _end_state(report: RehearsalReport) -> Iterator[str]:
    yield "<h2>End state</h2>"
    if not report.findings:
        yield "<p>Nothing was checked.</p>"
        return
    for phase, findings in by_phase(report.findings).items():
        title = TITLES[phase]
        yield f"<h3>{title[0].upper()}{title[1:]}</h3>"
        yield from _framed(("Result", "Check", "Observation"), map(_finding, findings))


def _finding(finding: EndStateFinding) -> str:
    told = escape(finding.detail)
    if finding.evidence:
        told = escape(finding.detail.partition(" | ")[0]) + "\n".join(["", *_bullets(finding.evidence)])
    if finding.fix:
        told += f"<pre>{escape(finding.fix)}</pre>"
    return (
        f'<tr class="{"good" if finding.good else "bad"}">'
        f'<td class="mark">{finding.mark}</td>'
        f'<th scope="row">{escape(finding.check)}</th><td>{told}</td></tr>'
    )


def _timeline(report: RehearsalReport) -> Iterator[str]:
    yield "<h2>Timeline</h2>"
    yield "<p>The creation under typical durations of AWS, each resource as early as it can start.</p>"
    yield f'<div class="wide">{_own_ids(timeline_picture(report), "timeline")}</div>'


def _iam(report: RehearsalReport) -> Iterator[str]:
    iam = report.iam
    yield "<h2>IAM</h2>"
    judged = f"{len(iam.denials)} denied" if iam.denials else "all of them are allowed"
    yield f"<p>{iam.calls} calls by {len(iam.roles)} roles were judged; {judged}.</p>"
    if iam.denials:
        yield from _bullets(iam.denials)
    if iam.unjudged:
        yield "<p>Not judged:</p>"
        yield from _bullets(iam.unjudged)


def _reachability(report: RehearsalReport) -> Iterator[Section]:
    """Who reaches whom after the last phase, cluster by cluster."""
    for cluster in next(reversed(report.reachability.values()), []):
        rows = tuple((line.mark or "-", line.text.strip()) for line in lines(cluster, everything=False))
        title = f"Reachability of cluster {cluster.cluster}"
        yield Section(title, columns=("Result", "Way"), rows=rows, picture=draw(cluster))


def _sections(report: RehearsalReport) -> Iterator[str]:
    for number, section in enumerate([*_reachability(report), *report.sections], 1):
        yield f"<h2>{escape(section.title)}</h2>"
        if section.text:
            yield f"<p>{escape(section.text)}</p>"
        if section.picture:
            yield f'<div class="wide">{_own_ids(section.picture, f"section{number}")}</div>'
        if section.rows:
            yield from _table(section.columns, section.rows)


def _outputs(report: RehearsalReport) -> Iterator[str]:
    rows = [
        (stack, name, str(value))
        for stack, outputs in report.outputs.items()
        for name, value in outputs.items()
    ]
    shown = [row for row in rows if row[0] not in report.needed]
    if shown:
        yield "<h2>Outputs</h2>"
        yield from _table(("Stack", "Output", "Value"), shown)


def _reality(guide: Path) -> Iterator[str]:
    """The guide's own table, so that the fact is written once."""
    if not guide.is_file():
        return
    after = guide.read_text(encoding="utf-8").partition(_REALITY)[2].lstrip("\n")
    lines = [line.strip().strip("|").split(" | ") for line in after.partition("\n\n")[0].splitlines()]
    if len(lines) < 3:
        return
    yield "<h2>What is real, what is modelled, what is missing</h2>"
    rows = [_row(_marked(cell) for cell in line) for line in lines[2:]]
    yield from _framed([each.strip() for each in lines[0]], rows)


def _marked(cell: str) -> str:
    """A cell of Markdown; links lead into the repository, and stay behind."""
    return _CODE.sub(r"<code>\1</code>", escape(_LINK.sub(r"\1", cell.strip()), quote=False))


def _pairs(title: str, columns: Sequence[str], found: Mapping[str, str]) -> Iterator[str]:
    if found:
        yield f"<h2>{escape(title)}</h2>"
        yield from _table(columns, list(found.items()))


def _list(title: str, found: Iterable[str]) -> Iterator[str]:
    if texts := list(found):
        yield f"<h2>{escape(title)}</h2>"
        yield from _bullets(texts)


def _bullets(texts: Iterable[str]) -> Iterator[str]:
    yield "<ul>"
    yield from (f"<li>{escape(text)}</li>" for text in texts)
    yield "</ul>"


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield from _framed(columns, [_row(escape(cell) for cell in row) for row in rows])


def _row(cells: Iterable[str]) -> str:
    """A row of HTML cells, the first of which says what the row is about."""
    first, *rest = cells
    return f'<tr><th scope="row">{first}</th>{"".join(f"<td>{cell}</td>" for cell in rest)}</tr>'


def _framed(columns: Sequence[str], rows: Iterable[str]) -> Iterator[str]:
    heads = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    yield f'<div class="wide"><table><thead><tr>{heads}</tr></thead>'
    yield "<tbody>"
    yield from rows
    yield "</tbody></table></div>"


def _own_ids(picture: str, name: str) -> str:
    """A picture whose ids no other picture of the page has."""

    def renamed(match: re.Match[str]) -> str:
        found = next(group for group in match.groups() if group)
        return match[0].replace(found, f"{name}-{found}")

    return _ID.sub(renamed, picture)
