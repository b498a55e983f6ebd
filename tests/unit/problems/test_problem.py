"""Problems and the error that carries them."""

from __future__ import annotations

import pytest

from cdk_eks_cilium.problems import InputError, Problem, refusal, refuse


def test_a_problem_says_where_rule_got_and_fix() -> None:
    assert str(Problem("a", "must be b", "c", "write b")) == "a: must be b, got 'c'; write b"
    assert str(Problem("a", "must be given")) == "a: must be given"
    assert str(Problem("a", "must be given", None)) == "a: must be given, got None"


def test_each_line_of_an_error_ends_with_the_id_of_its_rule() -> None:
    error = InputError([Problem("a", "must be b", fix="write b", id="CEK1001"), Problem("c", "must be d")])
    assert str(error).splitlines() == ["2 problems", "  a: must be b; write b [CEK1001]", "  c: must be d"]


def test_an_error_may_have_a_title() -> None:
    assert (
        str(InputError([Problem("a", "must be b")], "file: 1 problem")).splitlines()[0] == "file: 1 problem"
    )


def test_problems_with_the_same_text_are_equal() -> None:
    assert Problem("a", "must be b", id="CEK1001") == Problem("a", "must be b")
    assert Problem("a", "must be b") != Problem("a", "must be c")


def test_nothing_to_refuse_raises_nothing() -> None:
    refuse([])
    with pytest.raises(InputError, match="1 problem\n  a: must be b"):
        refuse(iter([Problem("a", "must be b")]))


def test_a_refusal_has_no_place_of_its_own() -> None:
    (problem,) = refusal("must be b", "write b", got="c", id="CEK1001").problems
    assert (problem.where, problem.rule, problem.got, problem.fix) == ("", "must be b", "c", "write b")
    assert problem.id == "CEK1001"
