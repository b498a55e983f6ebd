"""Limits of requests, compared by what they let through."""

from __future__ import annotations

import pytest

from cdk_eks_cilium.policy.model import HttpRule, L7Rules
from cdk_eks_cilium.policy_analysis.difference.limits import Clause, alternatives, implies
from cdk_eks_cilium.policy_analysis.evaluation.ports import Limit


def clause(limit: Limit) -> Clause:
    return frozenset(alternatives(limit))


def http(*rules: HttpRule, proof: str | None = None) -> Clause:
    return clause(Limit("text", L7Rules(http=rules), proof=proof))


def dns(*patterns: str) -> Clause:
    return clause(Limit("text", L7Rules.read({"dns": [{"matchPattern": each} for each in patterns]})))


def tls(*names: str) -> Clause:
    return clause(Limit(f"TLS to {', '.join(names)}", server_names=names))


PROVEN = clause(Limit("mutual authentication", proof="required"))
GET = http(HttpRule(method="GET"))
GET_A = http(HttpRule(method="GET", path="/a"))
POST = http(HttpRule(method="POST"))
EITHER = http(HttpRule(method="GET"), HttpRule(method="POST"))
ANY_HTTP = http(HttpRule())


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        (GET_A, GET),
        (GET, EITHER),
        (GET, ANY_HTTP),
        (http(HttpRule(headers=("A: 1", "B: 2"))), http(HttpRule(headers=("B: 2",)))),
        (dns("a.com"), dns("*")),
        (tls("a.com"), tls("a.com", "b.com")),
        (http(HttpRule(method="GET"), proof="required"), GET),
        (http(HttpRule(method="GET"), proof="required"), PROVEN),
    ],
)
def test_what_meets_the_narrow_limit_meets_the_wide_one(narrow: Clause, wide: Clause) -> None:
    assert implies(frozenset({narrow}), frozenset({wide}))
    assert not implies(frozenset({wide}), frozenset({narrow}))


@pytest.mark.parametrize(
    ("one", "other"),
    [(GET, POST), (GET_A, POST), (GET, dns("*")), (dns("a.com"), dns("b.com")), (GET, PROVEN)],
)
def test_limits_with_nothing_in_common_imply_each_other_in_no_way(one: Clause, other: Clause) -> None:
    assert not implies(frozenset({one}), frozenset({other}))
    assert not implies(frozenset({other}), frozenset({one}))


def test_names_are_compared_as_cilium_reads_them() -> None:
    assert dns("A.com.") == dns("a.com")


def test_without_a_limit_everything_passes() -> None:
    assert implies(frozenset({GET}), frozenset())
    assert not implies(frozenset(), frozenset({GET}))


def test_limits_of_both_sides_must_hold() -> None:
    assert implies(frozenset({GET, PROVEN}), frozenset({GET}))
    assert not implies(frozenset({GET}), frozenset({GET, PROVEN}))


def test_a_header_that_is_only_repaired_refuses_nothing() -> None:
    repaired = HttpRule.read({"headerMatches": [{"name": "a", "value": "1", "mismatch": "ADD"}]})
    assert implies(frozenset({ANY_HTTP}), frozenset({http(repaired)}))


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        (Limit("x", L7Rules(http=(HttpRule(path="/a", host="b"),))), ["HTTP any method /a at b"]),
        (
            Limit("x", L7Rules(http=(HttpRule(headers=("A: 1",)),)), proof="required"),
            ["HTTP any method any path with header A: 1, with authentication required"],
        ),
        (Limit("x", L7Rules.read({"dns": [{"matchName": "a.com"}]})), ["DNS a.com"]),
        (
            Limit("x", L7Rules.read({"kafka": [{"topic": "t", "role": "produce"}]})),
            ["Kafka role produce, topic t"],
        ),
        (Limit("x", L7Rules.read({"l7proto": "r2", "l7": [{"cmd": "A"}]})), ["r2 cmd A"]),
        (Limit("TLS to a, b", server_names=("a", "b")), ["TLS to a", "TLS to b"]),
        (Limit("what Envoy's listener l lets through"), ["what Envoy's listener l lets through"]),
        (Limit("mutual authentication", proof="required"), ["mutual authentication"]),
    ],
)
def test_alternatives_are_told_whole(limit: Limit, words: list[str]) -> None:
    assert sorted(one.text for one in alternatives(limit)) == words
