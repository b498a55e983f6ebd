"""The answer: the report in its form, or the list of checks."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cdk_eks_cilium.cli.answer import GOOD, Answer, Target
from cdk_eks_cilium.doctor.engine.check import Check
from cdk_eks_cilium.doctor.reports import FORMATS, Report, summary
from cdk_eks_cilium.doctor.reports.text import lines


def answer(report: Report, code: int, options: argparse.Namespace) -> Answer:
    """The report of a call, in the form and the file of its options."""
    if options.format == "text" and options.output is None:
        shown = lines(report, plain=not _can_show("✓✗"), colour=_can_show_colours())
        return Answer(shown=shown, code=code)
    target = Target("--output", options.output) if options.output else None
    # People who do not see the text see its last line.
    return Answer(None, [FORMATS[options.format](report)], code, [summary(report)], target)


def _can_show(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except (LookupError, UnicodeEncodeError):
        return False
    return True


def _can_show_colours() -> bool:
    """Whether standard output is a terminal with colours; https://no-color.org turns them off."""
    wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return wanted and sys.stdout.isatty()


def listed(checks: Iterable[Check], options: argparse.Namespace, titles: Mapping[str, str]) -> Answer:
    """The checks with what they read; *titles* of their categories."""
    if options.format == "json":
        import json

        return Answer(shown=[json.dumps([_as_data(each) for each in checks], indent=2) + "\n"], code=GOOD)
    return Answer(shown=_list_lines(checks, titles), code=GOOD)


def _as_data(check: Check) -> dict[str, Any]:
    return {
        "id": check.id,
        "category": check.category,
        "title": check.title,
        "symptom": check.symptom,
        "reads": [str(each) for each in check.reads],
        "answers": list(check.answers),
        "gate": check.gate,
        "links": list(check.links),
    }


def _list_lines(checks: Iterable[Check], titles: Mapping[str, str]) -> Iterator[str]:
    category = ""
    for check in checks:
        if check.category != category:
            category = check.category
            yield f"{titles[category]} ({category})"
        yield f"  {check.id}: {check.title}"
        yield f"      reads {', '.join(map(str, check.reads))}"
