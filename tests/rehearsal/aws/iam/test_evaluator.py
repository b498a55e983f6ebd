"""The evaluator itself decides as AWS documents."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.aws.iam.evaluator import Decision, Policy, Request, allows, decide, matches, why_not

ARN = "arn:aws:ec2:eu-west-1:111122223333:subnet/subnet-1"
LITERAL = st.text(st.characters(exclude_characters="*?$"), max_size=20)


def allow(**elements: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "ec2:*", "Resource": "*", **elements}


def when(operator: str, key: str, value: Any) -> dict[str, Any]:
    return allow(Condition={operator: {key: value}})


def says(statement: dict[str, Any], **context: Any) -> bool:
    keys = {name.replace("__", ":"): value for name, value in context.items()}
    return decide([statement], Request("ec2:RunInstances", ARN, keys)) is Decision.ALLOWED


def test_nothing_is_allowed_without_a_statement() -> None:
    assert decide([], Request("ec2:RunInstances", ARN)) is Decision.NOT_ALLOWED


def test_a_deny_wins_wherever_it_stands() -> None:
    deny = {"Effect": "Deny", "Action": "ec2:Run*", "Resource": "*"}

    for statements in ([allow(), deny], [deny, allow()]):
        assert decide(statements, Request("ec2:RunInstances", ARN)) is Decision.DENIED
        assert decide(statements, Request("ec2:StopInstances", ARN)) is Decision.ALLOWED


def test_a_call_needs_every_part() -> None:
    statement = allow(Resource=ARN)

    assert allows([statement], Request("ec2:A", ARN))
    assert not allows([statement], Request("ec2:A", ARN), Request("ec2:A", ARN + "0"))


def test_actions_ignore_case_and_resources_do_not() -> None:
    assert decide([allow(Action="EC2:runinstances")], Request("ec2:RunInstances", ARN)) is Decision.ALLOWED
    assert decide([allow(Resource=ARN.upper())], Request("ec2:A", ARN)) is Decision.NOT_ALLOWED


def test_the_inverse_elements_take_everything_else() -> None:
    statement = {"Effect": "Allow", "NotAction": ["iam:*", "sts:*"], "NotResource": "arn:aws:s3:::secret/*"}

    assert allows([statement], Request("s3:GetObject", "arn:aws:s3:::open/file"))
    assert not allows([statement], Request("s3:GetObject", "arn:aws:s3:::secret/file"))
    assert not allows([statement], Request("iam:PassRole", "arn:aws:iam::1:role/r"))


@given(LITERAL)
def test_a_text_without_wildcards_matches_itself(text: str) -> None:
    assert matches(text, text)


@given(LITERAL, LITERAL)
def test_a_text_without_wildcards_matches_nothing_else(pattern: str, text: str) -> None:
    assert matches(pattern, text) == (pattern == text)


@given(LITERAL, LITERAL, LITERAL)
def test_a_star_stands_for_any_run_of_characters(before: str, between: str, after: str) -> None:
    assert matches(f"{before}*{after}", before + between + after)


@given(LITERAL, LITERAL, st.characters())
def test_a_question_mark_stands_for_exactly_one(before: str, after: str, one: str) -> None:
    assert matches(f"{before}?{after}", before + one + after)
    assert not matches(f"{before}?", before)


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=8))
def test_wildcards_are_the_regular_expression_they_mean(pattern: str, text: str) -> None:
    expression = pattern.replace("*", "[ab]*").replace("?", "[ab]")

    assert matches(pattern, text) == bool(re.fullmatch(expression, text))


@given(st.text("[].^$(){}|+\\!-", max_size=6), st.text("ab", max_size=3))
def test_no_other_sign_is_a_wildcard(pattern: str, text: str) -> None:
    if "${" not in pattern:
        assert matches(pattern, text) == (pattern == text)


@pytest.mark.parametrize(
    ("operator", "wanted", "fits", "fails"),
    [
        ("StringEquals", "a", "a", "A"),
        ("StringEquals", ["a", "b"], "b", "c"),
        ("StringEquals", "a*", "a*", "ab"),
        ("StringEqualsIgnoreCase", "a", "A", "b"),
        ("StringLike", "a*", "ab", "ba"),
        ("ArnEquals", "arn:aws:ec2:*:1:vpc/v", "arn:aws:ec2:r:1:vpc/v", "arn:aws:ec2:r:1:vpc/w"),
        ("ArnLike", "arn:aws:ec2:*:vpc/v", "", "arn:aws:ec2:r:1:vpc/v"),
        ("Bool", "true", "True", "false"),
        ("Bool", True, "true", "false"),
        ("StringNotEquals", ["a", "b"], "c", "a"),
        ("StringNotLike", "a*", "b", "ab"),
        ("ArnNotEquals", "arn:aws:ec2:r:1:vpc/v", "arn:aws:ec2:r:1:vpc/w", "arn:aws:ec2:r:1:vpc/v"),
    ],
)
def test_an_operator_compares_as_documented(operator: str, wanted: Any, fits: str, fails: str) -> None:
    statement = when(operator, "x:y", wanted)

    if fits:
        assert says(statement, x__y=fits)
    assert not says(statement, x__y=fails)


@pytest.mark.parametrize(
    ("operator", "holds"),
    [
        ("StringEquals", False),
        ("StringLike", False),
        ("ArnEquals", False),
        ("Bool", False),
        ("StringNotEquals", True),
        ("StringEqualsIfExists", True),
        ("BoolIfExists", True),
        ("ForAnyValue:StringEquals", False),
        ("ForAllValues:StringEquals", True),
    ],
)
def test_a_missing_key_is_treated_as_documented(operator: str, holds: bool) -> None:
    assert says(when(operator, "x:y", "a")) is holds


def test_if_exists_still_compares_a_key_that_is_there() -> None:
    assert not says(when("StringEqualsIfExists", "x:y", "a"), x__y="b")


@pytest.mark.parametrize(("null", "context"), [("true", {}), ("false", {"x__y": "a"})])
def test_null_asks_whether_a_key_is_missing(null: str, context: dict[str, str]) -> None:
    other = {} if context else {"x__y": "a"}

    assert says(when("Null", "x:y", null), **context)
    assert not says(when("Null", "x:y", null), **other)


@pytest.mark.parametrize(
    ("operator", "values", "holds"),
    [
        ("ForAnyValue:StringEquals", ("a", "z"), True),
        ("ForAnyValue:StringEquals", ("y", "z"), False),
        ("ForAllValues:StringEquals", ("a", "b"), True),
        ("ForAllValues:StringEquals", ("a", "z"), False),
        ("ForAllValues:StringNotEquals", ("y", "z"), True),
        ("ForAllValues:StringNotEquals", ("a", "z"), False),
    ],
)
def test_set_operators_ask_any_or_all_values(operator: str, values: tuple[str, ...], holds: bool) -> None:
    assert says(when(operator, "x:y", ["a", "b"]), x__y=values) is holds


def test_the_names_of_condition_keys_ignore_case() -> None:
    assert says(when("StringEquals", "EC2:vpc", "a"), ec2__Vpc="a")


def test_all_keys_and_all_operators_must_hold() -> None:
    statement = allow(Condition={"StringEquals": {"x:a": "1", "x:b": "2"}, "StringLike": {"x:c": "3*"}})
    good = {"x__a": "1", "x__b": "2", "x__c": "33"}

    assert says(statement, **good)
    assert not any(says(statement, **{**good, name: "9"}) for name in good)


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        (when("NumericLessThan", "x:y", "1"), "unknown condition operator: NumericLessThan"),
        (when("ForSome:StringEquals", "x:y", "1"), "unknown condition operator: ForSome:StringEquals"),
        (allow(Effect="Maybe"), "unknown effect: Maybe"),
        (allow(Resorce="*"), r"unknown elements of a statement: \['Resorce'\]"),
        (allow(NotAction="a"), "a statement needs either Action or NotAction"),
        (allow(Resource="${aws:username}"), "policy variables are not evaluated"),
        (allow(Resource=["*", "${aws:username}"]), "policy variables are not evaluated"),
        (when("ArnLike", "x:y", "arn:aws:iam::${x}:*"), "policy variables are not evaluated"),
    ],
)
@pytest.mark.parametrize("action", ["ec2:*", "s3:GetObject"])
def test_what_is_not_known_is_refused_whatever_the_request(
    statement: dict[str, Any], text: str, action: str
) -> None:
    named = statement if "NotAction" in statement else {**statement, "Action": action}
    with pytest.raises(ValueError, match=text):
        says(named, x__y="1")


@pytest.mark.parametrize("action", ["ec2:*", "s3:GetObject"])
def test_several_values_need_an_operator_for_sets_whatever_the_action(action: str) -> None:
    statement = {**when("StringEquals", "x:y", "a"), "Action": action}
    with pytest.raises(ValueError, match="StringEquals on a key with several values needs ForAnyValue"):
        says(statement, x__y=("a", "b"))


def test_a_policy_that_judges_many_requests_says_what_its_statements_say() -> None:
    statements = [allow(Resource=ARN), {"Effect": "Deny", "Action": "ec2:Stop*", "Resource": "*"}]
    policy = Policy(statements)

    for request in (Request("ec2:RunInstances", ARN), Request("ec2:StopInstances", ARN), Request("a:B", "*")):
        assert decide(policy, request) is decide(statements, request)
        assert why_not(policy, request) == why_not(statements, request)
    assert policy.prepared is policy.prepared
