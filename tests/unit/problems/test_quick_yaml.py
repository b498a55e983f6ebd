from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cdk_eks_cilium.problems import strict_yaml
from cdk_eks_cilium.problems.bounds import OBJECTS, Bounds
from cdk_eks_cilium.problems.problem import InputError
from cdk_eks_cilium.problems.quick_yaml import NotPlainError, QuickReader
from cdk_eks_cilium.problems.strict_yaml import read_documents

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.dates(),
    st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=8),
    st.sampled_from(["yes", "0x1f", "1_0", "1:30", "~", "<<", "=", "2001-01-01", ".inf", "null", " x "]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.text("abc", min_size=1, max_size=2), inner, max_size=3),
    ),
    max_leaves=8,
)


def quickly(text: str, bounds: Bounds = OBJECTS) -> list[tuple[int, Any]]:
    return list(QuickReader(yaml.CSafeLoader(text), bounds).documents())


@given(st.lists(VALUES, max_size=3), st.booleans())
def test_plain_yaml_is_read_as_the_safe_loader_reads_it(values: list[Any], flow: bool) -> None:
    text = yaml.safe_dump_all(values, default_flow_style=flow, allow_unicode=True)
    found = [value for _, value in quickly(text)]
    assert found == [each for each in yaml.safe_load_all(text) if each is not None]


def test_a_document_has_its_first_line() -> None:
    assert quickly("a: 1\n---\n# nothing\n---\n\nb: 2\n") == [(1, {"a": 1}), (6, {"b": 2})]


@pytest.mark.parametrize(
    "text",
    [
        "a: &x 1",
        "a: [&x 1, *x]",
        "a: !!str 1",
        "<<: {a: 1}",
        "? [a]\n: 1",
        "a: 1\na: 2",
        "a: =",
        f"a: {'1' * 1001}",
        "[" * 102 + "]" * 102,
    ],
)
def test_the_rest_is_for_the_slower_reader(text: str) -> None:
    with pytest.raises(NotPlainError):
        quickly(text)


def test_text_beyond_its_bounds_is_for_the_slower_reader() -> None:
    assert quickly("[1, 2]", Bounds(size=100, values=3)) == [(1, [1, 2])]
    with pytest.raises(NotPlainError):
        quickly("[1, 2, 3]", Bounds(size=100, values=3))


def test_errors_keep_their_words() -> None:
    with pytest.raises(InputError) as raised:
        read_documents("a: 1\nb: 2\na: 3\n", "x.yaml")
    assert str(raised.value.problems[0]) == (
        "x.yaml line 3: must have each key once, and line 1 has 'a' already; remove one of them"
    )


def test_without_libyaml_the_slower_reader_reads_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strict_yaml, "_parser", None)
    assert read_documents("a: 1", "x.yaml") == [(1, {"a": 1})]
