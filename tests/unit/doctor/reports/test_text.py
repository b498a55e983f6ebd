"""The outcome as text."""

from __future__ import annotations

import re

import pytest

from cdk_eks_cilium.doctor.engine.diagnosis import Diagnosis, Result, Verdict
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Severity
from cdk_eks_cilium.doctor.reports import exit_status, summary, text
from tests.unit.doctor.reports.diagnoses import RESULTS, check, finding, report

WHOLE = """\
Nodes
  ✗ error    7 of 9 nodes are not ready [nodes-ready]
               seen:  Node ip-10-0-0-0: status.conditions[Ready] is False, expected True
                      Node ip-10-0-0-1: status.conditions[Ready] is False, expected True
                      Node ip-10-0-0-2: status.conditions[Ready] is False, expected True
                      Node ip-10-0-0-3: status.conditions[Ready] is False, expected True
                      Node ip-10-0-0-4: status.conditions[Ready] is False, expected True
                      and 2 more
               fix:   # Look first.
                      kubectl get nodes
               known: cilium/cilium#46513, fixed in 1.19.7
               rest:  2 nodes could not be read
               read:  docs/doctor-checks.md#nodes-ready
  ! warning  1 of 9 nodes are not ready [node-taints]
               seen:  Node ip-10-0-0-0: status.conditions[Ready] is False, expected True
               fix:   # Look first.
                      kubectl get nodes
               known: cilium/cilium#46513, fixed in 1.19.7
               read:  docs/doctor-checks.md#node-taints
  ✓ ok       every node has the image: 9 nodes [node-images]

Pods and what runs beside Cilium
  ? unknown  whether every pod runs [pods-run]
               why:   not allowed to list pods
  - skipped  whether pods are as planned: needs settings [pods-plan]

note: AWS was not asked
note: x: is ignored, and finds nothing
context prod: something is wrong; 5 checks: 1 error, 1 warning, 1 unknown, 1 ok, 1 skipped
"""


def test_a_line_for_each_check_and_below_it_what_to_do() -> None:
    assert text.render(report()) == WHOLE


def test_marks_can_be_ascii() -> None:
    shown = "\n".join(text.lines(report(), plain=True))
    assert shown.isascii()
    assert "  x error    7 of 9" in shown
    assert "  + ok       every node" in shown


def test_colours_say_the_same_as_the_words() -> None:
    coloured = "\n".join(text.lines(report(), colour=True))
    assert "  \x1b[31m✗ error\x1b[0m    7 of 9 nodes are not ready" in coloured
    assert "  \x1b[35m? unknown\x1b[0m  whether every pod runs" in coloured
    assert re.sub(r"\x1b\[\d+m", "", coloured) + "\n" == WHOLE


def test_a_warning_beside_an_error_keeps_its_own_mark() -> None:
    both = Result(check("a"), Verdict.ERROR, (finding(), finding(Severity.WARNING)))
    assert "  ! warning  7 of 9 nodes" in text.render(report(both))


def test_what_terminals_obey_is_not_shown() -> None:
    hostile = Finding(Severity.ERROR, "x", (Evidence("Pod a", "metadata.name", "\x1b[2Jgone\x07"),), "")
    shown = text.render(report(Result(check("a"), Verdict.ERROR, (hostile,))))
    assert "\x1b" not in shown
    assert "is \ufffd[2Jgone\ufffd" in shown


OK = Result(check("a"), Verdict.OK)
WARNING = Result(check("b"), Verdict.WARNING, (finding(Severity.WARNING),))
UNKNOWN = Result(check("c"), Verdict.UNKNOWN, (), "", ("why",))
SKIPPED = Result(check("d"), Verdict.SKIPPED)


@pytest.mark.parametrize(
    ("results", "fail_on", "status", "words"),
    [
        ([OK, SKIPPED], Severity.ERROR, 0, "context prod: all is well; 2 checks: 1 ok, 1 skipped"),
        ([OK], Severity.ERROR, 0, "context prod: all is well; 1 check: 1 ok"),
        ([OK, WARNING], Severity.ERROR, 0, "context prod: nothing fails; 2 checks: 1 warning, 1 ok"),
        ([OK, WARNING], Severity.WARNING, 1, "context prod: something is wrong; 2 checks: 1 warning, 1 ok"),
        (
            [WARNING, UNKNOWN],
            Severity.ERROR,
            4,
            "context prod: not everything is known; 2 checks: 1 warning, 1 unknown",
        ),
        ([*RESULTS], Severity.ERROR, 1, "context prod: something is wrong; 5 checks: 1 error, 1 warning,"),
        ([RESULTS[0], RESULTS[0]], Severity.ERROR, 1, "context prod: something is wrong; 2 checks: 2 errors"),
    ],
)
def test_the_summary_and_the_status_say_the_same(
    results: list[Result], fail_on: Severity, status: int, words: str
) -> None:
    made = report(*results, fail_on=fail_on)
    assert exit_status(made.diagnosis, fail_on) == status
    assert summary(made).startswith(words)


def test_no_check_at_all_is_told_too() -> None:
    made = report(diagnosis=Diagnosis(()))
    assert text.render(made).splitlines()[-1] == "context prod: all is well; 0 checks: none ran"
