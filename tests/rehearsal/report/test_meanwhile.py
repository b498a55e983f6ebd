"""While an update runs, each change of the network is followed by a look at who reaches whom."""

from __future__ import annotations

from collections.abc import Iterator

from rehearsal.cloudformation.state import Event
from rehearsal.reachability.answers import Reachability, Way, row
from rehearsal.report.meanwhile import Interruption, Meanwhile
from tests.rehearsal.reachability.test_answers import CUT, OPEN


def asked(*, a: bool, b: bool) -> Reachability:
    ways = [Way(f"nodes in {name}", "c", OPEN if open_ else CUT) for name, open_ in (("a", a), ("b", b))]
    return Reachability("demo", (row("nodes", "c", "TCP 443", ways, needed=True, why="they need it"),))


BOTH = asked(a=True, b=True)


def after(*states: Reachability) -> Meanwhile:
    """What was seen after route 0, route 1 and so on changed."""
    answers: Iterator[Reachability] = iter(states)
    watch = Meanwhile(lambda: [next(answers)], [BOTH])
    for number in range(len(states)):
        watch.event(Event(0.0, "net", f"Route{number}", "AWS::EC2::Route", "UPDATE_COMPLETE"))
    return watch


def cut(name: str, since: str, until: str = "") -> Interruption:
    return Interruption("demo", f"nodes in {name} to c, TCP 443", True, str(CUT.stop), since, until)


def test_nothing_is_cut_while_every_way_stays_open() -> None:
    watch = after(BOTH, BOTH)

    assert watch.interruptions == []
    assert watch.looks == 2


def test_a_way_that_is_cut_and_open_again_has_a_beginning_and_an_end() -> None:
    watch = after(BOTH, asked(a=False, b=True), asked(a=False, b=True), BOTH)

    assert watch.interruptions == [cut("a", "net/Route1", "net/Route3")]
    assert str(watch.interruptions[0]) == (
        f"demo: nodes in a to c, TCP 443: cut from net/Route1 until net/Route3: {CUT.stop}"
    )


def test_a_way_that_stays_cut_has_no_end() -> None:
    watch = after(asked(a=True, b=False))

    assert watch.interruptions == [cut("b", "net/Route0")]
    assert "cut from net/Route0 to the end" in str(watch.interruptions[0])


def test_two_interruptions_of_the_same_way_are_two() -> None:
    down = asked(a=False, b=True)

    assert after(down, BOTH, down, BOTH).interruptions == [
        cut("a", "net/Route0", "net/Route1"),
        cut("a", "net/Route2", "net/Route3"),
    ]


def test_only_changes_of_the_network_that_are_over_are_looked_at() -> None:
    watch = Meanwhile(lambda: [BOTH], [BOTH])

    watch.event(Event(0.0, "net", "Route", "AWS::EC2::Route", "UPDATE_IN_PROGRESS"))
    watch.event(Event(0.0, "net", "Role", "AWS::IAM::Role", "UPDATE_COMPLETE"))
    assert watch.looks == 0

    watch.event(Event(0.0, "net", "Route", "AWS::EC2::Route", "DELETE_FAILED"))
    assert watch.looks == 1
