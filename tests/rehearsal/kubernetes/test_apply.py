"""Server-side apply, and the owners of fields, as kubectl and Helm meet them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rehearsal.kubernetes import KubernetesCluster
from rehearsal.kubernetes.apply import apply
from rehearsal.kubernetes.fields import from_json, to_json
from rehearsal.kubernetes.managers import Manager, Managers
from tests.rehearsal.kubernetes.commands import Commands, config_map, workload

HELM = Manager("helm", "Apply", "v1")


def owned(manager: Manager, applied: dict[str, Any]) -> Managers:
    """The managers of an object that one of them has applied."""
    managers = Managers((), custom=False)
    managers.applied(manager, applied, {}, applied, force=False)
    return managers


def serve(commands: Commands, body: Any, *more: str) -> Any:
    """Apply on the server, as Helm would."""
    return commands.kubectl("apply", "--server-side", "--field-manager=helm", *more, "-f", "-", body=body)


def managers(cluster: KubernetesCluster, kind: str, name: str) -> set[tuple[str, str, str]]:
    found = cluster.get(kind, name, "default")
    assert found is not None
    entries = found["metadata"]["managedFields"]
    return {(each["manager"], each["operation"], each.get("subresource", "")) for each in entries}


def test_an_applied_field_goes_when_its_manager_drops_it_and_others_stay() -> None:
    first: dict[str, Any] = {
        "data": {"a": "1", "b": "1"},
        "spec": {"containers": [{"name": "x", "image": "1"}, {"name": "y"}]},
    }
    live = {"data": {"a": "1", "b": "1", "c": "else"}, "spec": first["spec"] | {"replicas": 3}}
    second = {"data": {"a": "2"}, "spec": {"containers": [{"name": "x", "args": ["-v"]}]}}
    assert apply(live, second, HELM, owned(HELM, first), custom=False) == {
        "data": {"a": "2", "c": "else"},
        "spec": {"containers": [{"name": "x", "args": ["-v"]}], "replicas": 3},
    }


def test_what_a_manager_never_applied_is_not_its_to_remove() -> None:
    kubectl = HELM._replace(name="kubectl")
    found = apply(
        {"data": {"a": "1"}}, {"data": {"b": "1"}}, kubectl, owned(HELM, {"data": {"a": "1"}}), custom=False
    )
    assert found == {"data": {"a": "1", "b": "1"}}


def test_a_field_of_two_managers_outlives_the_first_that_drops_it() -> None:
    both = owned(HELM, {"data": {"a": "1"}})
    other = HELM._replace(name="other")
    live = {"data": {"a": "1"}}
    both.applied(other, live, live, live, force=False)
    assert apply(live, {"data": {"b": "1"}}, HELM, both, custom=False) == {"data": {"a": "1", "b": "1"}}


def test_a_list_of_a_custom_resource_is_one_field() -> None:
    ports = {"spec": {"ports": [{"port": 1}]}}
    found = apply(ports, {"spec": {"ports": [{"port": 2}]}}, HELM, owned(HELM, ports), custom=True)
    assert found == {"spec": {"ports": [{"port": 2}]}}


def test_a_set_of_fields_is_written_as_the_server_writes_it() -> None:
    tree = {
        "f:metadata": {"f:finalizers": {'v:"a"': {}}},
        "f:spec": {"f:containers": {'k:{"name":"x"}': {".": {}, "f:image": {}}}, "f:replicas": {}},
    }
    assert to_json(from_json(tree)) == tree


def test_an_apply_conflicts_with_a_patch_of_the_same_field(
    cluster: KubernetesCluster, newest: Commands
) -> None:
    assert serve(newest, config_map(a="1", b="1")).returncode == 0
    newest.kubectl("patch", "configmap", "settings", "-p", '{"data":{"a":"mine"}}')
    refused = serve(newest, config_map(a="2", b="1"))
    assert refused.returncode == 1
    assert 'Apply failed with 1 conflict: conflict with "kubectl-patch" using v1: .data.a' in refused.stderr
    assert cluster.get("ConfigMap", "settings", "default")["data"] == {"a": "mine", "b": "1"}  # type: ignore[index]


def test_conflicts_with_several_managers_are_listed_by_manager(newest: Commands) -> None:
    deployment = workload("Deployment", "web")
    deployment["spec"]["replicas"] = 1
    assert serve(newest, deployment).returncode == 0
    assert newest.kubectl("scale", "deployment", "web", "--replicas=3").returncode == 0
    assert newest.kubectl("set", "image", "deployment/web", "main=mine").returncode == 0
    deployment["spec"]["replicas"] = 2
    deployment["spec"]["template"]["spec"]["containers"][0]["image"] = "y"
    refused = serve(newest, deployment)
    assert "Apply failed with 2 conflicts" in refused.stderr
    assert (
        'conflicts with "kubectl" with subresource "scale" using apps/v1:\n- .spec.replicas' in refused.stderr
    )
    assert 'conflicts with "kubectl-set" using apps/v1:' in refused.stderr
    assert '.spec.template.spec.containers[name="main"].image' in refused.stderr


def test_a_conflict_names_its_causes(cluster: KubernetesCluster, newest: Commands) -> None:
    serve(newest, config_map(a="1"))
    newest.kubectl("patch", "configmap", "settings", "-p", '{"data":{"a":"mine"}}')
    refused = serve(newest, config_map(a="2"), "-v=8")
    assert '"reason":"FieldManagerConflict"' in refused.stderr.replace(" ", "").replace("\\", "")
    assert '"field":".data.a"' in refused.stderr.replace(" ", "").replace("\\", "")


def test_the_same_value_is_no_conflict_and_has_two_managers(
    cluster: KubernetesCluster, newest: Commands
) -> None:
    serve(newest, config_map(a="1"))
    newest.kubectl("patch", "configmap", "settings", "-p", '{"data":{"a":"2"}}')
    assert serve(newest, config_map(a="2")).returncode == 0
    assert managers(cluster, "ConfigMap", "settings") == {
        ("helm", "Apply", ""),
        ("kubectl-patch", "Update", ""),
    }


def test_force_takes_the_field_over(cluster: KubernetesCluster, newest: Commands) -> None:
    serve(newest, config_map(a="1"))
    newest.kubectl("patch", "configmap", "settings", "-p", '{"data":{"a":"mine"}}')
    assert serve(newest, config_map(a="2"), "--force-conflicts").returncode == 0
    assert managers(cluster, "ConfigMap", "settings") == {("helm", "Apply", "")}


def test_an_update_takes_a_field_from_its_applier(cluster: KubernetesCluster, newest: Commands) -> None:
    serve(newest, config_map(a="1"))
    newest.kubectl("patch", "configmap", "settings", "-p", '{"data":{"a":"2"}}')
    assert managers(cluster, "ConfigMap", "settings") == {("kubectl-patch", "Update", "")}


def test_an_object_without_managers_gets_one_before_its_first_apply(newest: Commands) -> None:
    newest.kubectl("create", "-f", "-", body=config_map(a="1"))
    reset = '[{"op":"replace","path":"/metadata/managedFields","value":[{}]}]'
    assert newest.kubectl("patch", "configmap", "settings", "--type=json", "-p", reset).returncode == 0
    refused = serve(newest, config_map(a="2"))
    assert 'conflict with "before-first-apply" using v1: .data.a' in refused.stderr


def test_a_patch_of_the_managers_themselves_is_kept(cluster: KubernetesCluster, newest: Commands) -> None:
    serve(newest, config_map(a="1"))
    newest.kubectl("patch", "configmap", "settings", "-p", '{"data":{"a":"mine","b":"mine"}}')
    entry = {
        "manager": "helm",
        "operation": "Apply",
        "apiVersion": "v1",
        "time": "2026-11-29T12:00:00Z",
        "fieldsType": "FieldsV1",
        "fieldsV1": {"f:data": {"f:a": {}, "f:b": {}}},
    }
    patch = [{"op": "replace", "path": "/metadata/managedFields", "value": [entry]}]
    assert (
        newest.kubectl("patch", "configmap", "settings", "--type=json", "-p", json.dumps(patch)).returncode
        == 0
    )
    assert serve(newest, config_map(a="2")).returncode == 0
    assert cluster.get("ConfigMap", "settings", "default")["data"] == {"a": "2"}  # type: ignore[index]


@pytest.mark.parametrize("subcommand", ["apply", "replace"])
def test_a_body_without_managers_leaves_them(
    subcommand: str, cluster: KubernetesCluster, newest: Commands
) -> None:
    serve(newest, config_map(a="1"))
    assert newest.kubectl(subcommand, "-f", "-", body=config_map(a="1")).returncode == 0
    assert ("helm", "Apply", "") in managers(cluster, "ConfigMap", "settings")
