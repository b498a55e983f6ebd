"""What the API reads out of a body, and what it refuses. The words are a real kube-apiserver's, of 1.36."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from rehearsal.kubernetes import KubernetesCluster
from tests.rehearsal.kubernetes.asking import APPLY, JSON, JSON_PATCH, MERGE, STRATEGIC, YAML, ask
from tests.rehearsal.kubernetes.commands import Commands, config_map, workload

CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
NO_MAP = "json: cannot unmarshal array into Go value of type map[string]interface {}"
NO_LIST = "json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"


def cases(name: str) -> Any:
    """The cases of a file beside this one."""
    return yaml.safe_load(Path(__file__).with_name(f"{name}.yaml").read_text())


def unknown(**more: Any) -> dict[str, Any]:
    return config_map(a="1") | {"foo": 1} | more


def test_an_unknown_field_is_refused_where_the_client_asks_for_strict(cluster: KubernetesCluster) -> None:
    answer = ask(cluster, "POST", f"{CONFIG_MAPS}?fieldValidation=Strict", unknown(bar=2))
    assert answer.code == 400
    assert answer.message == (
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: '
        'unknown field "foo", unknown field "bar"'
    )
    assert cluster.get("ConfigMap", "settings", "default") is None


@pytest.mark.parametrize("query", ["", "?fieldValidation=Warn"])
def test_an_unknown_field_is_dropped_with_a_warning(query: str, cluster: KubernetesCluster) -> None:
    answer = ask(cluster, "POST", CONFIG_MAPS + query, unknown())
    assert (answer.code, answer.warnings) == (201, ('299 - "unknown field \\"foo\\""',))
    assert "foo" not in (cluster.get("ConfigMap", "settings", "default") or {"foo": 1})


def test_an_unknown_field_is_dropped_without_a_word_where_the_client_ignores_it(
    cluster: KubernetesCluster,
) -> None:
    answer = ask(cluster, "POST", f"{CONFIG_MAPS}?fieldValidation=Ignore", unknown())
    assert (answer.code, answer.warnings) == (201, ())
    assert "foo" not in answer.body


def test_another_word_for_the_validation_is_refused(cluster: KubernetesCluster) -> None:
    for method, path, options in (
        ("POST", CONFIG_MAPS, "CreateOptions"),
        ("PATCH", f"{CONFIG_MAPS}/coredns", "PatchOptions"),
    ):
        answer = ask(cluster, method, f"{path}?fieldValidation=Maybe", config_map(), MERGE)
        assert answer.code == 422
        assert answer.message == (
            f'{options}.meta.k8s.io "" is invalid: fieldValidation: Unsupported value: "Maybe": '
            'supported values: "", "Ignore", "Strict", "Warn"'
        )


def test_a_key_that_comes_twice_is_refused_or_counts_the_last_time(cluster: KubernetesCluster) -> None:
    body = b'{"metadata": {"name": "settings"}, "data": {"a": "1", "a": "2"}}'
    strict = ask(cluster, "POST", f"{CONFIG_MAPS}?fieldValidation=Strict", body)
    assert strict.message.endswith('strict decoding error: duplicate field "data.a"')
    answer = ask(cluster, "POST", CONFIG_MAPS, body)
    assert answer.body["data"] == {"a": "2"}
    assert answer.warnings == ('299 - "duplicate field \\"data.a\\""',)


def test_yaml_with_a_key_twice_is_refused_with_its_line(cluster: KubernetesCluster) -> None:
    body = b"metadata: {name: settings}\ndata:\n  a: x\n  a: y\n"
    strict = ask(cluster, "POST", f"{CONFIG_MAPS}?fieldValidation=Strict", body, YAML)
    words = 'yaml: unmarshal errors:\n  line 4: key "a" already set in map'
    assert strict.message.endswith(f"strict decoding error: {words}")
    answer = ask(cluster, "POST", CONFIG_MAPS, body, YAML)
    assert (answer.code, answer.warnings) == (201, ('299 - "line 4: key \\"a\\" already set in map"',))


@pytest.mark.parametrize(
    ("body", "content_type", "problem"),
    [
        (b"", JSON, "couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)"),
        (b"a: b", JSON, "invalid character 'a' looking for beginning of value (613a2062)"),
        (b"a: b: c", YAML, "yaml: mapping values are not allowed in this context (613a20623a2063)"),
        (b'{"kind": 1}', JSON, 'Go struct field .kind of type string ({"kind": 1})'),
        (b"[]", JSON, 'cannot unmarshal array into Go value of type struct { APIVersion string '
         '"json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" } (5b5d)'),
    ],
)  # fmt: skip
def test_a_body_that_is_not_an_object_is_refused(
    body: bytes, content_type: str, problem: str, cluster: KubernetesCluster
) -> None:
    answer = ask(cluster, "POST", CONFIG_MAPS, body, content_type)
    assert answer.code == 400
    assert answer.message.startswith("the object provided is unrecognized (must be of type ConfigMap): ")
    assert answer.message.endswith(problem)


def test_a_body_of_another_format_is_refused(cluster: KubernetesCluster) -> None:
    answer = ask(cluster, "POST", CONFIG_MAPS, config_map(), "text/plain")
    assert (answer.code, answer.message) == (
        415,
        "the body of the request was in an unknown format - accepted media types include: "
        "application/json, application/yaml, application/vnd.kubernetes.protobuf",
    )


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"kind": "Foo"}, 'no kind "Foo" is registered for version "v1"'),
        ({"apiVersion": "v2"}, 'no kind "ConfigMap" is registered for version "v2"'),
    ],
)
def test_an_object_of_another_type_is_refused(
    change: dict[str, str], problem: str, cluster: KubernetesCluster
) -> None:
    answer = ask(cluster, "POST", CONFIG_MAPS, config_map() | change)
    assert answer.code == 400
    assert f"cannot be handled as a ConfigMap: {problem}" in answer.message


def test_a_body_needs_no_type(cluster: KubernetesCluster) -> None:
    answer = ask(cluster, "POST", CONFIG_MAPS, {"metadata": {"name": "settings"}})
    assert (answer.code, answer.body["kind"], answer.body["apiVersion"]) == (201, "ConfigMap", "v1")


def test_a_replacement_has_the_name_of_its_address(cluster: KubernetesCluster) -> None:
    ask(cluster, "POST", CONFIG_MAPS, config_map())
    other = ask(cluster, "PUT", f"{CONFIG_MAPS}/other", config_map())
    assert other.message == "the name of the object (settings) does not match the name on the URL (other)"
    nameless = ask(cluster, "PUT", f"{CONFIG_MAPS}/settings", {"data": {}})
    assert nameless.message == (
        "the name of the object (settings based on URL) was undeterminable: name must be provided"
    )
    elsewhere = ask(cluster, "PUT", f"{CONFIG_MAPS}/settings", config_map(namespace="kube-system"))
    assert elsewhere.message.startswith("the namespace of the provided object does not match")


def test_an_object_that_was_another_one_is_not_replaced(cluster: KubernetesCluster) -> None:
    ask(cluster, "POST", CONFIG_MAPS, config_map())
    body = config_map()
    body["metadata"]["uid"] = "other"
    answer = ask(cluster, "PUT", f"{CONFIG_MAPS}/settings", body)
    assert answer.code == 409
    assert "Precondition failed: UID in precondition: other, UID in object meta: " in answer.message


def test_a_patch_that_makes_no_object_of_the_type_is_refused(cluster: KubernetesCluster) -> None:
    ask(cluster, "POST", DEPLOYMENTS, workload("Deployment", "web"))
    where = f"{DEPLOYMENTS}/web?fieldValidation=Strict"
    typed = ask(cluster, "PATCH", where, {"spec": {"replicas": "x"}}, MERGE)
    assert typed.code == 422
    assert typed.message.startswith(' "" is invalid: patch: Invalid value: "{')
    assert typed.message.endswith("Go struct field DeploymentSpec.spec.replicas of type int32")
    strict = ask(cluster, "PATCH", where, {"spec": {"foo": 1}}, STRATEGIC)
    assert strict.message == (
        ' "" is invalid: patch: Invalid value: "map[spec:map[foo:1]]": strict decoding error: '
        'unknown field "spec.foo"'
    )
    operation = [{"op": "replace", "path": "/kind", "value": "Foo"}]
    kind = ask(cluster, "PATCH", where, operation, JSON_PATCH)
    assert 'no kind "Foo" is registered for version "apps/v1"' in kind.message


def test_a_patch_with_an_unknown_field_warns(cluster: KubernetesCluster) -> None:
    ask(cluster, "POST", DEPLOYMENTS, workload("Deployment", "web"))
    answer = ask(cluster, "PATCH", f"{DEPLOYMENTS}/web", {"spec": {"foo": 1}}, MERGE)
    assert (answer.code, answer.warnings) == (200, ('299 - "unknown field \\"spec.foo\\""',))


@pytest.mark.parametrize(
    ("patch", "content_type", "problem"),
    [
        (b"{", MERGE, "error decoding patch: unexpected end of JSON input"),
        (b"[]", MERGE, f"error decoding patch: {NO_MAP}"),
        (b"[]", STRATEGIC, NO_MAP),
        (b"{}", JSON_PATCH, f"error decoding patch: {NO_LIST}"),
    ],
)
def test_what_is_not_a_patch_is_refused(
    patch: bytes, content_type: str, problem: str, cluster: KubernetesCluster
) -> None:
    ask(cluster, "POST", CONFIG_MAPS, config_map())
    answer = ask(cluster, "PATCH", f"{CONFIG_MAPS}/settings", patch, content_type)
    assert (answer.code, answer.message) == (400, problem)


@pytest.mark.parametrize("case", cases("bad_applies"), ids=str)
def test_an_apply_of_something_else_is_refused(case: dict[str, Any], cluster: KubernetesCluster) -> None:
    query = "?fieldManager=m&fieldValidation=Strict"
    answer = ask(cluster, "PATCH", f"{CONFIG_MAPS}/a{query}", case["configuration"].encode(), APPLY)
    assert (answer.code, answer.message) == (case["code"], case["problem"])


def test_an_apply_names_its_manager(cluster: KubernetesCluster) -> None:
    answer = ask(cluster, "PATCH", f"{CONFIG_MAPS}/settings", config_map(), APPLY)
    assert (answer.code, answer.message) == (
        422,
        'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    )


def test_an_apply_of_a_value_that_go_cannot_read_is_refused(cluster: KubernetesCluster) -> None:
    body = workload("Deployment", "web")
    body["spec"]["template"]["spec"]["containers"][0]["resources"] = {"limits": {"cpu": "x"}}
    answer = ask(cluster, "PATCH", f"{DEPLOYMENTS}/web?fieldManager=m", body, APPLY)
    assert answer.code == 500
    assert answer.message.startswith(
        "failed to convert new object (default/web; apps/v1, Kind=Deployment) to proper version: "
        "unable to convert unstructured object to apps/v1, Kind=Deployment: quantities must match"
    )


def test_no_odd_value_of_an_object_breaks_a_later_request(cluster: KubernetesCluster) -> None:
    odd: list[Any] = ["two", 1, True, [], [1], {}, {"a": 1}, None, -1]
    for value in odd:
        for body in (
            workload("Deployment", "odd") | {"spec": value},
            workload("DaemonSet", "odd") | {"metadata": value},
            workload("Deployment", "odd", containers=value),
            workload("DaemonSet", "odd", nodeSelector=value, tolerations=value, volumes=value),
        ):
            plural = f"{body['kind'].lower()}s"
            answer = ask(cluster, "POST", f"/apis/apps/v1/namespaces/default/{plural}", body)
            assert answer.code in (201, 400, 409, 422), answer
    assert ask(cluster, "POST", CONFIG_MAPS, config_map()).code == 201


def test_kubectl_refuses_a_misspelt_field_and_shows_a_warning(newest: Commands) -> None:
    deployment = workload("Deployment", "web", dnsPlicy="Default")
    refused = newest.kubectl("apply", "-f", "-", body=deployment)
    assert refused.returncode == 1
    assert 'strict decoding error: unknown field "spec.template.spec.dnsPlicy"' in refused.stderr
    warned = newest.kubectl("apply", "--validate=warn", "-f", "-", body=deployment)
    assert warned.returncode == 0
    assert 'Warning: unknown field "spec.template.spec.dnsPlicy"' in warned.stderr


def test_kubectl_explains_a_field(commands: Commands) -> None:
    explained = commands.kubectl("explain", "deployment.spec.strategy")
    assert "FIELD: strategy <DeploymentStrategy>" in explained.stdout
    assert "rollingUpdate\t<RollingUpdateDeployment>" in explained.stdout
    definition = commands.kubectl("explain", "crd.spec.names")
    assert "plural\t<string>" in definition.stdout, definition.stderr


def test_kubectl_sees_no_difference_in_what_it_has_applied(commands: Commands) -> None:
    body = workload("Deployment", "web", hostNetwork=False, terminationGracePeriodSeconds=0)
    commands.kubectl("apply", "-f", "-", body=body)
    assert commands.kubectl("diff", "-f", "-", body=body).returncode == 0
