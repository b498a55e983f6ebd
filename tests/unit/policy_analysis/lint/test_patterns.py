"""Patterns that do not match what they seem to."""

from __future__ import annotations

import pytest

from cdk_eks_cilium.versions.cilium import CiliumVersion
from tests.unit.policy_analysis.lint.written import cnp, dns, names, only

AT = "spec.egress[0].toFQDNs[0]"


def test_cnp004_a_pattern_is_neither_its_parent_nor_deeper_names() -> None:
    policy = cnp(egress=[names("*.gitlab.com")])

    assert only("CNP004", policy) == [
        (
            AT,
            "does not match gitlab.com itself, nor a.b.gitlab.com, got '*.gitlab.com'; "
            "add matchName gitlab.com if that is meant, or write '**.gitlab.com'",
        )
    ]
    assert only("CNP004", policy, version=CiliumVersion.V1_18) == [
        (
            AT,
            "does not match gitlab.com itself, nor a.b.gitlab.com, got '*.gitlab.com'; "
            "add matchName gitlab.com if that is meant",
        )
    ]


def test_cnp004_two_stars_match_deeper_names_but_not_the_parent() -> None:
    assert only("CNP004", cnp(egress=[names("**.gitlab.com")])) == [
        (
            AT,
            "does not match gitlab.com itself, got '**.gitlab.com'; "
            "add matchName gitlab.com if that is meant",
        )
    ]


def test_cnp004_the_parent_beside_the_pattern_says_that_they_are_told_apart() -> None:
    assert only("CNP004", cnp(egress=[names("*.gitlab.com", "gitlab.com")])) == []
    assert only("CNP004", cnp(egress=[names("*.gitlab.com"), names("GitLab.com.")])) == []


def test_cnp004_deep_patterns_and_names_are_left_alone() -> None:
    assert only("CNP004", cnp(egress=[names("*.s3.eu-west-1.amazonaws.com", "gitlab.com", "*")])) == []


@pytest.mark.parametrize(
    ("pattern", "example"),
    [
        ("*gitlab.com", "evilgitlab.com"),
        ("example.*", "example.evil"),
        ("*.com", "evil.com"),
        ("api.git*.com", "gitevil.com"),
    ],
)
def test_cnp005_names_that_anyone_can_register(pattern: str, example: str) -> None:
    assert only("CNP005", cnp(egress=[names(pattern)])) == [
        (
            AT,
            f"must not match names that anyone can register, such as {example}, got {pattern!r}; "
            "write whole labels at the end, such as '*.example.com'",
        )
    ]


@pytest.mark.parametrize("pattern", ["*.gitlab.com", "api-*.gitlab.com", "**.gitlab.com", "*", "gitlab.com"])
def test_cnp005_names_of_one_owner(pattern: str) -> None:
    assert only("CNP005", cnp(egress=[names(pattern)])) == []


def test_cnp006_a_wildcard_within_a_label() -> None:
    assert only("CNP006", cnp(egress=[names("api-*.example.com")])) == [
        (
            AT,
            "stands for any characters but a dot, and for none, got 'api-*.example.com'; "
            "check that all of api-, api-x and the like in that place are yours",
        )
    ]


def test_cnp006_whole_labels_and_what_cnp005_says_already() -> None:
    assert only("CNP006", cnp(egress=[names("*.example.com", "*.*.example.com", "*", "*example.com")])) == []


@pytest.mark.parametrize("pattern", ["api.**.example.com", "api**.example.com", "**example.com"])
def test_cnp007_two_stars_where_they_are_one(pattern: str) -> None:
    assert only("CNP007", cnp(egress=[names(pattern)])) == [
        (
            AT,
            f"must have '**' only as '**.' at the begin, elsewhere it is the same as '*', got {pattern!r}; "
            "write '*', or '**.' at the begin",
        )
    ]


def test_cnp007_two_stars_before_1_19_in_dns_rules_too() -> None:
    policy = cnp(egress=[names("**.example.com"), dns("**.example.com")])
    text = (
        "must have no '**.' before Cilium 1.19, where it is the same as '*.' (this is for 1.18.12), "
        "got '**.example.com'; list the depths one by one: '*.example.com', '*.*.example.com'"
    )

    assert only("CNP007", policy, version=CiliumVersion.V1_18) == [
        (AT, text),
        ("spec.egress[1].toPorts[0].rules.dns[0]", text),
    ]
    assert only("CNP007", policy, version=CiliumVersion.V1_19) == []
    assert only("CNP007", policy) == []


@pytest.mark.parametrize("name", ["API.example.com", "api.example.com.", "*.Example.com"])
def test_cnp008_another_spelling_of_the_same_name(name: str) -> None:
    plain = name.lower().rstrip(".")

    assert only("CNP008", cnp(egress=[names(name)])) == [
        (AT, f"is read without its last dot and in lower case, got {name!r}; write {plain!r}")
    ]


def test_cnp008_names_as_they_are_read() -> None:
    assert only("CNP008", cnp(egress=[names("api.example.com", "*.example.com"), dns("*")])) == []
