"""YAML as kubectl takes it, and streams of which parts are broken."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cdk_eks_cilium.problems import InputError, kubernetes_yaml
from cdk_eks_cilium.problems.bounds import Bounds
from cdk_eks_cilium.problems.kubernetes_yaml import read_all, read_stream
from cdk_eks_cilium.problems.yaml_values import ReadDocument

SMALL = Bounds(size=1000, values=10, depth=3)


@pytest.fixture(params=["libyaml", "PyYAML"], autouse=True)
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of the two parsers: some builds of PyYAML lack libyaml."""
    if request.param == "PyYAML":
        monkeypatch.setattr(yaml, "__with_libyaml__", False)
    elif not yaml.__with_libyaml__:
        pytest.skip("this PyYAML has no libyaml")


def value(text: str) -> Any:
    (document,) = read_all(text, "f")
    return document.value


def refusals(text: str, bounds: Bounds = SMALL) -> list[str]:
    with pytest.raises(InputError) as caught:
        read_all(text, "f", bounds)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("written", "taken"),
    [
        ("y", True),
        ("N", False),
        ("on", True),
        ("Off", False),
        ("yep", "yep"),
        ("~", None),
        ("", None),
        ("=", "="),
        ("12:30", "12:30"),
        ("2026-01-02", "2026-01-02"),
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"),
        ("010", 8),
        ("0o10", 8),
        ("08", 8.0),
        ("0x1F", 31),
        ("-0b11", -3),
        ("1_000", 1000),
        ("1e3", 1000.0),
        ("1e", "1e"),
        ("1e999", "1e999"),
        ("+.5", 0.5),
        (".5", 0.5),
        (".inf", math.inf),
        ("+", "+"),
        ("<<x", "<<x"),
        ("'y'", "y"),
        ("!!str 5", "5"),
        ("!!int '5'", 5),
        ("!!float 5", 5.0),
        ("!!binary YWI=", "ab"),
        ("!Ref x", "x"),
        ("[a, <<]", ["a", "<<"]),
    ],
)
def test_a_plain_value_is_what_kubectl_takes_it_for(written: str, taken: Any) -> None:
    assert value(f"a: {written}\n") == {"a": taken}


def test_a_key_becomes_text_as_in_json() -> None:
    assert value("1: a\ny: b\n0.5: c\n") == {"1": "a", "true": "b", "0.5": "c"}


def test_merged_keys_give_way_to_written_ones() -> None:
    text = "- &a {b: 1, c: 2}\n- {<<: *a, b: 3}\n- {<<: [*a, {c: 4, d: 5}]}\n"

    assert value(text)[1:] == [{"b": 3, "c": 2}, {"b": 1, "c": 2, "d": 5}]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "a: 1\n'a': 2\n",
            "f line 2: must have each key once, and line 1 has 'a' already; remove one of them",
        ),
        ("? [a]\n: b\n", "f line 1: must be YAML (a key must be text)"),
        ("~: b\n", "f line 1: must be YAML (a key must be text)"),
        ("a: *b\n", "f line 1: must be YAML (found undefined alias 'b')"),
        ("<<: 5\n", "f line 2: must be YAML ('<<' must have mappings)"),
        ("a: !!int x\n", "f: must not have an invalid value ('x' is not of the type int)"),
        ("a: !!bool 1\n", "f: must not have an invalid value ('1' is not of the type bool)"),
        ("[[[[a]]]]", "f line 1: must not be nested so deep"),
        (
            f"a: {'1' * 1001}",
            "f line 1: must not have a number of more than 1000 characters; quote it if it is text",
        ),
        (
            "a: &x [*x]",
            "f line 1: must not contain itself, and *x stands for what it is in; write the value out",
        ),
    ],
)
def test_what_is_not_yaml_of_this_kind_is_refused(text: str, problem: str) -> None:
    assert refusals(text) == [problem]


def test_aliases_count_as_often_as_what_they_stand_for() -> None:
    levels = [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]" for level in range(1, 30)]

    (problem,) = refusals("\n".join(["a0: &a0 [x, x, x]", *levels]), Bounds(10**6, 10**5))

    assert problem.startswith("f line 6: must have at most 100000 keys and values")


def test_a_large_stream_may_not_repeat_as_much_as_it_may_hold() -> None:
    few = Bounds(size=1000, values=1000, copies=3)

    assert read_all("- &a [1, 2]\n- *a\n", "f", few)[0].value == [[1, 2], [1, 2]]
    assert refusals("- &a [1, 2, 3]\n- *a\n", few) == [
        "f line 2: must have at most 3 keys and values, and an alias counts as often as what it stands for; "
        "split the file, or write less"
    ]


def test_deep_text_does_not_end_the_process() -> None:
    assert refusals("[" * 100_000, Bounds(10**6, 10**6)) == ["f line 1: must not be nested so deep"]


