"""Outcomes of expectations in words, and for other programs: JUnit XML and SARIF."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import PurePath
from typing import Any, Final
from urllib.parse import quote

from cdk_eks_cilium.policy_analysis.expectations import ExpectationOutcome, FlowOutcome, WrittenExpectations
from cdk_eks_cilium.report_formats.junit import Shortfall, TestCase, TestSuite
from cdk_eks_cilium.report_formats.junit import render as render_suites
from cdk_eks_cilium.report_formats.sarif import SarifRun, fingerprint, sentence

_TOOL: Final = "policy test"

#: What may come of an expectation that does not hold, in SARIF one rule each.
_RULES: Final = {
    "fails": (
        "expectation-fails",
        "an expectation does not hold",
        "Policies let through what must not pass, or refuse what must. The rules that decide are named.",
    ),
    "not known": (
        "expectation-not-known",
        "nobody knows whether an expectation holds",
        "The answer depends on something that no file describes. Name files with it.",
    ),
    "means nothing": (
        "expectation-means-nothing",
        "an expectation means nothing",
        "No workload, or no port, matches it, so it would hold whatever the policies say.",
    ),
}


def junit(asked: WrittenExpectations, outcomes: Sequence[ExpectationOutcome], at: datetime) -> str:
    """JUnit XML: an expectation is a test; one that means nothing, or is not known, is an error."""
    cases = tuple(map(_case, outcomes))
    return render_suites(f"{_TOOL}: {asked.file}", [TestSuite(asked.file, at, cases)])


def _case(outcome: ExpectationOutcome) -> TestCase:
    status = outcome.status
    if status == "holds":
        return TestCase(_TOOL, outcome.expectation.name)
    told = Shortfall(_RULES[status][0], _headline(outcome), "\n".join(_told(outcome)))
    if status == "fails":
        return TestCase(_TOOL, outcome.expectation.name, (told,))
    return TestCase(_TOOL, outcome.expectation.name, error=told)


def sarif(asked: WrittenExpectations, outcomes: Sequence[ExpectationOutcome], at: datetime) -> str:
    """SARIF: an expectation that does not hold is a result at its line in the file."""
    names = [*_RULES]
    results = [
        _result(asked.file, line, outcome, names.index(outcome.status))
        for line, outcome in zip(asked.lines, outcomes, strict=True)
        if outcome.status != "holds"
    ]
    rules = [_rule(*_RULES[name]) for name in names]
    return SarifRun(f"cdk-eks-cilium {_TOOL}", asked.file, at, True, rules, results).render()


def _rule(id_: str, title: str, cause: str) -> dict[str, Any]:
    return {
        "id": id_,
        "shortDescription": {"text": sentence(title)},
        "fullDescription": {"text": cause},
        "help": {"text": f"{cause}\n\nSee docs/policies.md."},
    }


def _result(file: str, line: int, outcome: ExpectationOutcome, rule: int) -> dict[str, Any]:
    id_ = _RULES[outcome.status][0]
    return {
        "ruleId": id_,
        "ruleIndex": rule,
        "level": "error",
        "message": {"text": "\n".join([sentence(_headline(outcome)), *_told(outcome)])},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(PurePath(file).as_posix())},
                    "region": {"startLine": line},
                }
            }
        ],
        "partialFingerprints": {"expectation/v1": fingerprint([id_, outcome.expectation.name])},
    }


def _headline(outcome: ExpectationOutcome) -> str:
    if outcome.problems:
        return f"{outcome.expectation.name}: means nothing"
    counted = f"{outcome.failing} of {outcome.asked} connections are not"
    return f"{outcome.expectation.name}: expected {outcome.expectation.expect}, {counted}"


def _told(outcome: ExpectationOutcome) -> Iterator[str]:
    return why(outcome, len(outcome.flows))


def why(outcome: ExpectationOutcome, most: int) -> Iterator[str]:
    """Why an expectation does not hold, with at most some of the connections."""
    yield from map(str, outcome.problems)
    for flow in outcome.flows[:most]:
        yield str(flow)
        yield from (f"  {line}" for line in _rulings(flow))
    more = outcome.failing - min(most, len(outcome.flows))
    if more > 0:
        yield f"and {more} more"
    if outcome.status != "holds" and outcome.expectation.because:
        yield f"because: {outcome.expectation.because}"


def _rulings(flow: FlowOutcome) -> Iterator[str]:
    for ruling in flow.rulings:
        yield f"{ruling.direction}: {ruling.word}, because {ruling.reason}"
        yield from (f"  by {place}" for place in ruling.deciding)
        yield from (f"  lacking {each}" for each in ruling.missing)
        if ruling.verdict == flow.verdict and ruling.change:
            yield f"  to change it: {ruling.change}"
