"""What is cleaned up where kube-controller-manager does not run. The embedded API is the server."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rehearsal.kubernetes.real.connection import Reply
from rehearsal.kubernetes.real.housekeeping import Housekeeping
from rehearsal.kubernetes.real.remote_store import RemoteStore
from rehearsal.kubernetes.store import ObjectKey
from tests.rehearsal.kubernetes.commands import config_map, workload
from tests.rehearsal.kubernetes.real.conftest import Behind

MAPS = "/api/v1/namespaces/default/configmaps"
RBAC = "rbac.authorization.k8s.io"


@pytest.fixture
def house(behind: Behind, remote: RemoteStore) -> Housekeeping:
    return Housekeeping(remote, behind.types)


def make(behind: Behind, house: Housekeeping, manifest: dict[str, Any]) -> dict[str, Any]:
    """Create an object as a client does, which the front tells the housekeeping."""
    made = behind.connection.ask("POST", MAPS, manifest)
    house.noticed("POST", MAPS, Reply(201, [], json.dumps(made).encode()))
    return made


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


def test_what_lost_its_owner_goes(behind: Behind, house: Housekeeping, remote: RemoteStore) -> None:
    owner = make(behind, house, config_map("owner"))
    make(behind, house, owned("one", owner))
    house.reconcile()
    assert names(remote) == ["one", "owner"]
    remote.delete(ObjectKey("", "configmaps", "default", "owner"))
    house.reconcile()
    assert names(remote) == []


def test_an_owner_of_the_same_name_is_another(
    behind: Behind, house: Housekeeping, remote: RemoteStore
) -> None:
    owner = make(behind, house, config_map("owner"))
    make(behind, house, owned("one", owner, uid="2b1f"))
    house.reconcile()
    assert names(remote) == ["owner"]


def test_one_owner_of_two_is_enough(behind: Behind, house: Housekeeping, remote: RemoteStore) -> None:
    owner = make(behind, house, config_map("owner"))
    two = owned("one", owner)
    gone = two["metadata"]["ownerReferences"][0] | {"name": "gone", "uid": "2b1f"}
    two["metadata"]["ownerReferences"].append(gone)
    make(behind, house, two)
    house.reconcile()
    assert names(remote) == ["one", "owner"]


def test_an_owner_of_an_unknown_type_counts_as_there(
    behind: Behind, house: Housekeeping, remote: RemoteStore
) -> None:
    owner = make(behind, house, config_map("owner"))
    make(behind, house, owned("one", owner, apiVersion="shop.example/v1", kind="Shop"))
    house.reconcile()
    assert names(remote) == ["one", "owner"]


@pytest.mark.parametrize(
    ("finalizer", "left"),
    [("foregroundDeletion", []), ("orphan", ["one"]), ("example.com/hold", ["one", "owner"])],
)
def test_a_deletion_that_waits_for_the_garbage_collector_is_completed(
    behind: Behind, house: Housekeeping, remote: RemoteStore, finalizer: str, left: list[str]
) -> None:
    waiting = config_map("owner")
    waiting["metadata"]["finalizers"] = [finalizer]
    owner = make(behind, house, waiting)
    make(behind, house, owned("one", owner))
    behind.connection.ask("DELETE", f"{MAPS}/owner?propagationPolicy=Orphan")
    house.noticed("DELETE", f"{MAPS}/owner", Reply(200, [], b"{}"))
    house.reconcile()
    assert names(remote) == left
    if left == ["one"]:
        found = remote.get(ObjectKey("", "configmaps", "default", "one"))
        assert found is not None
        assert not found["metadata"].get("ownerReferences")


def test_replica_sets_of_the_model_go_with_their_deployment(house: Housekeeping, remote: RemoteStore) -> None:
    web = ObjectKey("apps", "deployments", "default", "web")
    owner = remote.create(web, workload("Deployment", "web"))["metadata"]
    replicas = workload("ReplicaSet", "web-1")
    replicas["metadata"]["ownerReferences"] = [
        {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": owner["uid"]}
    ]
    remote.create(ObjectKey("apps", "replicasets", "default", "web-1"), replicas)
    remote.delete(web)
    house.reconcile()
    remote.forget_all()
    assert remote.find("apps", "replicasets") == []


def test_a_role_that_gathers_others_has_their_rules(house: Housekeeping, remote: RemoteStore) -> None:
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
    house.reconcile()
    found = remote.get(whole)
    assert found is not None
    assert found["rules"] == rules[:1]
    before = remote.revision
    house.reconcile()
    assert remote.revision == before
