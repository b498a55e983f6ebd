"""What agents take for an expression: RE2's own rules, which Go shares."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cdk_eks_cilium.policy.expressions import ExpressionError, check
from tests.unit.policy.expressions.written import expressions, real


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/api/v[0-9]+/.*",
        "GET|POST",
        "a{1000}",
        "(a{10}){100}",
        "a{01}",
        "a{,3}",
        "a{",
        "(?P<name>a)",
        "(?<name>a)",
        "(?i-s:a)(?U)b*?",
        r"\Qa(b\E",
        r"\Q(",
        r"\pN\p{Lu}\P{^Lu}\p{Greek}[\p{Greek}-]",
        "[[:alpha:][:^digit:]x-z-]",
        "[]a]",
        "[^]a]",
        r"\x{10FFFF}\x7f\07\123\a\-\_",
        r"\A\b\B\z",
        "a|",
        "()",
        "^*",
    ],
)
def test_what_re2_takes_is_taken(text: str) -> None:
    check(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("/(?!admin).*", "'(?!', which RE2 does not know"),
        ("(?=a)", "'(?=', which RE2 does not know"),
        ("(?<=a)b", "'(?<=', which RE2 does not know"),
        ("(?<!a)b", "'(?<!', which RE2 does not know"),
        ("(?>a)", "'(?>', which RE2 does not know"),
        ("(?#note)", "'(?#', which RE2 does not know"),
        ("(?P=name)", "'(?P=', which RE2 does not know"),
        ("(?x)a", "'(?x', which RE2 does not know"),
        ("(?i-)a", "'(?i', which RE2 does not know"),
        (r"(a)\1", r"'\\1', which RE2 does not know"),
        (r"a\Z", r"'\\Z', which RE2 does not know"),
        (r"\C", r"'\\C', which RE2 does not know"),
        (r"\8", r"'\\8', which RE2 does not know"),
        (r"\é", r"'\\é', which RE2 does not know"),
        (r"[\b]", r"'\\b', which RE2 does not know"),
        (r"\x{110000}", r"'\\x', which RE2 does not know"),
        ("a++", "a repetition of a repetition at '+'"),
        ("a**", "a repetition of a repetition at '*'"),
        ("a{2}{3}", "a repetition of a repetition at '{3}'"),
        ("*a", "nothing to repeat before '*'"),
        ("(|+)", "nothing to repeat before '+'"),
        ("a{1001}", "the repetition {1001}, which is not from 0 to 1000"),
        ("a{3,2}", "the repetition {3,2}, which is not from 0 to 1000"),
        ("(a{100}){11}", "more than 1000 repetitions within repetitions"),
        ("(a", "a '(' without its ')'"),
        ("a)", "a ')' without its '('"),
        ("[a", "a '[' without its ']' at '[a'"),
        ("[z-a]", "the range z-a in the wrong order"),
        ("[[:alphabet:]]", "an unknown class '[:alphabet:]'"),
        (r"\p{Xx}", r"an unknown class '\\p{Xx}'"),
        (r"\p", r"an unknown class '\\p'"),
        ("a\\", "a backslash at its end"),
        ("(?P<a>b)(?P<a>c)", "two groups with the name a"),
        ("(" * 1002 + ")" * 1002, "groups that nest too deeply"),
    ],
)
def test_what_re2_refuses_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        check(text)
    assert str(caught.value) == reason


@given(expressions())
@example("(?i)[^\\W]*(?U:a??)|\\Q*")
def test_re2_takes_the_same(text: str) -> None:
    theirs = real()
    try:
        theirs.compile(text)
    except theirs.error:
        with pytest.raises(ExpressionError):
            check(text)
    else:
        check(text)


@given(st.text(max_size=30))
def test_any_text_is_taken_or_refused(text: str) -> None:
    try:
        check(text)
    except ExpressionError as error:
        refused = str(error)
        assert refused
