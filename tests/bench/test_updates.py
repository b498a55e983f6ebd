"""The updates that users make: what is watched while one runs, and what counts as a fault."""

from __future__ import annotations

import pytest
from rich.console import Console

from bench.environment import read
from bench.updates import CHANGES, Change, Outcome, Watch, faults, leave, play, report
from rehearsal.report.outcome import RehearsalReport
from rehearsal.report.timeline import Timeline
from tests.rehearsal.assemblies import ROOT

SETTINGS = read(ROOT / "settings.yaml")
REHEARSED = ("remove a node group", "Cilium 1.19 to 1.20", "a further pod range")
"""Other tests rehearse most of the other changes; `make updates` rehearses every one."""


@pytest.mark.slow
@pytest.mark.parametrize("change", [each for each in CHANGES if each.name in REHEARSED], ids=lambda c: c.name)
def test_an_update_that_users_make_ends_well_and_keeps_nodes_ready(change: Change) -> None:
    outcome = play(change, SETTINGS)

    assert outcome.faults == ()
    assert outcome.touched > 0
    assert outcome.dns
    assert outcome.cut == ()


@pytest.mark.parametrize(
    ("change", "watch", "fault"),
    [
        (Change("x", leave), Watch({"a", "b"}, {"a", "c"}, 2), "it replaces nodes"),
        (Change("x", leave, nodes=True), Watch({"a", "b"}, {"a", "c"}, 2), "it keeps 1 nodes"),
        (Change("x", leave), Watch({"a", "b"}, {"a", "b"}, 1), "1 of 2 nodes were Ready while it ran"),
        (Change("x", leave), Watch({"a"}, {"a"}, 1, dns=False), "CoreDNS had no replica while it ran"),
        (Change("x", leave, refused="no"), Watch({"a"}, set(), 1), "CloudFormation does not refuse it"),
    ],
)
def test_what_goes_wrong_while_an_update_runs_is_a_fault(change: Change, watch: Watch, fault: str) -> None:
    assert list(faults(change, watch, RehearsalReport(Timeline((), ())))) == [fault]


def test_a_refusal_in_other_words_is_a_fault() -> None:
    report = RehearsalReport(
        Timeline((), ()), failures={"app/Vpc": "as it is in use", "app/Net": "no such zone"}
    )

    found = list(faults(Change("x", leave, refused="in use"), Watch({"a"}, set(), 1), report))

    assert found == ["no such zone"]


def test_the_table_tells_what_ends_badly(capsys: pytest.CaptureFixture[str]) -> None:
    good = Outcome("a change", 3, (2, 0, 2), True, (), ())
    bad = Outcome(
        "another", 1, (2, 2, 0), False, ("a to b", "a to c"), ("CoreDNS had no replica while it ran",)
    )
    no = Outcome("a third", 1, (2, 0, 2), True, (), (), refused=True)

    report([good, bad, no], Console(width=200))

    out = capsys.readouterr().out
    rows = [
        [cell.strip() for cell in line.strip("│ ").split("│")] for line in out.splitlines() if "│" in line
    ]
    assert rows == [
        ["a change", "3", "2", "0", "2", "all the time", "nothing", "well"],
        ["another", "1", "2", "2", "0", "WRONG", "2", "WRONG"],
        ["a third", "1", "2", "0", "2", "all the time", "nothing", "refused, as it must be"],
    ]
    assert "another: CoreDNS had no replica while it ran" in out
