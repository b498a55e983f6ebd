"""Full matches: what expressions mean to Envoy."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdk_eks_cilium.policy.expressions import ExpressionError, check, matches
from tests.unit.policy.expressions.written import expressions, real, texts


@pytest.mark.parametrize(
    ("text", "yes", "no"),
    [
        ("/api/.*", ["/api/", "/api/a?b=c"], ["/api", "x/api/", "/api/\n"]),
        ("GET|HEAD", ["GET", "HEAD"], ["GETHEAD", "get"]),
        ("a.c", ["abc", "aéc"], ["a\nc", "ac"]),
        ("(?s)a.c", ["a\nc"], []),
        ("a$", ["a"], ["a\n"]),
        ("(?m)a$\nb", ["a\nb"], ["a"]),
        ("^/a$", ["/a"], ["/a\n"]),
        ("/[[:alpha:]]+", ["/abc"], ["/a1", "/é", "/"]),
        ("[^a]", ["\n", "é"], ["a"]),
        (r"\d\w\s", ["1_\t"], ["1_\v", "٣a "]),
        (r"[[:space:]]", ["\v"], ["\u00a0"]),
        ("(?i)straSSe", ["STRASSE", "straſſe"], ["straße"]),
        ("(?i)k", ["K", "\u212a"], ["q"]),
        ("a{2,3}", ["aa", "aaa"], ["a", "aaaa"]),
        ("a{,3}", ["a{,3}"], ["aa"]),
        ("(a|b)*c", ["c", "abac"], ["ab"]),
        ("a*?b+?", ["b", "aabb"], ["a"]),
        (r"\Qa.b\E.", ["a.bc"], ["axbc"]),
        (r"\bfoo\b.*", ["foo", "foo bar"], ["foobar"]),
        (r"\x61\x{62}\143", ["abc"], ["ab"]),
        ("(|a)b", ["b", "ab"], [""]),
        ("", [""], ["a"]),
        ("(?:(?i)a)b", ["Ab"], ["aB"]),
    ],
)
def test_the_whole_text_has_to_match(text: str, yes: list[str], no: list[str]) -> None:
    assert {each: matches(text, each) for each in yes} == dict.fromkeys(yes, True)
    assert {each: matches(text, each) for each in no} == dict.fromkeys(no, False)


@pytest.mark.parametrize(
    ("text", "value", "answer"),
    [
        (r"\pL+", "abc", True),
        (r"\pL+", "a1", False),
        (r"\pL+", "é", None),
        (r"\p{Greek}", "a", None),
        (r"[^\pL]", "1", True),
        ("(?i)é", "é", True),
        ("(?i)é", "É", None),
        ("(?i)é", "a", False),
        (r"a|\pL", "a", True),
    ],
)
def test_what_tables_of_unicode_decide_is_not_known(text: str, value: str, answer: bool | None) -> None:
    assert matches(text, value) is answer


@pytest.mark.parametrize("text", ["(" * 200 + "a" + ")" * 200, "(a{30}){30}(b{30}){30}{1}" * 20])
def test_what_is_too_large_is_not_known(text: str) -> None:
    text = text.replace("{1}", "")
    assert matches(text, "a") is None or len(text) < 400


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("(a+)+$", "a" * 3000 + "b"),
        ("(a|aa)+", "a" * 3000 + "b"),
        ("(.*)*x", "a" * 3000),
        ("(a?){100}b", "a" * 99),
    ],
)
def test_no_expression_takes_exponential_time(text: str, value: str) -> None:
    begin = time.process_time()
    assert matches(text, value) is False
    assert time.process_time() - begin < 2


@given(expressions(), st.lists(texts(), max_size=4))
def test_re2_answers_the_same_where_we_do(text: str, values: list[str]) -> None:
    theirs = real()
    try:
        check(text)
    except ExpressionError:
        return
    compiled = theirs.compile(text)
    for value in values:
        assert matches(text, value) in (None, compiled.fullmatch(value) is not None)


@given(
    st.from_regex(re.compile(r"(/([a-c]|\[a-c\]|\(a\|b\)|\.|\[\^/\])[*+?]?){1,4}", re.ASCII), fullmatch=True),
    texts(),
)
def test_python_answers_the_same_on_plain_paths(text: str, value: str) -> None:
    assert matches(text, value) is (re.fullmatch(text, value) is not None)
