from __future__ import annotations

import json
import threading
from dataclasses import replace
from io import StringIO
from pathlib import Path

from rich.console import Console

from rehearsal.cloudformation.state import Event
from rehearsal.reachability.answers import Reachability
from rehearsal.reachability.questions import answers
from rehearsal.report.document import document
from rehearsal.report.outcome import RehearsalReport
from rehearsal.report.progress import PATIENCE, Progress, print_report, write_picture
from rehearsal.report.timeline import Timeline
from rehearsal.report.verdict import EndStateFinding, after_asking
from tests.rehearsal.reachability.networks import cluster, network, table


def answered(*, cut: bool = False, name: str = "test") -> Reachability:
    of = network()
    if cut:
        of = replace(of, tables={**of.tables, "node-b": table("node-b")})
    return answers(replace(cluster(of), name=name))


def report(**phases: list[Reachability]) -> RehearsalReport:
    return RehearsalReport(Timeline((), ()), reachability=phases)


def printed(of: RehearsalReport, *, every_way: bool = False) -> str:
    out = StringIO()
    print_report(of, Console(file=out, width=400), every_way=every_way)
    return out.getvalue()


def test_the_report_prints_the_table_of_the_last_phase() -> None:
    out = printed(report(create=[answered(cut=True)], update=[answered()]))
    assert out.count("Reachability of cluster test:") == 1
    assert "  ok  nodes to the internet, TCP 443: seen as" in out
    assert "BAD" not in out


def test_the_report_prints_each_way_where_it_is_asked_to() -> None:
    short, long = (printed(report(create=[answered()]), every_way=each) for each in (False, True))
    assert "table node-a routes 0.0.0.0/0 to nat-a" not in short
    assert "table node-a routes 0.0.0.0/0 to nat-a" in long


def updated(*after: EndStateFinding) -> RehearsalReport:
    """A report whose creation left two good checks and a bad one, and whose update left these."""
    made = report()
    made.findings = [
        EndStateFinding("nodes are Ready", True, "2 nodes", "create"),
        EndStateFinding("coredns runs", True, "", "create"),
        EndStateFinding("aws-node is gone", False, "it is there", "create"),
        *(replace(each, phase="update") for each in after),
        EndStateFinding("IAM allows every call", True, "3 calls"),
    ]
    return made


def test_the_end_state_is_told_by_phase() -> None:
    out = printed(updated(EndStateFinding("nodes are Ready", True, "3 nodes")))
    assert out[out.index("End state") :].startswith(
        "End state after the creation:\n"
        "  ok  nodes are Ready (2 nodes)\n"
        "  ok  coredns runs\n"
        "  BAD aws-node is gone (it is there)\n"
        "\n"
        "End state after the update:\n"
        "  -   after the creation alone: coredns runs\n"
        "  -   after the creation alone: aws-node is gone\n"
        "  ok  nodes are Ready (3 nodes)\n"
        "\n"
        "End state over all phases:\n"
        "  ok  IAM allows every call (3 calls)\n"
    )


def test_what_an_update_left_as_it_was_is_one_line_and_what_is_bad_is_told_again() -> None:
    kept = (EndStateFinding("nodes are Ready", True, "2 nodes"), EndStateFinding("coredns runs", True))
    out = printed(updated(*kept, EndStateFinding("aws-node is gone", False, "it is there")))
    after = out[out.index("End state after the update") : out.index("End state over")]
    assert after == (
        "End state after the update:\n"
        "  ok  2 checks are as after the creation\n"
        "  BAD aws-node is gone (it is there)\n"
        "\n"
    )


def test_the_same_problem_after_creation_and_update_says_which_is_which() -> None:
    made = updated(EndStateFinding("aws-node is gone", False, "it is there"))
    assert made.problems == [
        "aws-node is gone: it is there",
        "aws-node is gone: it is there (after the update)",
    ]


def test_a_need_that_is_cut_makes_the_verdict() -> None:
    (bad, *more) = after_asking([answered(cut=True)])
    assert not bad.good
    assert bad.check == "test: nodes to AWS: ec2, ecr.api, ecr.dkr, eks, s3, sts, TCP 443"
    assert bad.detail.startswith("nodes in b to ec2: table node-b: no route to the public addresses of ec2")
    assert {each.good for each in more} == {False}


def test_a_network_that_lets_everything_needed_through_is_one_good_finding() -> None:
    (good,) = after_asking([answered()])
    assert good.good
    assert good.detail.startswith("13 needs, ")


def test_json_has_each_way_of_each_phase_with_hops_stops_and_conditions() -> None:
    given = json.loads(json.dumps(document(report(create=[answered(cut=True)])), default=str))
    (found,) = given["reachability"]["create"]
    rows = {(row["source"], row["destination"]): row for row in found["rows"]}
    internet = rows["nodes", "the internet"]
    assert (internet["needed"], internet["reached"]) == (True, False)
    first, second = internet["ways"]
    assert first["answer"]["seen"] == {"kind": "public addresses of NAT gateways", "where": "NAT a"}
    assert first["answer"]["hops"]
    assert second["answer"]["code"] == "NO_ROUTE_TO_DESTINATION"


def test_each_cluster_has_a_picture(tmp_path: Path) -> None:
    two = report(create=[answered(), answered(name="second")])
    assert write_picture(two, tmp_path / "reach.svg")
    assert "cluster test" in (tmp_path / "reach.svg").read_text()
    assert "cluster second" in (tmp_path / "reach-second.svg").read_text()


def test_without_a_cluster_there_is_nothing_to_draw(tmp_path: Path) -> None:
    assert not write_picture(report(create=[]), tmp_path / "reach.svg")
    assert list(tmp_path.iterdir()) == []


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def progress(clock: Clock) -> tuple[Progress, StringIO]:
    out = StringIO()
    return Progress(Console(file=out, width=400), clock), out


def begun(name: str) -> Event:
    return Event(1.0, "app", name, "AWS::EC2::VPC", "CREATE_IN_PROGRESS", "")


def test_a_log_says_what_goes_on_after_a_while_without_a_line() -> None:
    clock = Clock()
    shown, out = progress(clock)
    shown.event(begun("Vpc"))
    clock.now += PATIENCE - 0.1
    shown.pulse()
    assert out.getvalue() == ""

    clock.now += 0.1
    shown.pulse()
    shown.pulse()
    assert out.getvalue() == "   5.0 s goes on              Vpc\n"


def test_a_log_names_some_of_many_actions_and_counts_the_rest() -> None:
    clock = Clock()
    shown, out = progress(clock)
    for name in "ABCDEFG":
        shown.event(begun(name))
    clock.now += 60
    shown.pulse()

    assert out.getvalue() == "  60.0 s goes on              A, B, C, D, E and 2 more\n"


def test_a_line_begins_the_wait_anew() -> None:
    clock = Clock()
    shown, out = progress(clock)
    clock.now += PATIENCE - 1
    shown.say("a remark")
    clock.now += PATIENCE - 1
    shown.pulse()

    assert out.getvalue() == "         note: a remark\n"


def test_without_any_action_the_log_says_that_it_waits() -> None:
    clock = Clock()
    shown, out = progress(clock)
    clock.now += PATIENCE
    shown.pulse()

    assert out.getvalue() == "   5.0 s goes on              waiting\n"


def test_a_quiet_console_has_no_line_and_no_thread() -> None:
    before = threading.active_count()
    with Progress(Console(quiet=True)):
        assert threading.active_count() == before
