"""The timeline as SVG: the resources of each stack over the time that AWS takes for them."""

# no belief: the report

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Final

from cdk_eks_cilium.cli.pictures.svg import GREY, INK, Picture
from rehearsal.report.outcome import RehearsalReport
from rehearsal.report.timeline import Bar, clock, label, notable

_WIDTH: Final = 1120
_LEFT: Final = 400
_RIGHT: Final = 64
_TOP: Final = 74
_ROW: Final = 20
_BAR: Final = 12
_STACK: Final = 34
_SPACE: Final = _WIDTH - _LEFT - _RIGHT
_LETTERS: Final = 48

CRITICAL: Final = "#0550ae"
OTHER: Final = "#9ec5f4"
FAILED: Final = "#cf222e"
NEVER: Final = "#ffffff"
_LINES: Final = "#e4e8ec"
# Distances between the lines of the scale, in seconds.
_STEPS: Final = (15, 30, 60, 120, 300, 600, 1200, 1800, 3600)
_MOST_LINES: Final = 12


def timeline_picture(report: RehearsalReport) -> str:
    """The timeline of a report, as SVG text.

    The critical path is dark and what failed is red. What a failure kept from being made has an outline only.
    As in the text, resources that are short and on no critical path are left out; a line counts them.
    """
    bars = [bar for bar in report.timeline.bars if notable(bar)]
    groups = [(stack, list(of_stack)) for stack, of_stack in groupby(bars, lambda bar: bar.stack)]
    height = _TOP + len(groups) * _STACK + len(bars) * _ROW + 46
    total = report.timeline.total
    canvas = Picture(_WIDTH, height, f"Timeline of the creation on AWS: {clock(total).strip()} minutes")
    _legend(canvas, total)
    scale = _SPACE / max(total, 1.0)
    for seconds in _scale(total):
        x = _LEFT + seconds * scale
        canvas.line([(x, _TOP - 8), (x, height - 34)], colour=_LINES, width=1, arrow=False)
        canvas.text(x, _TOP - 14, clock(seconds).strip(), size=11, colour=GREY, middle=True)
    states = _states(report)
    y: float = _TOP
    for stack, of_stack in groups:
        canvas.text(18, y + 20, stack, bold=True)
        y += _STACK
        for bar in sorted(of_stack, key=lambda bar: (bar.start, bar.end, bar.logical_id)):
            _row(canvas, bar, y, scale, states.get((bar.stack, bar.logical_id), ""))
            y += _ROW
    left_out = len(report.timeline.bars) - len(bars)
    if left_out:
        told = "1 short resource is" if left_out == 1 else f"{left_out} short resources are"
        canvas.text(18, height - 16, f"{told} not drawn.", size=11, colour=GREY)
    return canvas.render()


def _legend(canvas: Picture, total: float) -> None:
    canvas.text(18, 30, f"Creation on AWS, about {clock(total).strip()} minutes", size=16, bold=True)
    x: float = _LEFT
    for colour, text in (
        (CRITICAL, "critical path"),
        (OTHER, "others"),
        (FAILED, "failed"),
        (NEVER, "not made"),
    ):
        canvas.box(x, 20, 22, _BAR, fill=colour, stroke=_edge(colour), radius=3)
        canvas.text(x + 30, 30, text, size=12, colour=GREY)
        x += 44 + 7.2 * len(text)


def _edge(colour: str) -> str:
    return GREY if colour == NEVER else colour


def _scale(total: float) -> Iterator[float]:
    step = next((each for each in _STEPS if total / each <= _MOST_LINES), _STEPS[-1])
    seconds = 0.0
    while seconds <= total:
        yield seconds
        seconds += step


def _states(report: RehearsalReport) -> Mapping[tuple[str, str], str]:
    """Which resources failed, and which a failure kept from being made."""
    states = {
        (event.stack, event.logical_id): "failed"
        for event in report.events
        if event.status.endswith("_FAILED")
    }
    made = {(event.stack, event.logical_id) for event in report.events if event.status == "CREATE_COMPLETE"}
    # Without an event the report is of no rehearsal, and with all of them made there is nothing to say.
    if report.events:
        for bar in report.timeline.bars:
            if (bar.stack, bar.logical_id) not in made:
                states.setdefault((bar.stack, bar.logical_id), "never")
    return states


def _row(canvas: Picture, bar: Bar, y: float, scale: float, state: str) -> None:
    colour = {"failed": FAILED, "never": NEVER}.get(state, CRITICAL if bar.critical else OTHER)
    text = label(bar)
    text = text if len(text) <= _LETTERS else f"{text[: _LETTERS - 2]}.."
    canvas.text(18, y + 10, text, size=12, bold=bar.critical, colour=FAILED if state == "failed" else INK)
    start, width = _LEFT + bar.start * scale, max(3.0, bar.seconds * scale)
    canvas.box(
        round(start, 1),
        y,
        round(width, 1),
        _BAR,
        fill=colour,
        stroke=_edge(colour),
        radius=3,
        dashed=state == "never",
    )
    told = f"{bar.seconds:.0f} s" + {"failed": ", failed", "never": ", not made"}.get(state, "")
    # Beside the bar, or before it where the picture ends.
    room = _WIDTH - (start + width) - 10
    needed = 6.4 * len(told)
    x = start + width + 6 if room >= needed else max(_LEFT, start - needed - 4)
    canvas.text(round(x, 1), y + 10, told, size=11, colour=FAILED if state == "failed" else GREY)
