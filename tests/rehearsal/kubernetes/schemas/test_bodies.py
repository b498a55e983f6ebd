"""Bodies as the server parses them."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.kubernetes.schemas.bodies import BodyError, parse_json, parse_yaml

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | TEXT,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(TEXT, below, max_size=3),
    max_leaves=8,
)


@given(VALUES)
def test_json_is_read_as_it_was_written(value: Any) -> None:
    parsed = parse_json(json.dumps(value).encode())
    assert (parsed.value, parsed.complaints) == (value, [])


@given(VALUES)
def test_yaml_is_read_as_it_was_written(value: Any) -> None:
    parsed = parse_yaml(yaml.safe_dump(value).encode())
    assert (parsed.value, parsed.complaints) == (value, [])


@given(st.binary(max_size=40))
def test_any_bytes_have_a_value_or_are_refused(body: bytes) -> None:
    for parse in (parse_json, parse_yaml):
        try:
            value = parse(body).value
        except BodyError:
            continue
        assert json.loads(json.dumps(value)) == value


def test_a_key_that_comes_twice_is_named_with_its_path() -> None:
    body = b'{"a": 1, "b": [{"c": 1, "c": 2}], "a": {"d": 1}, "a": 3}'
    parsed = parse_json(body)
    assert parsed.value == {"a": 3, "b": [{"c": 2}]}
    assert parsed.complaints == [
        'duplicate field "b[0].c"',
        'duplicate field "a"',
        'duplicate field "a"',
    ]


def test_a_key_that_comes_twice_in_yaml_is_named_with_its_line() -> None:
    parsed = parse_yaml(b"a: 1\nb:\n  c: 1\n  c: 2\na: 3\n")
    assert parsed.value == {"a": 3, "b": {"c": 2}}
    words = (
        'yaml: unmarshal errors:\n  line 4: key "c" already set in map\n  line 5: key "a" already set in map'
    )
    assert parsed.complaints == [words]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "unexpected end of JSON input"),
        (b"{", "unexpected end of JSON input"),
        (b'{"a": "b', "unexpected end of JSON input"),
        (b"a: b", "invalid character 'a' looking for beginning of value"),
        (b"{} x", "invalid character 'x' after top-level value"),
        (b'{"a" 1}', "invalid character '1' after object key"),
        (b"{a: 1}", "invalid character 'a' looking for beginning of object key string"),
        (b'{"a": NaN}', "invalid character 'N' looking for beginning of value"),
        (b"[" * 100_000, "exceeded max depth"),
    ],
)
def test_what_is_not_json_is_refused_in_the_words_of_go(body: bytes, problem: str) -> None:
    with pytest.raises(BodyError) as refused:
        parse_json(body)
    assert str(refused.value) == problem


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"a: b: c", "yaml: mapping values are not allowed in this context"),
        (b"a: .inf", "error converting YAML to JSON: json: unsupported value: inf"),
    ],
)
def test_what_is_not_yaml_is_refused(body: bytes, problem: str) -> None:
    with pytest.raises(BodyError) as refused:
        parse_yaml(body)
    assert str(refused.value) == problem


def test_yaml_has_only_what_json_has() -> None:
    parsed = parse_yaml(b"day: 2026-01-01\n1: one\ntrue: yes\nnull: {}\n")
    assert parsed.value == {"day": "2026-01-01", "1": "one", "true": True, "null": {}}


def test_half_of_a_surrogate_pair_becomes_a_replacement_character() -> None:
    assert parse_json(rb'{"a\ud800": "\ud83d"}').value == {"a\ufffd": "\ufffd"}
