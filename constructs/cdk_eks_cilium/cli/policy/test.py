"""``policy test``: what must and must not be possible, held against policies."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cdk_eks_cilium.cli.answer import FINDINGS, GOOD, Answer, UsageError
from cdk_eks_cilium.cli.frame import add_json
from cdk_eks_cilium.cli.output import write
from cdk_eks_cilium.policy_analysis.expectations import (
    ExpectationOutcome,
    WrittenExpectations,
    check_expectations,
    json_schema,
    read_expectations,
)

from . import expectation_reports, files

_MOST_SHOWN: Final = 5
_WIDTH: Final = 13


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "--schema", action="store_true", help="print the JSON Schema of files of expectations, and end"
    )
    parser.add_argument("--junit", type=Path, metavar="FILE", help="also write JUnit XML to this file")
    parser.add_argument("--sarif", type=Path, metavar="FILE", help="also write SARIF to this file")
    files.add_service_proxy(parser)
    add_json(parser)
    parser.add_argument("expectations", nargs="?", type=Path, metavar="EXPECTATIONS", help="the expectations")
    files.add_files(parser)


def run(options: argparse.Namespace) -> Answer:
    """Hold expectations against the policies in the files. Ends with 1 if one does not hold.

    What is not known holds only where the expectation says so. Expectations that mean nothing, because no
    workload matches them, do not hold either.
    """
    if options.schema:
        return Answer(None, [json.dumps(json_schema(), indent=2)])
    if options.expectations is None:
        raise UsageError("name a file of expectations, and files with policies")
    asked = read_expectations(options.expectations)
    given = files.read(options)
    evaluation = files.evaluation_of(options, given)
    outcomes = check_expectations(evaluation, asked.expectations, given.service_proxy)
    notes = [*_written(options, asked, outcomes), _summary(outcomes)]
    data = {"file": asked.file, "expectations": [one.as_json() for one in outcomes]}
    holds = all(one.status == "holds" for one in outcomes)
    return given.told(Answer(data, _lines(outcomes), GOOD if holds else FINDINGS, notes))


def _written(
    options: argparse.Namespace, asked: WrittenExpectations, outcomes: Sequence[ExpectationOutcome]
) -> Iterator[str]:
    """Write the reports for other programs, and say so."""
    at = datetime.now(UTC)
    for option, file, render in (
        ("--junit", options.junit, expectation_reports.junit),
        ("--sarif", options.sarif, expectation_reports.sarif),
    ):
        if file is not None:
            write(option, file, render(asked, outcomes, at))
            yield f"wrote {file}"


def _summary(outcomes: Sequence[ExpectationOutcome]) -> str:
    held = sum(one.status == "holds" for one in outcomes)
    return f"{held} of {len(outcomes)} expectations hold"


def _lines(outcomes: Sequence[ExpectationOutcome]) -> Iterator[str]:
    for one in outcomes:
        yield f"{one.status:{_WIDTH}} {one.expectation.name}{_counted(one)}"
        yield from (f"  {line}" for line in expectation_reports.why(one, _MOST_SHOWN))


def _counted(outcome: ExpectationOutcome) -> str:
    if outcome.problems:
        return ""
    if not outcome.failing:
        return f" ({outcome.asked} connection{'' if outcome.asked == 1 else 's'})"
    return f": expected {outcome.expectation.expect}, {outcome.failing} of {outcome.asked} are not"
