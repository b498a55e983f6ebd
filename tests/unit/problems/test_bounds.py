"""YAML that only seems small takes neither all time nor all memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cdk_eks_cilium.problems import InputError, strict_yaml
from cdk_eks_cilium.problems.bounds import OBJECTS, SETTINGS, Bounds, read_bounded
from cdk_eks_cilium.problems.strict_yaml import read_document

SMALL = Bounds(size=1000, values=10, depth=3)
TOO_MANY = (
    "must have at most 10 keys and values, and an alias counts as often as what it stands for; split the "
    "file, or write less"
)


@pytest.fixture(params=["libyaml", "PyYAML"], autouse=True)
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of the two parsers: some builds of PyYAML lack libyaml."""
    if request.param == "PyYAML":
        monkeypatch.setattr(strict_yaml, "_quick", None)
    elif not yaml.__with_libyaml__:
        pytest.skip("this PyYAML has no libyaml")


def refusal(text: str, bounds: Bounds = SMALL) -> str:
    with pytest.raises(InputError) as caught:
        read_document(text, "f", bounds)
    (problem,) = caught.value.problems
    return str(problem)


def test_as_many_values_as_the_bound_are_read() -> None:
    assert read_document("[1, 2, 3, 4, 5, 6, 7, 8, 9]", "f", SMALL) == [*range(1, 10)]


def test_one_value_more_is_refused_with_its_line() -> None:
    assert refusal("- 1\n" * 10) == f"f line 10: {TOO_MANY}"


def test_an_alias_counts_as_what_it_stands_for() -> None:
    assert read_document("a: &a [1, 2]\nb: *a\n", "f", SMALL) == {"a": [1, 2], "b": [1, 2]}
    assert refusal("a: &a [1, 2, 3]\nb: *a\n") == f"f line 2: {TOO_MANY}"


def test_aliases_of_aliases_are_refused_before_anything_is_made_of_them() -> None:
    levels = [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]" for level in range(1, 30)]

    assert refusal("\n".join(["a0: &a0 [x, x, x]", *levels]), OBJECTS).startswith(
        "f line 7: must have at most 500000 keys and values"
    )


def test_merged_aliases_count_too() -> None:
    assert refusal("a: &a {b: 1, c: 2}\nd: {<<: *a}\n") == f"f line 2: {TOO_MANY}"


@pytest.mark.parametrize("nested", ["[[[[1]]]]", "{a: {b: {c: {d: 1}}}}", "- - - - 1"])
def test_what_is_nested_deeper_than_the_bound_is_refused(nested: str) -> None:
    assert refusal(nested) == "f line 1: must not be nested so deep"


def test_depth_is_refused_before_the_parser_is_out_of_stack() -> None:
    assert refusal("[\n" * 1_000_000, SETTINGS) == "f line 102: must not be nested so deep"


def test_a_value_does_not_contain_itself() -> None:
    assert refusal("a:\n  b: &x {c: *x}\n") == (
        "f line 2: must not contain itself, and *x stands for what it is in; write the value out"
    )


@pytest.mark.parametrize("number", ["1" * 1001, "1" + ":1" * 600, "0x" + "f" * 1000, "1." + "0" * 1000])
def test_a_number_that_takes_minutes_to_compute_is_refused(number: str) -> None:
    assert refusal(f"a: {number}") == (
        "f line 1: must not have a number of more than 1000 characters; quote it if it is text"
    )


def test_a_long_text_is_no_number() -> None:
    assert read_document(f"a: '{'1' * 1001}'", "f", SMALL) == {"a": "1" * 1001}


def test_a_file_of_the_bound_is_read(tmp_path: Path) -> None:
    file = tmp_path / "f.yaml"
    file.write_bytes(b"x" * 1000)

    assert read_bounded(file, SMALL) == b"x" * 1000


@pytest.mark.parametrize("endless", ["/dev/zero", "/dev/urandom"])
def test_a_file_without_an_end_is_refused(endless: str) -> None:
    with pytest.raises(InputError) as caught:
        read_bounded(Path(endless), SETTINGS)

    assert [str(problem) for problem in caught.value.problems] == [
        f"{endless}: must have at most 1 MiB; move comments and objects that belong elsewhere out of it, or "
        "split it"
    ]


_leaves = st.integers(0, 9) | st.sampled_from("abc")
_plain = st.recursive(
    _leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xyz"), inner)
)


def _count(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + sum(1 + _count(below) for below in value.values())
    return 1 + sum(map(_count, value)) if isinstance(value, list) else 1


@given(_plain, st.integers(1, 4))
def test_what_counts_is_what_a_walk_would_see(value: Any, copies: int) -> None:
    # PyYAML writes the same object twice as an alias.
    data = [value] * copies
    text = yaml.safe_dump(data)
    size = 1 + copies * _count(value)

    assert read_document(text, "f", Bounds(1000, size)) == data
    with pytest.raises(InputError):
        read_document(text, "f", Bounds(1000, size - 1))
