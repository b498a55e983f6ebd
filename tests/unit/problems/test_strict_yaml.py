from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cdk_eks_cilium.problems import InputError
from cdk_eks_cilium.problems.strict_yaml import line_of, read_document, written

WRONG: list[tuple[bytes | str, str]] = [
    ("a: [\n", "f line 2: must be YAML (expected the node content, but found '<stream end>')"),
    (
        "a: 1\nb: 2\na: 3\n",
        "f line 3: must have each key once, and line 1 has 'a' already; remove one of them",
    ),
    (
        "x:\n  1: a\n  1: b\n",
        "f line 3: must have each key once, and line 2 has 1 already; remove one of them",
    ),
    ("a:\n\t- b\n", "f line 2: must be indented with spaces, not with a tab; replace the tab with spaces"),
    ("a: 2020-13-01\n", "f: must not have an invalid value (month must be in 1..12)"),
    (
        "a: !!python/name:os.system ''\n",
        "f line 1: must be YAML (could not determine a constructor for the tag "
        "'tag:yaml.org,2002:python/name:os.system')",
    ),
    ("? [a]\n: 1\n", "f line 1: must be YAML (found unhashable key)"),
    (
        "a: &x [*x]\n",
        "f line 1: must not contain itself, and *x stands for what it is in; write the value out",
    ),
    ("[" * 3000, "f line 1: must not be nested so deep"),
    (
        "a: \x00",
        "f: must be text (unacceptable character #x0000: special characters are not allowed in "
        '"<unicode string>", position 3)',
    ),
]


def refusal(make: Any) -> str:
    with pytest.raises(InputError) as caught:
        make()
    (problem,) = caught.value.problems
    return str(problem)


@pytest.mark.parametrize(("text", "problem"), WRONG)
def test_an_invalid_document_is_refused_with_its_line(text: bytes | str, problem: str) -> None:
    assert refusal(lambda: read_document(text, "f")) == problem


def test_one_document_is_read_alone() -> None:
    assert read_document("a: [1, b]", "f") == {"a": [1, "b"]}
    assert read_document(b"", "f") is None
    assert refusal(lambda: read_document("a\n---\nb\n", "f")).startswith("f line 2: must be YAML (")


def test_a_merged_key_may_be_given_again() -> None:
    text = "base: &base {a: 1, b: 2}\nthis: {<<: *base, a: 3}\n"

    assert read_document(text, "f")["this"] == {"a": 3, "b": 2}


_plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.integers(), inner, max_size=3),
    max_leaves=8,
)


@given(_plain)
def test_what_yaml_can_say_is_read_as_pyyaml_does(value: Any) -> None:
    assert read_document(yaml.safe_dump(value), "f") == value


@given(st.text(max_size=40) | st.binary(max_size=40))
def test_whatever_is_given_is_read_or_refused(text: bytes | str) -> None:
    # Any other error is one of ours.
    with suppress(InputError):
        read_document(text, "f")


@pytest.mark.parametrize(
    ("text", "place", "raw"),
    [
        ("name: NO", ("name",), "NO"),
        ("a: [x, {b: 007}]", ("a", 1, "b"), "007"),
        ("7: on", ("7",), "on"),
        ("a: &x 1.10\nb: *x", ("b",), "1.10"),
        ("a: 'NO'", ("a",), None),
        ("a: [NO]", ("a",), None),
        ("a: NO", ("b",), None),
        ("a: [NO]", ("a", 1), None),
        ("a: NO", ("a", "b"), None),
    ],
)
def test_a_plain_value_is_told_as_it_is_written(text: str, place: tuple[str | int, ...], raw: str) -> None:
    assert written(text, place) == raw


def test_a_value_of_a_later_document_is_told() -> None:
    text = "a: NO\n---\n# comment\na: Off\n"

    assert written(text, ("a",)) == "NO"
    assert written(text, ("a",), 4) == "Off"


def test_nothing_is_told_of_text_that_is_not_yaml() -> None:
    assert written("a: [", ("a",)) is None


def test_a_long_file_is_refused_alike() -> None:
    padding = "# x\n" * 20_000

    assert refusal(lambda: read_document(f"{padding}a: [\n", "f")).startswith("f line 20002: must be YAML (")
    assert refusal(lambda: read_document(f"{padding}a: 1\na: 1\n", "f")) == (
        "f line 20002: must have each key once, and line 20001 has 'a' already; remove one of them"
    )


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ((), 1),
        (("b",), 2),
        (("b", 1), 4),
        (("b", 1, "d"), 5),
        (("b", 1, "d", "unknown"), 5),
        (("b", 7), 2),
        (("unknown", 0), 1),
    ],
)
def test_the_line_of_a_value_is_known_or_of_what_is_nearest(place: tuple[str | int, ...], line: int) -> None:
    assert line_of("a: 1\nb:\n- c: 1\n- c: 2\n  d: 3\n", place) == line


def test_a_line_is_looked_for_in_the_document_that_begins_there() -> None:
    assert line_of("a: 1\n---\n\na: 2\n", ("a",), 3) == 4
