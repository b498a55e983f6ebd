from __future__ import annotations

from rehearsal.reachability.answers import Reachability, Way, lost, row
from rehearsal.reachability.walk import Answer, Seen

OPEN = Answer(True, Seen("their own addresses", "10.0.2.0/24"), assumes=("the sun shines",))
CUT = Answer(False, code="NO_ROUTE_TO_DESTINATION", stopped_at="table b", rule="no route to c")


def asked(*answers: Answer, needed: bool = True) -> Reachability:
    ways = [Way(f"nodes in {zone}", "c", answer) for zone, answer in zip("abd", answers, strict=False)]
    return Reachability("test", (row("nodes", "c", "TCP 443", ways, needed=needed, why="it must"),))


def test_a_row_is_reached_if_every_way_is_open() -> None:
    assert asked(OPEN, OPEN).rows[0].reached
    assert not asked(OPEN, CUT).rows[0].reached


def test_a_row_names_the_addresses_of_all_its_ways_once() -> None:
    other = Answer(True, Seen("their own addresses", "10.0.3.0/24"))
    hidden = Answer(True, Seen("addresses of Lambda"))
    assert asked(OPEN, other, hidden).rows[0].seen_as == (
        "their own addresses (10.0.2.0/24, 10.0.3.0/24) or addresses of Lambda"
    )


def test_a_row_says_which_way_is_cut_first_and_how_many_more() -> None:
    assert asked(OPEN, CUT, CUT).rows[0].cut == "nodes in b: table b: no route to c (and 1 more)"
    assert asked(OPEN).rows[0].cut == ""


def test_only_ways_that_are_open_rest_on_conditions() -> None:
    assert asked(OPEN, CUT).rows[0].assumes == ("the sun shines",)


def test_a_cut_counts_only_where_it_is_needed() -> None:
    assert [each.destination for each in asked(CUT).cut_needs] == ["c"]
    assert asked(CUT, needed=False).cut_needs == ()


def test_what_was_open_and_is_cut_now_is_lost() -> None:
    after = asked(OPEN, CUT)

    assert lost(asked(OPEN, OPEN), after) == [(after.rows[0], Way("nodes in b", "c", CUT))]
    assert [way.source for _, way in lost(asked(OPEN, CUT), asked(CUT, CUT))] == ["nodes in a"]


def test_a_way_that_is_not_asked_any_more_is_not_lost() -> None:
    assert lost(asked(OPEN, OPEN), asked(OPEN)) == []
