from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from rehearsal.report.outcome import RehearsalReport
from rehearsal.report.picture import CRITICAL, FAILED, NEVER, OTHER, timeline_picture
from rehearsal.report.timeline import Timeline
from tests.rehearsal.report.reports import report

GOLDEN = Path(__file__).parent / "golden"
_SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("failed", [False, True], ids=["good", "failed"])
def test_the_picture_is_the_one_that_was_accepted(failed: bool) -> None:
    """To accept another one, look at it, and write it to the file."""
    accepted = GOLDEN / f"timeline-{'failed' if failed else 'good'}.svg"
    assert timeline_picture(report(failed=failed)) == accepted.read_text(encoding="utf-8")


def bars(svg: str) -> list[tuple[str, float, float]]:
    """Colour, beginning and width of each bar, the legend's left out."""
    found = ElementTree.fromstring(svg).iter(f"{_SVG}rect")
    return [
        (str(each.get("fill")), float(str(each.get("x"))), float(str(each.get("width"))))
        for each in found
        if float(str(each.get("y"))) > 60
    ]


def test_the_critical_path_has_a_colour_of_its_own() -> None:
    colours = [colour for colour, _, _ in bars(timeline_picture(report()))]
    assert colours.count(CRITICAL) == len(report().timeline.critical_path)
    assert set(colours) == {CRITICAL, OTHER}


def test_what_failed_is_red_and_what_was_not_made_is_empty() -> None:
    colours = [colour for colour, _, _ in bars(timeline_picture(report(failed=True)))]
    assert (colours.count(FAILED), colours.count(NEVER)) == (1, 1)


def test_bars_stand_in_time_and_inside_of_the_picture() -> None:
    svg = timeline_picture(report())
    width = float(str(ElementTree.fromstring(svg).get("width")))
    for _, start, length in bars(svg):
        assert 0 < start < start + length <= width
    longest = max(bars(svg), key=lambda bar: bar[2])
    total = sum(bar[2] for bar in bars(svg) if bar[0] == CRITICAL)
    cluster = max(report().timeline.bars, key=lambda bar: bar.seconds)
    assert longest[2] / total == pytest.approx(cluster.seconds / report().timeline.total, rel=0.02)


def test_each_stack_is_named_and_short_resources_are_counted() -> None:
    texts = [text.text for text in ElementTree.fromstring(timeline_picture(report())).iter(f"{_SVG}text")]
    assert {"net", "app"} <= set(texts)
    assert any(text and text.endswith("short resource is not drawn.") for text in texts)


def test_an_empty_timeline_is_a_picture_too() -> None:
    ElementTree.fromstring(timeline_picture(RehearsalReport(Timeline((), ()))))
