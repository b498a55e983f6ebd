"""Streams give what a whole parse gives, item by item, and say where a file is broken."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from cdk_eks_cilium.doctor.engine.fields import tree_of, trim
from cdk_eks_cilium.doctor.readers.dumps import json_stream
from cdk_eks_cilium.doctor.readers.dumps.json_stream import read_json
from cdk_eks_cilium.doctor.readers.dumps.pieces import ContentError, End, Field, Item, Pieces, Streamed
from cdk_eks_cilium.doctor.readers.dumps.yaml_stream import read_yaml

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=12)
KEYS = st.sampled_from(
    ["name", "namespace", "spec", "status", "a: b", "- x", "é", "'", "#", "Weird", "labels"]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | TEXTS
    | st.just("a\nb\n  c")
    | st.just("---\n- x"),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(KEYS, below, max_size=4),
    max_leaves=12,
)
ITEMS = st.lists(
    st.dictionaries(KEYS, VALUES, max_size=4).map(lambda each: {"metadata": {"name": "x"}, **each})
)


def document(pieces: Pieces) -> list[dict[str, Any]]:
    """The documents that the pieces are of."""
    found: list[dict[str, Any]] = [{}]
    for piece in pieces:
        if isinstance(piece, Field):
            found[-1][piece.key] = piece.value
        elif isinstance(piece, Streamed):
            found[-1][piece.key] = []
        elif isinstance(piece, Item):
            found[-1].setdefault(piece.key, []).append(piece.value)
        elif isinstance(piece, End):
            found.append({})
    assert found.pop() == {}
    return found


@given(ITEMS, st.integers(1, 40), st.sampled_from([None, 1, 4]))
@settings(deadline=None)
def test_json_in_chunks_of_any_size_is_the_same_as_at_once(
    items: list[Any], chunk: int, indent: int | None
) -> None:
    whole = {"apiVersion": "v1", "items": items, "number": 12345, "kind": "List"}
    text = (
        json.dumps(whole, indent=indent) + "\n" + json.dumps({"Subnets": items, "n": [1]}, ensure_ascii=False)
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_stream, "_CHUNK", chunk)
        assert document(read_json(io.StringIO(text))) == [whole, {"Subnets": items, "n": [1]}]


@given(ITEMS)
@settings(deadline=None)
def test_yaml_of_a_list_is_the_same_as_at_once(items: list[Any]) -> None:
    whole = {"apiVersion": "v1", "items": items, "kind": "List", "metadata": {"resourceVersion": ""}}
    text = (
        yaml.safe_dump(whole, allow_unicode=True) + "---\n" + yaml.safe_dump({"kind": "Pod", "spec": items})
    )
    assert document(read_yaml(io.StringIO(text))) == [whole, {"kind": "Pod", "spec": items}]


@given(ITEMS, st.lists(st.sampled_from(["spec", "status.name", "metadata.name", "spec.spec.name", "labels"])))
@settings(deadline=None)
def test_yaml_that_is_cut_before_it_is_parsed_is_the_same_after_trim(
    items: list[Any], keep: list[str]
) -> None:
    pods: list[dict[str, Any]] = [{"kind": "Pod", **each} for each in items]
    whole = {"apiVersion": "v1", "items": pods}
    paths = tuple({"metadata.name", *keep})
    pieces = read_yaml(
        io.StringIO(yaml.safe_dump(whole)), lambda kind: tree_of(paths) if kind == "Pod" else None
    )
    found = document(pieces)[0].get("items", [])
    assert [trim(each, paths) for each in found] == [trim(each, paths) for each in pods]


def test_yaml_that_is_cut_never_parses_what_nobody_keeps() -> None:
    text = "items:\n- kind: Pod\n  metadata:\n    name: a\n    fields:\n    - {broken\n  spec:\n    x: [\n"
    pieces = read_yaml(io.StringIO(text), lambda _: tree_of(("metadata.name",)))
    assert document(pieces) == [{"items": [{"kind": "Pod", "metadata": {"name": "a"}}]}]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"items": [{"a": 1}, {"b": ', "it is cut off after 27 characters"),
        ('{"items": [{"a": 1}, {"b": "c', "it is cut off after 27 characters"),
        ('{"items": [{"a": 1} {"b": 2}]}', "it is not JSON at character 20 (',' is missing)"),
        ('{"items": [{"a": nope}]}', "it is not JSON at character 17 (expecting value)"),
        ('{"a": ' + "[" * 100_000, "it is not JSON at character 6 (lists and mappings are nested too deep)"),
        ('{"a": ' + "9" * 10_000 + "}", "it is not JSON at character 6 (exceeds the limit"),
    ],
)
def test_broken_json_says_where(text: str, words: str) -> None:
    with pytest.raises(ContentError) as refused:
        list(read_json(io.StringIO(text)))
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("items:\n- a: 1\n- b: [\n", "after line 3: it is not YAML"),
        ("items:\n- a: &x [1]\n- b: *x\n", "after line 3: "),
        ("kind: List\n<html>\n", "line 2 is not a key of YAML"),
        ("a: &a [x]\nb: &b [*a, *a]\n", "after line 2: "),
        ("a: " + "[" * 5000 + "\n", "after line 1: "),
        ("a: " + "1:" * 2000 + "1\n", "must not have a number of more than 1000 characters"),
    ],
)
def test_broken_yaml_says_where(text: str, words: str) -> None:
    with pytest.raises(ContentError) as refused:
        list(read_yaml(io.StringIO(text)))
    assert words in str(refused.value)


def test_a_bomb_of_aliases_ends_at_the_bounds() -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40)]
    text = "items:\n- " + "\n  ".join(lines) + "\n"
    with pytest.raises(ContentError, match="keys and values"):
        list(read_yaml(io.StringIO(text)))


def test_what_comes_before_the_break_is_given() -> None:
    pieces = read_json(io.StringIO('{"kind": "PodList", "items": [{"a": 1}, {"b": '))
    assert [next(pieces) for _ in range(3)] == [
        Field("kind", "PodList"),
        Streamed("items"),
        Item("items", {"a": 1}),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "x: " + "{a: " * 60_000 + "1" + "}" * 60_000 + "\n",
        "x: " + "[" * 60_000 + "]" * 60_000 + "\n",
        "x:\n  " + "- " * 60_000 + "1\n",
        "x:\n  " + "? " * 60_000 + "1\n",
        "".join(" " * level + "a:\n" for level in range(1500)),
    ],
    ids=["mappings", "lists", "items", "keys", "lines"],
)
def test_text_that_is_nested_without_end_does_not_end_the_process(text: str) -> None:
    with pytest.raises(ContentError, match="nested"):
        list(read_yaml(io.StringIO(text)))


def test_many_brackets_beside_each_other_are_fine() -> None:
    text = "items:\n- {" + ", ".join(f"a{number}: [{{}}]" for number in range(500)) + "}\n"
    (found,) = document(read_yaml(io.StringIO(text)))
    assert len(found["items"][0]) == 500
