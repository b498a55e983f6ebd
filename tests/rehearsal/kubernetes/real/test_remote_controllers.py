"""The controllers of the embedded API, over the objects of a server: here the embedded API without them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rehearsal.kubernetes.controllers import aggregate_roles, collect_garbage, finish_namespaces
from rehearsal.kubernetes.real.remote_store import RemoteStore
from rehearsal.kubernetes.store import ObjectKey
from tests.rehearsal.kubernetes.commands import config_map, workload
from tests.rehearsal.kubernetes.real.conftest import Behind

MAPS = "/api/v1/namespaces/default/configmaps"
RBAC = "rbac.authorization.k8s.io"


@pytest.fixture
def clean(remote: RemoteStore) -> Callable[[], None]:
    """Runs the controllers once, over what the server has now."""

    def run() -> None:
        remote.forget_all()
        aggregate_roles(remote)
        collect_garbage(remote)
        finish_namespaces(remote)
        remote.forget_all()

    return run


def make(behind: Behind, manifest: dict[str, Any]) -> dict[str, Any]:
    return behind.connection.ask("POST", MAPS, manifest)


def owned(name: str, owner: dict[str, Any], **reference: Any) -> dict[str, Any]:
    made = config_map(name)
    metadata = owner["metadata"]
    made["metadata"]["ownerReferences"] = [
        {"apiVersion": "v1", "kind": "ConfigMap", "name": metadata["name"], "uid": metadata["uid"]}
        | reference
    ]
    return made


def names(remote: RemoteStore) -> list[str]:
    remote.forget_all()
    return [each["metadata"]["name"] for each in remote.find("", "configmaps", "default")]


def test_what_lost_its_owner_goes(behind: Behind, clean: Callable[[], None], remote: RemoteStore) -> None:
    owner = make(behind, config_map("owner"))
    make(behind, owned("one", owner))
    clean()
    assert names(remote) == ["one", "owner"]
    remote.delete(ObjectKey("", "configmaps", "default", "owner"))
    clean()
    assert names(remote) == []


def test_an_owner_of_the_same_name_is_another(
    behind: Behind, clean: Callable[[], None], remote: RemoteStore
) -> None:
    owner = make(behind, config_map("owner"))
    make(behind, owned("one", owner, uid="2b1f"))
    clean()
    assert names(remote) == ["owner"]


def test_one_owner_of_two_is_enough(behind: Behind, clean: Callable[[], None], remote: RemoteStore) -> None:
    owner = make(behind, config_map("owner"))
    two = owned("one", owner)
    gone = two["metadata"]["ownerReferences"][0] | {"name": "gone", "uid": "2b1f"}
    two["metadata"]["ownerReferences"].append(gone)
    make(behind, two)
    clean()
    assert names(remote) == ["one", "owner"]


@pytest.mark.parametrize(
    ("policy", "finalizers", "left"),
    [
        ("Foreground", [], []),
        ("Orphan", [], ["one"]),
        ("Background", ["example.com/hold"], ["one", "owner"]),
    ],
)
def test_a_deletion_that_waits_for_the_garbage_collector_is_completed(
    behind: Behind,
    clean: Callable[[], None],
    remote: RemoteStore,
    policy: str,
    finalizers: list[str],
    left: list[str],
) -> None:
    waiting = config_map("owner")
    waiting["metadata"]["finalizers"] = finalizers
    owner = make(behind, waiting)
    make(behind, owned("one", owner))
    behind.connection.ask("DELETE", f"{MAPS}/owner?propagationPolicy={policy}")
    for _ in range(2):
        clean()
    assert names(remote) == left
    if left == ["one"]:
        found = remote.get(ObjectKey("", "configmaps", "default", "one"))
        assert found is not None
        assert not found["metadata"].get("ownerReferences")


def test_replica_sets_of_the_model_go_with_their_deployment(
    clean: Callable[[], None], remote: RemoteStore
) -> None:
    web = ObjectKey("apps", "deployments", "default", "web")
    owner = remote.create(web, workload("Deployment", "web"))["metadata"]
    replicas = workload("ReplicaSet", "web-1")
    replicas["metadata"]["ownerReferences"] = [
        {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": owner["uid"]}
    ]
    remote.create(ObjectKey("apps", "replicasets", "default", "web-1"), replicas)
    remote.delete(web)
    clean()
    remote.forget_all()
    assert remote.find("apps", "replicasets") == []


def test_a_role_that_gathers_others_has_their_rules(clean: Callable[[], None], remote: RemoteStore) -> None:
    selector = {"matchLabels": {"gather": "yes"}}
    role = {"apiVersion": f"{RBAC}/v1", "kind": "ClusterRole"}
    rules = [{"apiGroups": [""], "resources": [kind], "verbs": ["get"]} for kind in ("pods", "nodes")]
    whole = ObjectKey(RBAC, "clusterroles", "", "whole")
    gathers = {"aggregationRule": {"clusterRoleSelectors": [selector]}, "rules": []}
    remote.create(whole, role | gathers | {"metadata": {"name": "whole"}})
    for name, rule in zip(("part-a", "part-b"), rules, strict=True):
        labels = {"gather": "yes" if name == "part-a" else "no"}
        metadata = {"name": name, "labels": labels}
        remote.create(
            ObjectKey(RBAC, "clusterroles", "", name), role | {"metadata": metadata, "rules": [rule]}
        )
    clean()
    found = remote.get(whole)
    assert found is not None
    assert found["rules"] == rules[:1]
    before = remote.revision
    clean()
    assert remote.revision == before


def test_a_namespace_goes_when_its_content_has_gone(
    behind: Behind, clean: Callable[[], None], remote: RemoteStore
) -> None:
    shop = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
    behind.connection.ask("POST", "/api/v1/namespaces", shop)
    held = config_map("held", "shop")
    held["metadata"]["finalizers"] = ["example.com/hold"]
    for manifest in (held, config_map("free", "shop")):
        behind.connection.ask("POST", "/api/v1/namespaces/shop/configmaps", manifest)
    behind.connection.ask("DELETE", "/api/v1/namespaces/shop")
    clean()
    assert [each["metadata"]["name"] for each in remote.find("", "configmaps", "shop")] == ["held"]
    found = remote.get(ObjectKey("", "namespaces", "", "shop"))
    assert found is not None
    assert "example.com/hold in 1 resource instances" in str(found["status"]["conditions"])
    behind.connection.ask("PUT", "/api/v1/namespaces/shop/configmaps/held", config_map("held", "shop"))
    clean()
    assert remote.get(ObjectKey("", "namespaces", "", "shop")) is None
