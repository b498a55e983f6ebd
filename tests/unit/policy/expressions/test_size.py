"""The size of RE2's programs, which Envoy limits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdk_eks_cilium.policy.expressions import MOST_INSTRUCTIONS, has_unicode_class, instructions
from tests.unit.policy.expressions.written import real

# As RE2's `ProgramSize` has it; the last two are from Envoy's own refusals in public reports.
SIZES = {
    "": 4,
    "abc": 7,
    "a*": 5,
    "a+": 6,
    "a?": 6,
    "(a)": 7,
    "a|b": 5,
    "ab|cd": 8,
    "abc|abd": 7,
    "GET|HEAD|PUT": 14,
    "(v1|v2|v3)": 8,
    ".": 12,
    "(?s).": 11,
    "[^/]+": 13,
    r"\w": 7,
    "a{2,5}": 12,
    "a{2,}": 7,
    ".*.*": 12,
    r"\w+": 8,
    "(?i)abc": 7,
    "(?i)k": 8,
    "^a$": 4,
    "^/.*$": 12,
    "é": 6,
    r"^/api/v1/object/[\w]{32}/action$": 107,
    "/(dashboard|alerts|calendar|components|metrics|critical_asset_metrics|critical_product_metrics"
    "|simple_search|support|celery_status|choices)([/?].*)?": 134,
}


@pytest.mark.parametrize(("text", "size"), SIZES.items())
def test_the_size_of_what_occurs_is_exact(text: str, size: int) -> None:
    assert instructions(text) == size


def test_re2_has_the_same_sizes() -> None:
    assert {text: real().compile(text).programsize for text in SIZES} == SIZES


@pytest.mark.parametrize("text", [r"\pN", r"\pL", r"[^\p{Lu}]", r"\p{P}"])
def test_classes_of_unicode_are_larger_than_envoy_takes(text: str) -> None:
    assert has_unicode_class(text)
    assert real().compile(text).programsize > MOST_INSTRUCTIONS


def test_a_backslash_before_a_letter_p_is_no_class() -> None:
    assert not has_unicode_class(r"\\p")
    assert not has_unicode_class("p")


SEGMENTS = [
    "api",
    "v1",
    "users",
    "[0-9]+",
    "[a-z]+",
    "[^/]+",
    ".*",
    r"\d+",
    r"\w+",
    "(foo|bar)",
    "(?:a|b|cd)",
    ".+",
]


@given(
    st.lists(st.sampled_from(SEGMENTS), min_size=1, max_size=5),
    st.sampled_from(["{}", "^{}$", "({}|/x)", "{}(/.*)?"]),
)
def test_the_size_of_a_path_is_never_more_than_re2s(segments: list[str], whole: str) -> None:
    text = whole.format("/" + "/".join(segments))
    theirs = real().compile(text).programsize
    assert theirs - 25 <= instructions(text) <= theirs
