"""What is picked of JSON is what trimming all of it gives; another text is refused."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdk_eks_cilium.doctor.engine import kinds
from cdk_eks_cilium.doctor.engine.fields import trim
from cdk_eks_cilium.doctor.readers.dumps import json_stream
from cdk_eks_cilium.doctor.readers.dumps.json_stream import read_json
from cdk_eks_cilium.doctor.readers.dumps.pieces import Batch, ContentError, Item, Piece
from cdk_eks_cilium.doctor.readers.picking import picker_of

KEYS = st.sampled_from(["name", "namespace", "spec", "status", "kind", "é", "labels"])
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False)
    | st.text(max_size=9),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(KEYS, below, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=4).map(lambda each: {**each, "metadata": {"name": "x"}})
KEEPS = st.lists(
    st.sampled_from(
        ["metadata.name", "spec", "spec.name", "status.labels", "namespace[].name", "labels.spec.kind"]
    ),
    unique=True,
).map(tuple)


def pod(name: str, **more: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "uid": "u"}, **more}


def objects(pieces: Iterable[Piece]) -> list[Any]:
    """The objects of a list, from its pieces."""
    found: list[Any] = []
    for piece in pieces:
        if isinstance(piece, Batch):
            found += piece.values
        elif isinstance(piece, Item):
            found.append(piece.value)
    return found


@given(st.lists(OBJECTS, max_size=4), KEEPS)
@settings(deadline=None)
def test_a_page_has_what_trimming_keeps(items: list[Any], keep: tuple[str, ...]) -> None:
    page = {"kind": "PodList", "metadata": {"continue": "next", "remainingItemCount": 2}, "items": items}
    found = picker_of(keep).page(json.dumps(page).encode())
    assert found is not None
    picked, token = found
    assert token == "next"
    assert [trim(each, keep) for each in picked] == [trim(each, keep) for each in items]
    if not keep:
        assert picked == items


def test_equal_short_texts_of_many_objects_are_one() -> None:
    page = {"items": [{"metadata": {"name": "x", "labels": {"team": "blue-team"}}} for _ in range(2)]}
    found = picker_of(("metadata.labels",)).page(json.dumps(page).encode())
    assert found is not None
    one, other = (each["metadata"]["labels"]["team"] for each in found[0])
    assert one is other


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"<html>",
        b'{"kind": "Status"}',
        b'{"items": null}',
        b'{"items": [1]}',
        b'{"items": [{"metadata": {"name": "\\ud83d"}}]}',
        b'{"items": []',
    ],
)
def test_what_is_not_a_plain_list_is_left_to_others(body: bytes) -> None:
    assert picker_of(("metadata.name",)).page(body) is None


@pytest.mark.parametrize("keep", [(), ("metadata.name",)])
@pytest.mark.parametrize(
    "other",
    [
        {"kind": "Secret", "apiVersion": "v1", "metadata": {"name": "b"}},
        {"kind": "Pod", "apiVersion": "v2", "metadata": {"name": "b"}},
        {"kind": "Pod", "apiVersion": "v1", "metadata": "b"},
        {"kind": "Pod", "apiVersion": "v1"},
        {"kind": "Pod", "metadata": {"name": "b"}},
        {"metadata": {"name": "b"}},
        7,
    ],
)
def test_objects_of_another_kind_are_never_taken_for_the_first_ones(
    other: Any, keep: tuple[str, ...]
) -> None:
    picker = picker_of(keep, "Pod", "v1")
    assert picker.items(json.dumps([pod("a")])) is not None
    assert picker.items(json.dumps([pod("a"), other])) is None


def test_objects_that_must_not_say_their_kind_are_refused_when_they_do() -> None:
    picker = picker_of(("metadata.name",), "", "")
    assert picker.items('[{"metadata": {"name": "a"}, "spec": {}}]') == [{"metadata": {"name": "a"}}]
    assert picker.items(json.dumps([pod("a")])) is None


@given(
    st.lists(OBJECTS, max_size=12),
    st.integers(1, 400),
    st.sampled_from([None, 4]),
    st.sampled_from([(), ("metadata.name", "spec"), ("metadata.name",)]),
)
@settings(deadline=None)
def test_batches_of_a_stream_have_every_object_once_and_in_order(
    items: list[Any], chunk: int, indent: int | None, keep: tuple[str, ...]
) -> None:
    pods = [pod("a"), *({**each, **pod(f"p{number}")} for number, each in enumerate(items))]
    text = json.dumps({"apiVersion": "v1", "items": pods, "kind": "List"}, indent=indent)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_stream, "_CHUNK", chunk)
        found = objects(read_json(io.StringIO(text), lambda _: picker_of(keep, "Pod", "v1").items))
    assert [trim(each, keep) for each in found] == [trim(each, keep) for each in pods]


def test_most_objects_of_a_large_list_come_in_batches() -> None:
    text = json.dumps(
        {"items": [pod(f"p{number}", spec={"a": [{}, {}]}) for number in range(1000)]}, indent=4
    )
    pieces = list(read_json(io.StringIO(text), lambda _: picker_of(kinds.PODS.keep, "Pod", "v1").items))
    assert sum(len(each.values) for each in pieces if isinstance(each, Batch)) == 998
    assert sum(isinstance(each, Item) for each in pieces) == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"items": [{"a": 1}, ,{"a": 1},{"a": 1}]}', "it is not JSON at character 21 (expecting value)"),
        (
            '{"items": [{"a": 1},{"a": 1},{"a": x},{"a": 1}]}',
            "it is not JSON at character 35 (expecting value)",
        ),
        ('{"items": [{"a": 1},{"a": 1},{"a": 1},{"a": 1', "it is cut off after 45 characters"),
    ],
)
def test_batches_hide_no_break(text: str, words: str) -> None:
    def pick(array: str) -> list[dict[str, Any]] | None:
        try:
            found: list[dict[str, Any]] = json.loads(array)
        except ValueError:
            return None
        return found

    with pytest.raises(ContentError) as refused:
        list(read_json(io.StringIO(text), lambda _: pick))
    assert str(refused.value).startswith(words)


def test_a_mark_inside_a_text_ends_no_object() -> None:
    trap = ', {"apiVersion": "v1", "kind": "Pod"'
    pods = [pod("a"), pod("b", note=trap), pod("c", note=[pod("x"), pod("y")]), pod("d")]
    text = json.dumps({"items": pods})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_stream, "_CHUNK", 150)
        pieces = list(read_json(io.StringIO(text), lambda _: picker_of((), "Pod", "v1").items))
    assert objects(pieces) == pods
