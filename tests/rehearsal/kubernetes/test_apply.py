"""Server-side apply, and the owners of fields, as kubectl and Helm meet them."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.kubernetes import KubernetesCluster
from rehearsal.kubernetes.apply import check_typed, merged
from rehearsal.kubernetes.errors import ApiError
from rehearsal.kubernetes.fields import field_set, from_json, to_json
from rehearsal.kubernetes.managers import Manager, Managers
from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.schemas.built_in import meta_schema, object_schema
from rehearsal.kubernetes.schemas.schema import Schema
from rehearsal.kubernetes.schemas.structural import custom_schema
from tests.rehearsal.kubernetes.commands import Commands, config_map, workload

HELM = Manager("helm", "Apply", "v1")
OTHER = HELM._replace(name="other")
CONFIG_MAP = object_schema("1.36", "", "v1", "ConfigMap")
DEPLOYMENT = object_schema("1.36", "apps", "v1", "Deployment")


def owned(applied: Object, schema: Schema = CONFIG_MAP) -> tuple[Managers, Object]:
    """An object that Helm has applied, with its managers."""
    managers = Managers((), schema)
    return managers, managers.applied(HELM, applied, {}, force=False)


def serve(commands: Commands, body: Any, *more: str) -> Any:
    """Apply on the server, as Helm would."""
    return commands.kubectl("apply", "--server-side", "--field-manager=helm", *more, "-f", "-", body=body)


def managers(cluster: KubernetesCluster, kind: str, name: str) -> set[tuple[str, str, str]]:
    found = cluster.get(kind, name, "default")
    assert found is not None
    entries = found["metadata"]["managedFields"]
    return {(each["manager"], each["operation"], each.get("subresource", "")) for each in entries}


def pod(*containers: Object, **spec: Any) -> Object:
    return {"spec": {"template": {"spec": {"containers": list(containers)}}} | spec}


def test_an_applied_field_goes_when_its_manager_drops_it_and_others_stay() -> None:
    managers, live = owned(pod({"name": "x", "image": "1"}, {"name": "y"}), DEPLOYMENT)
    live = copy.deepcopy(live)
    live["spec"]["replicas"] = 3
    made = managers.applied(HELM, pod({"name": "x", "args": ["-v"]}), live, force=False)
    assert made == pod({"name": "x", "args": ["-v"]}, replicas=3)


def test_what_a_manager_never_applied_is_not_its_to_remove() -> None:
    managers, live = owned({"data": {"a": "1"}})
    made = managers.applied(OTHER, {"data": {"b": "1"}}, live, force=False)
    assert made == {"data": {"a": "1", "b": "1"}}


def test_a_field_of_two_managers_outlives_the_first_that_drops_it() -> None:
    managers, live = owned({"data": {"a": "1"}})
    managers.applied(OTHER, live, live, force=False)
    made = managers.applied(HELM, {"data": {"b": "1"}}, live, force=False)
    assert made == {"data": {"a": "1", "b": "1"}}
    assert managers.applied(OTHER, {}, made, force=False) == {"data": {"b": "1"}}


def test_an_item_goes_with_the_defaults_in_it_unless_somebody_manages_a_part() -> None:
    managers, live = owned(pod({"name": "x", "image": "1"}, {"name": "y", "image": "1"}), DEPLOYMENT)
    for container in live["spec"]["template"]["spec"]["containers"]:
        container["terminationMessagePath"] = "/dev/termination-log"
    managers.applied(OTHER, pod({"name": "y", "workingDir": "/"}), live, force=False)
    live["spec"]["template"]["spec"]["containers"][1]["workingDir"] = "/"
    left = managers.applied(HELM, {}, live, force=False)["spec"]["template"]["spec"]["containers"]
    assert left == [{"name": "y", "terminationMessagePath": "/dev/termination-log", "workingDir": "/"}]


def test_a_mapping_that_is_named_empty_stays_empty() -> None:
    managers, live = owned({"data": {"a": "1"}, "immutable": True})
    assert managers.applied(HELM, {"data": {}}, live, force=False) == {"data": {}}


def test_what_the_server_keeps_in_metadata_outlives_the_last_field_that_was_applied_there() -> None:
    named = {"metadata": {"name": "n", "labels": {"a": "1"}}}
    managers, live = owned(named)
    live = {"metadata": live["metadata"] | {"uid": "u", "resourceVersion": "1"}}
    left = managers.applied(HELM, {"metadata": {"name": "n"}}, live, force=False)
    assert left == {"metadata": {"name": "n", "uid": "u", "resourceVersion": "1"}}


def test_a_status_in_a_configuration_conflicts_with_nobody() -> None:
    managers, _ = owned({"metadata": {"name": "n"}}, DEPLOYMENT)
    live = {"metadata": {"name": "n"}, "status": {"replicas": 1}}
    managers.updated(OTHER._replace(operation="Update", subresource="status"), {}, live)
    configuration = {"metadata": {"name": "n"}, "status": {"replicas": 2}}
    managers.applied(HELM, configuration, live, force=False, ignored="status")
    assert managers.fields_of(HELM) == set()


def test_items_come_in_the_order_of_the_apply_and_others_between_them() -> None:
    live = pod(*({"name": name} for name in "abc"))
    made = merged(live, pod({"name": "c"}, {"name": "d"}, {"name": "a"}), DEPLOYMENT)
    names = [container["name"] for container in made["spec"]["template"]["spec"]["containers"]]
    assert names == ["b", "c", "d", "a"]


def test_an_atomic_mapping_is_set_as_a_whole() -> None:
    live = {"spec": {"selector": {"matchLabels": {"a": "1"}}}}
    applied = {"spec": {"selector": {"matchLabels": {"b": "1"}}}}
    assert merged(live, applied, DEPLOYMENT) == applied
    assert field_set(applied, DEPLOYMENT) == {("f:spec", "f:selector")}


def test_a_port_without_a_protocol_is_the_one_of_tcp() -> None:
    found = field_set(pod({"name": "x", "ports": [{"containerPort": 80}]}), DEPLOYMENT)
    assert ('k:{"containerPort":80,"protocol":"TCP"}') in {path[-1] for path in found}


def custom(**extensions: Any) -> Schema:
    """The schema of a custom resource with a list in its spec."""
    keyed = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
    parts = {"type": "array", "items": keyed, **extensions}
    raw = {"type": "object", "properties": {"spec": {"type": "object", "properties": {"parts": parts}}}}
    return custom_schema(raw, meta_schema("1.36"))


def test_a_list_of_a_custom_resource_is_one_field() -> None:
    schema = custom()
    managers, live = owned({"spec": {"parts": [{"name": "a"}]}}, schema)
    made = managers.applied(HELM, {"spec": {"parts": [{"name": "b"}]}}, live, force=False)
    assert made == {"spec": {"parts": [{"name": "b"}]}}


def test_a_list_of_a_custom_resource_merges_by_the_keys_that_its_definition_names() -> None:
    schema = custom(**{"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]})
    managers, live = owned({"spec": {"parts": [{"name": "a"}]}}, schema)
    made = managers.applied(OTHER, {"spec": {"parts": [{"name": "b"}]}}, live, force=False)
    assert made == {"spec": {"parts": [{"name": "a"}, {"name": "b"}]}}


@pytest.mark.parametrize(
    ("configuration", "problem"),
    [
        ({"foo": 1}, ".foo: field not declared in schema"),
        (
            pod({"name": "x", "image": 1}),
            '[name="x"].image: expected string, got &value.valueUnstructured{Value:1}',
        ),
        (pod({"name": "x"}, {"name": "x"}), 'containers: duplicate entries for key [name="x"]'),
        (pod({"name": "x"}, replicas="2"), ".spec.replicas: expected numeric (int or float), got string"),
        (pod({"name": "x"}, paused=1), ".spec.paused: expected boolean, got &{1}"),
        ({"spec": []}, ".spec: expected map, got &{[]}"),
        ({"metadata": {"finalizers": {"a": 1}}}, ".metadata.finalizers: expected list, got &{map[a:1]}"),
        ({"metadata": {"finalizers": ["a/b", "a/b"]}}, 'duplicate entries for key [="a/b"]'),
        ({"metadata": {"finalizers": [{}]}}, "sets may only contain scalars and may not have maps or lists"),
        ({"metadata": {"finalizers": [None]}}, "sets may not contain nulls"),
        ({"metadata": {"ownerReferences": [1]}}, "may not have non-map elements"),
        ({"metadata": {"ownerReferences": [None]}}, "may not have a null element"),
    ],
)
def test_an_apply_fits_the_schema_or_is_refused(configuration: Object, problem: str) -> None:
    body = {"apiVersion": "apps/v1", "kind": "Deployment"} | configuration
    with pytest.raises(ApiError, match=r".") as refused:
        check_typed(body, DEPLOYMENT)
    assert refused.value.code == 500
    assert refused.value.message.startswith(
        "failed to create typed patch object (/; apps/v1, Kind=Deployment): "
    )
    assert problem in refused.value.message


def test_an_item_without_any_of_its_keys_is_refused() -> None:
    schema = custom(**{"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]})
    body = {"apiVersion": "example.org/v1", "kind": "Foo", "spec": {"parts": [{}, {"bar": 1}]}}
    with pytest.raises(
        ApiError, match=r"errors:\n  .spec.parts: element 0: .*omits all key fields \[\"name\"\]"
    ):
        check_typed(body, schema)


# What structured-merge-diff promises of any two managers, drawn at random.
MAPPING = st.dictionaries(st.sampled_from("abc"), st.sampled_from("12"), max_size=3)


@given(MAPPING, MAPPING, MAPPING)
def test_an_apply_has_what_it_names_and_only_drops_what_was_its_own(
    first: Object, others: Object, second: Object
) -> None:
    managers, live = owned({"data": first})
    live = managers.applied(OTHER, {"data": others}, live, force=True)
    made = managers.applied(HELM, {"data": second}, live, force=True).get("data") or {}
    assert made == {key: value for key, value in (live.get("data") or {}).items() if key in others} | second


def conflicts_of(managers: Managers, configuration: Object, live: Object) -> set[str]:
    try:
        managers.applied(OTHER, configuration, live, force=False)
    except ApiError as refused:
        return {cause["field"] for cause in refused.details["causes"]}
    return set()


@given(MAPPING, MAPPING)
def test_conflicts_are_exactly_the_fields_that_another_set_to_something_else(
    first: Object, second: Object
) -> None:
    managers, live = owned({"data": first})
    conflicting = {f".data.{key}" for key in first if key in second and first[key] != second[key]}
    assert conflicts_of(managers, {"data": second}, live) == conflicting


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
