"""The HTML report: whole, readable by programs that read aloud, and safe."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from rehearsal.report.page import GUIDE, page
from rehearsal.report.section import Section
from tests.rehearsal.report.reports import report

_EMPTY = {"meta", "rect", "path", "circle", "line"}


class Read(HTMLParser):
    """A strict reader: each element ends, in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.headings: list[tuple[str, str]] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.texts: list[str] = []
        self.heads: list[dict[str, str | None]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag == "th":
            self.heads.append(dict(attrs))
        if tag in ("h1", "h2", "h3"):
            self.headings.append((tag, ""))
        if tag not in _EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if self.open and self.open[-1] in ("h1", "h2", "h3"):
            self.headings[-1] = (self.headings[-1][0], self.headings[-1][1] + data)


def titles(text: str) -> list[str]:
    return [title for _, title in Read(text).headings]


def test_the_page_has_one_first_heading_and_a_heading_for_each_part() -> None:
    read = Read(page(report(failed=True)))
    assert [tag for tag, _ in read.headings].count("h1") == 1
    assert [title for tag, title in read.headings if tag == "h2"] == [
        "Failures",
        "End state",
        "Timeline",
        "IAM",
        "Reachability",
        "Notes",
        "Outputs",
        "What was rehearsed",
        "What is real, what is modelled, what is missing",
        "Versions",
    ]


def test_the_end_state_has_a_table_for_each_phase_with_every_check() -> None:
    made = report()
    made.findings.insert(1, replace(made.findings[0], phase="update"))
    read = Read(page(made))
    assert [title for tag, title in read.headings if tag == "h3"] == [
        "After the creation",
        "After the update",
        "After the destruction",
    ]
    assert read.texts.count("every node is Ready by Cilium") == 2


def test_every_head_of_a_table_says_what_it_is_the_head_of() -> None:
    scopes = [head.get("scope") for head in Read(page(report())).heads]
    assert set(scopes) == {"col", "row"}


def test_the_verdict_is_in_words_and_not_in_colour_alone() -> None:
    assert "as it should be" in "".join(Read(page(report())).texts)
    assert "not as it should be" in "".join(Read(page(report(failed=True))).texts)


def test_nothing_comes_from_elsewhere_and_nothing_runs() -> None:
    text = page(report())
    read = Read(text)
    assert "script" not in {tag for tag, _, _ in read.attributes}
    assert [name for _, name, _ in read.attributes if name in ("src", "href") or name.startswith("on")] == []
    assert "@import" not in text


@pytest.mark.parametrize("evil", ["<script>alert(1)</script>", '"><img src=x>', "</td></table>", "&amp;lt;"])
def test_texts_of_others_stay_texts(evil: str) -> None:
    """Reasons, names and outputs come from templates, functions and tools."""
    read = Read(page(report(failed=True, evil=evil)))
    assert {"img", "script"}.isdisjoint(tag for tag, _, _ in read.attributes)
    assert "".join(read.texts).count(evil) == 8


def test_ids_are_unique_with_several_pictures() -> None:
    made = report()
    picture = (
        '<svg xmlns="http://www.w3.org/2000/svg" aria-labelledby="title"><title id="title">x</title></svg>'
    )
    made.sections += [Section("One", picture=picture), Section("Two", picture=picture)]
    read = Read(page(made))
    ids = [value for _, name, value in read.attributes if name == "id"]
    assert len(ids) == len(set(ids)) >= 3
    assert {value for _, name, value in read.attributes if name == "aria-labelledby"} <= set(ids)


def test_the_same_report_gives_the_same_page() -> None:
    assert page(report(failed=True)) == page(report(failed=True))


def test_what_is_real_is_the_guides_own_table() -> None:
    read = Read(page(report()))
    assert "".join(read.texts).count("moto; the functions' calls end there") == 1
    assert "https://docs.getmoto.org" not in page(report())
    assert GUIDE.is_file()


def test_without_the_guide_the_page_lacks_its_table_alone(tmp_path: Path) -> None:
    given = titles(page(report(), tmp_path / "missing.md"))
    assert [title for title in titles(page(report())) if title not in given] == [
        "What is real, what is modelled, what is missing"
    ]


def test_what_was_rehearsed_is_in_the_page() -> None:
    text = "".join(Read(page(report())).texts)
    for expected in ("Kubernetes 1.35", "100.64.0.0/16", "m6i.large, 2 to 6", "123456789012, eu-west-1"):
        assert expected in text
