"""Names of TLS servers: what the API server stores, and what Envoy matches."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdk_eks_cilium.policy.server_names import is_prefixed, is_server_name, server_expression, serves
from tests.unit.policy.crds import needs_crds, schema

PARTS = st.lists(st.sampled_from(["a", "B-1", "_", "*", "**", ".", "***", "é"]), max_size=7).map("".join)


@pytest.mark.parametrize(
    ("name", "yes", "no"),
    [
        ("example.com", ["example.com", "EXaMpLE.COM"], ["www.example.com", "example.com.", ""]),
        ("*", ["localhost", "foo.007.example.com", "a_b-c"], ["example.com.", "ex@mple.com", ""]),
        ("**", ["localhost", "foo.bar.example.com"], ["a..b", ""]),
        (
            "*.example.com",
            ["foo.example.com", "FOO.example.com"],
            ["example.com", "a.b.example.com", "fooexample.com"],
        ),
        ("**.example.com", ["a.example.com", "a.b.example.com"], ["example.com", "aexample.com"]),
        ("sub.*.com", ["sub.foo.com"], ["sub.com", "test.sub.foo.com", "sub.a.b.com"]),
        (
            "sub.example-*.com",
            ["sub.example-.com", "sub.example-a-b.com"],
            ["sub.example.com", "sub.example-a.b.com"],
        ),
        ("sub.*.*.com", ["sub.a.b.com"], ["sub.a.com"]),
        ("sub.**.com", ["sub.a.com", "sub.a.b.com"], ["sub.com", "sub..com", "x.sub.a.com"]),
        (
            "**.sub.*.ex*e.com",
            ["a.sub.b.example.com", "a.b.sub.c.exe.com"],
            ["sub.b.example.com", "a.sub.exe.com"],
        ),
        ("sub.*exa*.com", ["sub.exa.com", "sub.1exa2.com"], ["sub.foo.com"]),
    ],
)
def test_a_name_matches_as_in_envoy(name: str, yes: list[str], no: list[str]) -> None:
    assert {each: serves(name, each) for each in yes} == dict.fromkeys(yes, True)
    assert {each: serves(name, each) for each in no} == dict.fromkeys(no, False)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "***",
        "a.***.com",
        "a.c**",
        "a.com.",
        "a..com",
        ".a",
        "^a.com$",
        ".+a.com",
        "[a-z]*.com",
        "(a|b).com",
        "a b",
    ],
)
def test_what_envoy_refuses_is_not_a_name(name: str) -> None:
    assert not is_server_name(name)


def test_a_name_has_at_most_255_characters() -> None:
    assert is_server_name("a" * 255)
    assert not is_server_name("a" * 256)


@given(PARTS)
def test_every_name_is_in_the_language_of_envoys_api(name: str) -> None:
    # As `npds.proto` of cilium/proxy has it.
    label = "([*]{1,2}|[*]?[-a-zA-Z0-9_]+([*][-a-zA-Z0-9_]+)*[*]?)"
    assert is_server_name(name) == (re.fullmatch(f"({label}[.])*{label}", name) is not None)


@needs_crds
@given(PARTS)
def test_prefixes_are_what_the_api_server_of_1_19_takes(name: str) -> None:
    items: Any = schema("1.19.1")["properties"]["spec"]["properties"]["egress"]["items"]["properties"]
    pattern = items["toPorts"]["items"]["properties"]["serverNames"]["items"]["pattern"]
    ours = is_server_name(name) and ("*" not in name or is_prefixed(name))
    # It also takes a dot at the end, which Envoy does not.
    theirs = re.fullmatch(pattern.removeprefix("^").removesuffix("$"), name) is not None
    assert ours == (theirs and not name.endswith("."))


@given(st.lists(st.sampled_from(["a", "b1", "_"]), min_size=1, max_size=4).map(".".join))
def test_a_star_alone_and_two_stars_match_every_name(name: str) -> None:
    assert serves("*", name)
    assert serves("**", name)
    assert serves(name.upper(), name)


def test_an_expression_has_the_letters_of_a_name_as_they_are() -> None:
    assert server_expression("Sub.*.c-m") == "sub[.][-a-z0-9_]*[.]c-m"
