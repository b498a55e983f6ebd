"""Values, patterns and formats of structural schemas."""

from __future__ import annotations

import re
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.kubernetes.custom import formats
from rehearsal.kubernetes.custom.pruning import with_defaults
from rehearsal.kubernetes.custom.values import expression, problems
from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.schemas.built_in import meta_schema
from rehearsal.kubernetes.schemas.structural import structural

SCALARS = st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "a", "b", "ab"])
VALUES = st.recursive(
    SCALARS,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.sampled_from("abc"), below, max_size=3),
    max_leaves=6,
)
LEAVES = st.sampled_from(
    [
        {"type": "string", "minLength": 1},
        {"type": "string", "pattern": "^a", "maxLength": 1},
        {"type": "integer", "minimum": 0, "maximum": 3},
        {"type": "boolean"},
        {"type": "string", "enum": ["a", "ab"]},
    ]
)
SCHEMAS = st.recursive(
    LEAVES,
    lambda below: (
        st.builds(lambda items: {"type": "array", "items": items, "maxItems": 2}, below)
        | st.builds(lambda values: {"type": "object", "additionalProperties": values}, below)
        | st.builds(
            lambda properties: {"type": "object", "properties": properties, "required": ["a"]},
            st.dictionaries(st.sampled_from("abc"), below, max_size=3),
        )
    ),
    max_leaves=4,
)


@given(SCHEMAS, VALUES)
def test_a_value_fits_where_another_validator_says_so(schema: Object, value: Any) -> None:
    fits = jsonschema.Draft7Validator(schema).is_valid(value)
    assert (not list(problems(value, schema, "x"))) is fits


@given(SCHEMAS, VALUES)
def test_a_value_that_stays_as_it_is_is_not_judged(schema: Object, value: Any) -> None:
    assert list(problems(value, schema, "x", value)) == []


@given(SCHEMAS, VALUES)
def test_defaults_are_filled_in_once(raw: Object, value: Any) -> None:
    schema = structural(raw, meta_schema("1.36"))
    once = with_defaults(value, schema)
    assert with_defaults(once, schema) == once


@pytest.mark.parametrize(
    ("pattern", "matches", "differs"),
    [
        ("^a$", "a", "a\n"),
        (r"^[$a]+$", "$a", "b"),
        (r"^\$$", "$", "a"),
        (r"^[[:alnum:]]+\z", "a1", "a1\n"),
        ("^[^[:space:]]+$", "ab", "a b"),
        (r"^\d+$", "12", "٣"),
        ("^[]a]+$", "]a", "b"),
        ("^[^]a]+$", "b", "]"),
    ],
)
def test_a_pattern_means_what_it_means_in_go(pattern: str, matches: str, differs: str) -> None:
    assert expression(pattern).search(matches)
    assert not expression(pattern).search(differs)


@given(st.text(alphabet="ab$^[]().*\\:z", max_size=8))
def test_any_text_is_a_pattern_or_refused(pattern: str) -> None:
    try:
        expression(pattern).search("ab")
    except re.error:
        return


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("byte", "YQ==", "?"),
        ("cidr", "10.0.0.0/8", "10.0.0.0"),
        ("date", "2026-01-31", "2026-02-31"),
        ("date-time", "2026-01-01T00:00:00Z", "2026-01-01"),
        ("duration", "1h30m", "soon"),
        ("email", "a@example.org", "a"),
        ("hexcolor", "#ff0000", "red"),
        ("hostname", "a.example.org", "-a"),
        ("ipv4", "1.2.3.4", "::1"),
        ("ipv6", "::1", "1.2.3.4"),
        ("mac", "01:23:45:67:89:ab", "01:23"),
        ("uri", "https://example.org", "example"),
        ("uuid", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "x"),
        ("uuid4", "9b2d1d5e-1c4e-4d0e-8a51-3e1f5d2a7c11", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"),
    ],
)
def test_a_format_is_checked(name: str, good: str, bad: str) -> None:
    assert formats.fits(good, name)
    assert not formats.fits(bad, name)
    assert formats.fits(bad, "unknown")
