from __future__ import annotations

import urllib.parse
from typing import Any

import pytest

from rehearsal.kubernetes import KubernetesCluster
from rehearsal.kubernetes import store as store_module
from rehearsal.kubernetes.errors import ApiError
from rehearsal.kubernetes.store import ObjectKey, Store
from tests.rehearsal.kubernetes.commands import config_map
from tests.rehearsal.kubernetes.test_server import MAPS, call


def page(cluster: KubernetesCluster, query: str) -> dict[str, Any]:
    status, answer = call(cluster, "GET", f"{MAPS}?{query}")
    assert status == 200, answer
    return dict(answer)


def names(answer: dict[str, Any]) -> list[str]:
    return [item["metadata"]["name"] for item in answer["items"]]


@pytest.fixture
def five(cluster: KubernetesCluster) -> KubernetesCluster:
    """A cluster with the maps a to d, and the one that every namespace has."""
    for name in "abcd":
        cluster.apply(config_map(name))
    return cluster


def test_pages_follow_each_other_and_count_what_remains(five: KubernetesCluster) -> None:
    first = page(five, "limit=2")
    assert (names(first), first["metadata"]["remainingItemCount"]) == (["a", "b"], 3)
    second = page(five, f"limit=2&continue={first['metadata']['continue']}")
    assert (names(second), second["metadata"]["remainingItemCount"]) == (["c", "d"], 1)
    third = page(five, f"limit=2&continue={second['metadata']['continue']}")
    assert names(third) == ["kube-root-ca.crt"]
    assert "continue" not in third["metadata"]


def test_a_page_is_of_the_list_as_it_was(five: KubernetesCluster) -> None:
    first = page(five, "limit=1")
    five.delete("ConfigMap", "b", "default")
    five.apply(config_map("bb"))
    rest = page(five, f"continue={first['metadata']['continue']}")
    assert names(rest) == ["b", "c", "d", "kube-root-ca.crt"]
    assert rest["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]


def test_nobody_counts_the_rest_of_a_list_that_a_selector_narrows(five: KubernetesCluster) -> None:
    found = page(five, "limit=1&fieldSelector=metadata.name!%3Da")
    assert names(found) == ["b"]
    assert "remainingItemCount" not in found["metadata"]


def test_an_exact_list_is_of_an_earlier_version(five: KubernetesCluster) -> None:
    version = page(five, "")["metadata"]["resourceVersion"]
    five.apply(config_map("e"))
    five.apply(config_map("a", data="changed"))
    then = page(five, f"resourceVersion={version}&resourceVersionMatch=Exact")
    assert names(then) == ["a", "b", "c", "d", "kube-root-ca.crt"]
    assert not then["items"][0].get("data")


def test_a_version_that_is_not_there_yet_is_a_timeout(five: KubernetesCluster) -> None:
    status, answer = call(five, "GET", f"{MAPS}?resourceVersion=999999")
    assert (status, answer["reason"]) == (504, "Timeout")
    assert "Too large resource version: 999999" in answer["message"]


def test_what_is_forgotten_is_expired(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "_REMEMBERED", 2)
    store = Store()
    for name in "abc":
        store.create(ObjectKey("", "configmaps", "default", name), {})
    with pytest.raises(ApiError, match="too old resource version: 1") as refused:
        store.at(1, "", "configmaps")
    assert (refused.value.code, refused.value.reason) == (410, "Expired")
    with pytest.raises(ApiError, match="too old"):
        store.changes_after(1, "", "configmaps", None)
    assert [found["metadata"]["name"] for found in store.at(3, "", "configmaps")] == ["a", "b"]


@pytest.mark.parametrize("token", ["nonsense", "e30", urllib.parse.quote("{}"), "eyJ2IjoieCJ9"])
def test_a_token_that_cannot_be_read_is_a_bad_request(cluster: KubernetesCluster, token: str) -> None:
    status, answer = call(cluster, "GET", f"{MAPS}?continue={token}")
    assert (status, answer["reason"]) == (400, "BadRequest")
    assert "continue key is not valid" in answer["message"]
