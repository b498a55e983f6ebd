from __future__ import annotations

from typing import Any

import pytest

from rehearsal.kubernetes.errors import ApiError
from rehearsal.kubernetes.patches import json_patch, merge_patch, strategic_merge
from rehearsal.kubernetes.schemas.built_in import object_schema

OBJECT = object_schema("1.36", "apps", "v1", "Deployment")
SPEC = OBJECT.fields["spec"]
METADATA = OBJECT.fields["metadata"]
POD_SPEC = SPEC.fields["template"].fields["spec"]
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
    merged = strategic_merge(POD, patch, POD_SPEC)
    assert [container["name"] for container in merged["containers"]] == ["a", "b"]
    assert merged["containers"][0]["image"] == "1"
    # What the live object does not order comes in the order of the patch, before the rest.
    assert [variable["name"] for variable in merged["containers"][0]["env"]] == ["Y", "X"]


def test_a_strategic_patch_follows_its_directives() -> None:
    patch: dict[str, Any] = {
        "$setElementOrder/containers": [{"name": "c"}, {"name": "a"}],
        "containers": [{"name": "b", "$patch": "delete"}, {"name": "c"}],
    }
    merged = strategic_merge(POD, patch, POD_SPEC)
    assert [container["name"] for container in merged["containers"]] == ["c", "a"]
    old = {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}
    keys = {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}
    assert strategic_merge(old, keys, SPEC) == {"strategy": {"type": "Recreate"}}
    replaced = strategic_merge(old, {"strategy": {"$patch": "replace", "type": "Recreate"}}, SPEC)
    assert replaced == {"strategy": {"type": "Recreate"}}
    assert strategic_merge(old, {"strategy": {"$patch": "delete"}}, SPEC) == {"strategy": {}}
    lists = {"$deleteFromPrimitiveList/finalizers": ["x"], "finalizers": ["z"]}
    assert strategic_merge({"finalizers": ["x", "y"]}, lists, METADATA)["finalizers"] == ["z", "y"]
    whole = {"containers": [{"$patch": "replace"}, {"name": "d"}]}
    assert strategic_merge(POD, whole, POD_SPEC) == {"containers": [{"name": "d"}]}


def test_a_strategic_patch_replaces_lists_without_a_key() -> None:
    patched = strategic_merge({"tolerations": [{"key": "a"}]}, {"tolerations": [{"key": "b"}]}, POD_SPEC)
    assert patched == {"tolerations": [{"key": "b"}]}


def test_a_strategic_patch_takes_the_key_of_a_list_from_its_type() -> None:
    service = object_schema("1.36", "", "v1", "Service").fields["spec"]
    old = {"ports": [{"port": 80, "name": "a"}, {"port": 81, "name": "b"}]}
    merged = strategic_merge(old, {"ports": [{"port": 81, "name": "c"}]}, service)
    assert sorted(port["name"] for port in merged["ports"]) == ["a", "c"]


def test_a_strategic_patch_replaces_the_selector_of_a_disruption_budget() -> None:
    spec = object_schema("1.36", "policy", "v1", "PodDisruptionBudget").fields["spec"]
    merged = strategic_merge({"selector": {"matchLabels": {"a": "b"}}}, {"selector": {}}, spec)
    assert merged == {"selector": {}}


def test_patched_items_keep_the_order_of_the_patch_and_others_their_place() -> None:
    old = {"containers": [{"name": name} for name in "abcd"]}
    merged = strategic_merge(old, {"containers": [{"name": "d"}, {"name": "b"}]}, POD_SPEC)
    assert [container["name"] for container in merged["containers"]] == ["a", "c", "d", "b"]


@pytest.mark.parametrize(
    ("patch", "code", "message"),
    [
        (
            {"containers": [{"image": "x"}]},
            500,
            "map: map[image:x] does not contain declared merge key: name",
        ),
        ({"containers": ["x"]}, 400, "invalid strategic merge patch format"),
        ({"$patch": "foo"}, 500, "unknown patch type: foo in map: map[$patch:foo]"),
        ({"securityContext": {"$retainKeys": ["a"], "b": 1}}, 400, "invalid patch format of retainKeys"),
    ],
)
def test_a_strategic_patch_that_does_not_fit_is_refused(
    patch: dict[str, Any], code: int, message: str
) -> None:
    with pytest.raises(ApiError, match=r".") as refused:
        strategic_merge(POD, patch, POD_SPEC)
    assert (refused.value.code, refused.value.message) == (code, message)


@pytest.mark.parametrize(
    ("operations", "message"),
    [
        (
            {},
            "json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp",
        ),
        (
            [1],
            "json: cannot unmarshal number into Go value of type handlers.jsonPatchOp",
        ),
    ],
)
def test_a_json_patch_is_a_list_of_operations(operations: Any, message: str) -> None:
    with pytest.raises(ApiError, match=r".") as refused:
        json_patch({}, operations)
    assert (refused.value.code, refused.value.message) == (400, f"error decoding patch: {message}")