def test_a_broken_document_leaves_the_others_readable() -> None:
    stream = read_stream("a: 1\n---\nb: [\n---\n# c\nc: 3\n---\nd: 4\nd: 5\n", "f")

    assert stream.read == (ReadDocument(1, {"a": 1}), ReadDocument(6, {"c": 3}))
    assert [(each.line, each.text.strip()) for each in stream.unread] == [
        (2, "---\nb: ["),
        (7, "---\nd: 4\nd: 5"),
    ]
    assert [each.problem.where for each in stream.unread] == ["f line 4", "f line 9"]


def test_an_anchor_of_a_later_document_is_another_one() -> None:
    found = read_all("&a [1, 2]\n---\n- &a 1\n- *a\n", "f")
    assert found == (ReadDocument(1, [1, 2]), ReadDocument(3, [1, 1]))


def test_empty_documents_are_left_out() -> None:
    assert read_all("---\n---\na: 1\n---\n", "f") == (ReadDocument(3, {"a": 1}),)
    assert read_all("", "f") == ()


def test_directives_and_comments_are_no_documents() -> None:
    stream = read_stream("%YAML 1.1\n---\na: 1\n---\n# only this\n---\nb: [\n", "f")

    assert stream.read == (ReadDocument(3, {"a": 1}),)
    assert [each.line for each in stream.unread] == [6]
    assert [each.line for each in read_stream("a: 1\n---\n  [\n--- {\n", "f").unread] == [2, 4]


def test_a_broken_line_of_json_lines_leaves_the_others_readable() -> None:
    stream = read_stream('{"a": 1}\n{"b": 1, "b": 2}\n\n{"c": \n{"d": 4}\n', "f")

    assert [(each.line, each.value) for each in stream.read] == [(1, {"a": 1}), (5, {"d": 4})]
    assert [str(each.problem) for each in stream.unread] == [
        "f line 2: must have each key once, and line 2 has 'b' already; remove one of them",
        "f line 4: must be YAML (expected the node content, but found '<stream end>')",
    ]


def test_a_document_that_is_not_utf_8_leaves_the_others_readable() -> None:
    stream = read_stream(b"a: 1\n---\nb: \xe9\n---\nc: 3\n", "f")

    assert [each.value for each in stream.read] == [{"a": 1}, {"c": 3}]
    assert [each.problem.where for each in stream.unread] == ["f line 2"]
    assert [each.problem.rule[:12] for each in stream.unread] == ["must be text"]


def test_a_mark_of_utf_8_may_begin_each_document() -> None:
    text = "\ufeffa: 1\n---\n\ufeffb: 2\n--- # c\n\ufeffc: 3\n".encode()

    assert [each.value for each in read_all(text, "f")] == [{"a": 1}, {"b": 2}, {"c": 3}]


def test_lines_in_errors_are_those_of_the_stream() -> None:
    assert refusals("a: 1\n---\nb: 1\nb: 2\n") == [
        "f line 4: must have each key once, and line 3 has 'b' already; remove one of them"
    ]


@pytest.mark.parametrize("text", [b"\xff\xfe\x00", "\x00", "{"])
def test_what_is_no_text_is_one_broken_document(text: bytes | str) -> None:
    assert len(read_stream(text, "f").unread) == 1


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert read_all("a: 1\n".encode("utf-8-sig"), "f") == (ReadDocument(1, {"a": 1}),)
    assert read_all("a: 1\n".encode("utf-16"), "f") == (ReadDocument(1, {"a": 1}),)


def test_json_may_have_one_value_after_the_other() -> None:
    assert read_all('{"a": 1}\n\n{"a": 2} [3]\n', "f") == (
        ReadDocument(1, {"a": 1}),
        ReadDocument(3, {"a": 2}),
        ReadDocument(3, [3]),
    )


def test_json_is_read_as_json() -> None:
    assert value('{"a": [1, 2.5, "y", null]}') == {"a": [1, 2.5, "y", None]}
    assert refusals('{"a": 1,\n"a": 2}') == [
        "f line 2: must have each key once, and line 1 has 'a' already; remove one of them"
    ]


_plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(st.characters(codec="utf-8", exclude_categories=["C"])),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abcyn01", max_size=3), inner, max_size=3)
    ),
)


@given(st.lists(_plain.filter(lambda each: each is not None), max_size=3))
def test_what_json_says_is_read_the_same_as_yaml(documents: list[Any]) -> None:
    text = "".join(f"---\n {json.dumps(each, ensure_ascii=False)}\n" for each in documents)

    assert [each.value for each in read_all(text, "f")] == documents


@given(
    st.lists(st.sampled_from(["a: 1\n", "b: [2]\n", "c: d\n"]), max_size=4),
    st.text(st.characters(exclude_characters="-", exclude_categories=["Cs"])),
    st.integers(0, 4),
)
def test_garbage_never_stops_what_is_good(good: list[str], garbage: str, place: int) -> None:
    wanted = [each.value for each in read_stream("---\n".join(good), "f").read]
    parts = [*good[:place], f"{{{garbage}\n", *good[place:]]

    found = [each.value for each in read_stream("---\n".join(parts), "f").read]

    assert [each for each in found if each in wanted] == wanted


def test_a_large_stream_is_split_only_where_it_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kubernetes_yaml, "_one_by_one", None)

    assert len(read_all("---\na: 1\n" * 100, "f")) == 100
