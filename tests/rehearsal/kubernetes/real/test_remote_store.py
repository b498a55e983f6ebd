"""The objects of a server, as the model reads and writes them. The embedded API stands behind it."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.kubernetes.errors import ApiError
from rehearsal.kubernetes.real.remote_store import RemoteStore
from rehearsal.kubernetes.store import ObjectKey
from tests.rehearsal.kubernetes.commands import config_map, workload
from tests.rehearsal.kubernetes.real.conftest import Behind

MAPS = "/api/v1/namespaces/default/configmaps"
SETTINGS = ObjectKey("", "configmaps", "default", "settings")
WEB = ObjectKey("apps", "deployments", "default", "web")


def calls(behind: Behind) -> list[str]:
    """What the server was asked since the last time."""
    found = [f"{r.method} {r.path}" for r in behind.server.requests]
    behind.server.requests.clear()
    return found


def deployment(**status: Any) -> dict[str, Any]:
    made = workload("Deployment", "web")
    return made | ({"status": status} if status else {})


def test_an_object_is_read_once_until_somebody_changes_it(behind: Behind, remote: RemoteStore) -> None:
    behind.connection.ask("POST", MAPS, config_map(colour="red"))
    calls(behind)
    assert [remote.get(SETTINGS) == remote.get(SETTINGS), calls(behind)] == [True, [f"GET {MAPS}/settings"]]
    behind.connection.ask("PUT", f"{MAPS}/settings", config_map(colour="blue"))
    remote.forget(f"{MAPS}/settings?fieldManager=kubectl")
    found = remote.get(SETTINGS)
    assert found is not None
    assert found["data"] == {"colour": "blue"}


def test_a_missing_object_is_remembered_as_missing(behind: Behind, remote: RemoteStore) -> None:
    assert remote.get(SETTINGS) is None
    calls(behind)
    assert remote.get(SETTINGS) is None
    assert calls(behind) == []


def test_a_list_answers_for_each_of_its_objects(behind: Behind, remote: RemoteStore) -> None:
    for name in ("b", "a"):
        behind.connection.ask("POST", MAPS, config_map(name))
    found = remote.find("", "configmaps", "default")
    assert [(each["kind"], each["metadata"]["name"]) for each in found] == [
        ("ConfigMap", "a"),
        ("ConfigMap", "b"),
    ]
    calls(behind)
    assert remote.get(ObjectKey("", "configmaps", "default", "a")) == found[0]
    assert remote.get(SETTINGS) is None
    assert remote.find("", "configmaps", "kube-system") == []
    assert calls(behind) == []


def test_what_is_read_is_a_copy(remote: RemoteStore) -> None:
    remote.create(SETTINGS, config_map(colour="red"))
    for found in (remote.get(SETTINGS), *remote.find("", "configmaps")):
        assert found is not None
        found["data"]["colour"] = "blue"
    found = remote.get(SETTINGS)
    assert found is not None
    assert found["data"] == {"colour": "red"}


def test_what_is_being_deleted_is_read_each_time(behind: Behind, remote: RemoteStore) -> None:
    held = config_map()
    held["metadata"]["finalizers"] = ["example.com/hold"]
    behind.connection.ask("POST", MAPS, held)
    behind.connection.ask("DELETE", f"{MAPS}/settings")
    assert len(remote.find("", "configmaps", "default")) == 1
    behind.connection.ask("PUT", f"{MAPS}/settings", config_map())
    assert remote.find("", "configmaps", "default") == []
    assert remote.get(SETTINGS) is None


def test_a_new_object_gets_its_status_too(behind: Behind, remote: RemoteStore) -> None:
    made = remote.create(WEB, deployment(replicas=1))
    assert made["status"] == {"replicas": 1}
    assert calls(behind) == [
        "POST /apis/apps/v1/namespaces/default/deployments",
        "PUT /apis/apps/v1/namespaces/default/deployments/web/status",
    ]
    assert remote.get(WEB) == made
    assert calls(behind) == []


def test_an_update_writes_only_what_differs(behind: Behind, remote: RemoteStore) -> None:
    made = remote.create(WEB, deployment())
    calls(behind)
    remote.update(WEB, made | {"status": {"replicas": 3}})
    assert calls(behind) == ["PUT /apis/apps/v1/namespaces/default/deployments/web/status"]
    found = remote.get(WEB)
    assert found is not None
    remote.update(WEB, found | {"spec": found["spec"] | {"replicas": 3}})
    assert calls(behind) == ["PUT /apis/apps/v1/namespaces/default/deployments/web"]


@pytest.mark.parametrize("status", [{}, {"replicas": 0}, {"conditions": []}, {"readyReplicas": None}])
def test_what_a_server_does_not_store_is_not_a_difference(
    behind: Behind, remote: RemoteStore, status: dict[str, Any]
) -> None:
    made = remote.create(WEB, deployment())
    calls(behind)
    remote.update(WEB, made | {"status": status})
    assert calls(behind) == []


def test_only_changes_count(remote: RemoteStore) -> None:
    before = remote.revision
    made = remote.create(SETTINGS, config_map(colour="red"))
    assert remote.revision == before + 1
    remote.update(SETTINGS, made)
    assert remote.revision == before + 1
    remote.update(SETTINGS, made | {"data": {}})
    remote.delete(SETTINGS)
    assert remote.revision == before + 3


def test_an_update_that_is_based_on_an_old_object_is_refused(behind: Behind, remote: RemoteStore) -> None:
    made = remote.create(SETTINGS, config_map(colour="red"))
    behind.connection.ask("PUT", f"{MAPS}/settings", config_map(colour="blue"))
    with pytest.raises(ApiError, match="the object has been modified"):
        remote.update(SETTINGS, made | {"data": {"colour": "green"}})


def test_the_model_s_fields_have_its_manager(remote: RemoteStore) -> None:
    made = remote.create(SETTINGS, config_map(colour="red"))
    changed = remote.update(SETTINGS, made | {"data": {"colour": "blue"}}, manager="kubectl-edit")
    assert {each["manager"] for each in made["metadata"]["managedFields"]} == {"kube-controller-manager"}
    assert "kubectl-edit" in {each["manager"] for each in changed["metadata"]["managedFields"]}


def test_a_deleted_object_is_returned_as_it_was(remote: RemoteStore) -> None:
    made = remote.create(SETTINGS, config_map(colour="red"))
    assert remote.delete(SETTINGS) == made
    assert remote.get(SETTINGS) is None


def test_a_dry_run_changes_nothing(remote: RemoteStore) -> None:
    remote.create(SETTINGS, config_map(), dry_run=True)
    assert remote.get(SETTINGS) is None
    made = remote.create(SETTINGS, config_map(colour="red"))
    remote.update(SETTINGS, made | {"data": {}}, dry_run=True)
    remote.delete(SETTINGS, dry_run=True)
    assert remote.get(SETTINGS) == made


def test_objects_of_a_type_that_is_not_served_are_not_there(remote: RemoteStore) -> None:
    key = ObjectKey("cilium.io", "ciliumnodes", "", "one")
    assert remote.get(key) is None
    assert remote.find("cilium.io", "ciliumnodes") == []


def test_in_a_namespace_that_goes_nothing_is_created(behind: Behind, remote: RemoteStore) -> None:
    refused = {"reason": "NamespaceTerminating", "message": "namespace shop is being terminated"}

    def fault(method: str, path: str) -> tuple[int, str] | None:
        if method == "POST":
            raise ApiError(403, "Forbidden", "it is being terminated", causes=[refused])
        return None

    behind.server.fault = fault
    made = remote.create(WEB, deployment())
    assert made["metadata"]["generation"] == 1
    assert remote.update(WEB, made | {"status": {"replicas": 1}})["status"] == {"replicas": 1}
    assert remote.get(WEB) is None
    assert remote.revision == 0


@pytest.mark.parametrize(
    ("path", "read_again"),
    [
        (f"{MAPS}/settings", {"settings"}),
        (f"{MAPS}/settings/status?fieldManager=kubectl", {"settings"}),
        (MAPS, {"settings", "other"}),
        ("/api/v1/namespaces/kube-system/configmaps", set()),
        ("/api/v1/namespaces/default/secrets/settings", set()),
        ("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/shops.example.com", set()),
        ("/version", {"settings", "other"}),
    ],
)
def test_only_what_a_change_is_about_is_read_again(
    behind: Behind, remote: RemoteStore, path: str, read_again: set[str]
) -> None:
    for name in ("settings", "other"):
        remote.get(SETTINGS._replace(name=name))
    calls(behind)
    remote.forget(path)
    for name in ("settings", "other"):
        remote.get(SETTINGS._replace(name=name))
    assert calls(behind) == [f"GET {MAPS}/{name}" for name in ("settings", "other") if name in read_again]
