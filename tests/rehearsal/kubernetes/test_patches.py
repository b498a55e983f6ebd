from __future__ import annotations

from typing import Any

import pytest

from rehearsal.kubernetes.errors import ApiError
from rehearsal.kubernetes.patches import json_patch, merge_patch, strategic_merge

POD = {"containers": [{"name": "a", "image": "1", "env": [{"name": "X", "value": "1"}]}, {"name": "b"}]}


def test_a_merge_patch_deletes_with_null_and_replaces_lists() -> None:
    assert merge_patch({"a": {"x": 1, "y": 2}, "l": [1, 2]}, {"a": {"x": None}, "l": [3]}) == {
        "a": {"y": 2},
        "l": [3],
    }


def test_a_json_patch_adds_replaces_removes_moves_and_copies() -> None:
    operations: list[dict[str, Any]] = [
        {"op": "test", "path": "/a", "value": 1},
        {"op": "add", "path": "/list/0", "value": 0},
        {"op": "replace", "path": "/a", "value": 2},
        {"op": "copy", "from": "/a", "path": "/b~1c"},
        {"op": "move", "from": "/list/1", "path": "/last"},
        {"op": "remove", "path": "/gone"},
    ]
    patched = json_patch({"a": 1, "list": [1, 2], "gone": True}, operations)
    assert patched == {"a": 2, "list": [0, 2], "b/c": 2, "last": 1}


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "remove", "path": "/missing"},
        {"op": "replace", "path": "/missing/deep", "value": 1},
        {"op": "test", "path": "/a", "value": 2},
    ],
)
def test_a_json_patch_that_does_not_fit_is_refused(operation: dict[str, Any]) -> None:
    with pytest.raises(ApiError, match="the server rejected our request") as refused:
        json_patch({"a": 1}, [operation])
    assert refused.value.code == 422


def test_a_strategic_patch_merges_named_items() -> None:
    patch = {"containers": [{"name": "a", "env": [{"name": "Y", "value": "2"}]}]}
    merged = strategic_merge(POD, patch)
    assert [container["name"] for container in merged["containers"]] == ["a", "b"]
    assert merged["containers"][0]["image"] == "1"
    assert [variable["name"] for variable in merged["containers"][0]["env"]] == ["X", "Y"]


def test_a_strategic_patch_follows_its_directives() -> None:
    patch: dict[str, Any] = {
        "$setElementOrder/containers": [{"name": "c"}, {"name": "a"}],
        "containers": [{"name": "b", "$patch": "delete"}, {"name": "c"}],
    }
    merged = strategic_merge(POD, patch)
    assert [container["name"] for container in merged["containers"]] == ["c", "a"]
    assert strategic_merge({"s": {"type": "A", "a": 1}}, {"s": {"$retainKeys": ["type"], "type": "B"}}) == {
        "s": {"type": "B"}
    }
    assert strategic_merge({"s": {"a": 1}}, {"s": {"$patch": "replace", "b": 2}}) == {"s": {"b": 2}}
    removed = strategic_merge({"finalizers": ["x", "y"]}, {"$deleteFromPrimitiveList/finalizers": ["x"]})
    assert removed == {"finalizers": ["y"]}


def test_a_strategic_patch_replaces_lists_without_a_key() -> None:
    assert strategic_merge({"tolerations": [{"key": "a"}]}, {"tolerations": [{"key": "b"}]}) == {
        "tolerations": [{"key": "b"}]
    }
