"""Objects as the server decodes them. The refusals are a real kube-apiserver's, of 1.36."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.schemas.built_in import meta_schema, object_schema
from rehearsal.kubernetes.schemas.decoding import DecodingError, decode

QUANTITY = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
TIME = 'parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"'
MICRO_TIME = (
    'parsing time "2026-01-01T00:00:00Z" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "Z" as ".000000"'
)
TYPES = {
    "ConfigMap": ("", "v1"),
    "Pod": ("", "v1"),
    "Service": ("", "v1"),
    "Deployment": ("apps", "v1"),
    "Lease": ("coordination.k8s.io", "v1"),
}


def decoded(kind: str, **content: Any) -> Object:
    return decode(content, object_schema("1.36", *TYPES[kind], kind)).value


def container(**content: Any) -> Object:
    return {"spec": {"containers": [content]}}


@pytest.mark.parametrize(
    ("kind", "content", "what", "where", "go"),
    [
        ("Deployment", {"spec": {"replicas": "two"}}, "string", "DeploymentSpec.spec.replicas", "int32"),
        ("Deployment", {"spec": {"replicas": 1.5}}, "number 1.5", "DeploymentSpec.spec.replicas", "int32"),
        (
            "Deployment",
            {"spec": {"replicas": 2**40}},
            "number 1099511627776",
            "DeploymentSpec.spec.replicas",
            "int32",
        ),
        ("Deployment", {"spec": {"replicas": True}}, "bool", "DeploymentSpec.spec.replicas", "int32"),
        (
            "Deployment",
            {"spec": {"selector": []}},
            "array",
            "DeploymentSpec.spec.selector",
            "v1.LabelSelector",
        ),
        (
            "Deployment",
            {"spec": {"strategy": {"rollingUpdate": {"maxSurge": True}}}},
            "bool",
            "RollingUpdateDeployment.spec.strategy.rollingUpdate.maxSurge",
            "int32",
        ),
        ("Pod", container(image=1), "number", "Container.spec.containers.image", "string"),
        ("Pod", container(args=["a", 1]), "number", "Container.spec.containers.args", "string"),
        ("Pod", container(env=[{"value": 1}]), "number", "EnvVar.spec.containers.env.value", "string"),
        (
            "Pod",
            container(imagePullPolicy=1),
            "number",
            "Container.spec.containers.imagePullPolicy",
            "v1.PullPolicy",
        ),
        (
            "Pod",
            container(livenessProbe={"httpGet": {"port": {}}}),
            "object",
            "HTTPGetAction.spec.containers.livenessProbe.ProbeHandler.httpGet.port",
            "int32",
        ),
        ("Pod", {"spec": {"containers": {}}}, "object", "PodSpec.spec.containers", "[]v1.Container"),
        ("Pod", {"spec": {"containers": ["x"]}}, "string", "PodSpec.spec.containers", "v1.Container"),
        ("Pod", {"spec": {"nodeSelector": []}}, "array", "PodSpec.spec.nodeSelector", "map[string]string"),
        ("ConfigMap", {"data": {"a": 1}}, "number", "ConfigMap.data", "string"),
        ("ConfigMap", {"binaryData": {"a": 1}}, "number", "ConfigMap.binaryData", "[]uint8"),
        ("ConfigMap", {"metadata": "x"}, "string", "ConfigMap.metadata", "v1.ObjectMeta"),
        ("ConfigMap", {"metadata": {"labels": {"a": 1}}}, "number", "ObjectMeta.metadata.labels", "string"),
        (
            "ConfigMap",
            {"metadata": {"creationTimestamp": 1}},
            "number",
            "ObjectMeta.metadata.creationTimestamp",
            "string",
        ),
    ],
)
def test_a_value_of_another_type_is_refused_with_its_place_in_go(
    kind: str, content: Object, what: str, where: str, go: str
) -> None:
    with pytest.raises(DecodingError) as refused:
        decoded(kind, **content)
    assert str(refused.value) == f"json: cannot unmarshal {what} into Go struct field {where} of type {go}"


@pytest.mark.parametrize(
    ("kind", "content", "problem"),
    [
        ("Pod", container(resources={"limits": {"cpu": "abc"}}), QUANTITY),
        ("Pod", container(resources={"limits": {"cpu": True}}), QUANTITY),
        ("ConfigMap", {"binaryData": {"a": "???"}}, "illegal base64 data at input byte 0"),
        ("ConfigMap", {"binaryData": {"a": "YQ"}}, "illegal base64 data at input byte 0"),
        ("ConfigMap", {"metadata": {"creationTimestamp": "x"}}, TIME),
        ("Lease", {"spec": {"renewTime": "2026-01-01T00:00:00Z"}}, MICRO_TIME),
    ],
)
def test_text_that_is_not_a_value_of_its_type_is_refused(kind: str, content: Object, problem: str) -> None:
    with pytest.raises(DecodingError) as refused:
        decoded(kind, **content)
    assert str(refused.value) == problem


def test_metadata_of_a_custom_resource_has_no_place_above_it() -> None:
    with pytest.raises(DecodingError, match=r"into Go struct field ObjectMeta.labels of type string"):
        decode({"labels": {"a": 1}}, meta_schema("1.36"))
    with pytest.raises(DecodingError, match=r"string into Go value of type v1.ObjectMeta"):
        decode("x", meta_schema("1.36"))


def test_unknown_fields_are_dropped_and_named_in_their_order() -> None:
    schema = object_schema("1.36", "", "v1", "Pod")
    body = {"foo": 1, "spec": {"containers": [{"name": "a", "bar": 1, "ports": [{"Baz": 1}]}]}}
    found = decode(body, schema)
    assert found.unknown == ["foo", "spec.containers[0].bar", "spec.containers[0].ports[0].Baz"]
    assert found.value["spec"]["containers"][0]["ports"] == [{"containerPort": 0}]
    assert "foo" not in found.value


def test_empty_values_are_left_out_unless_their_field_is_a_pointer() -> None:
    spec = {"replicas": 0, "paused": False, "minReadySeconds": 0, "progressDeadlineSeconds": 0}
    found = decoded("Deployment", metadata={"labels": {}, "finalizers": []}, spec=spec)
    assert {name for name in spec if name in found["spec"]} == {"replicas", "progressDeadlineSeconds"}
    assert found["metadata"] == {}
    assert found["status"] == {}


def test_null_is_nothing_and_in_a_collection_it_is_an_empty_value() -> None:
    found = decoded("ConfigMap", data={"a": None}, metadata=None, immutable=None)
    assert found == {"data": {"a": ""}, "metadata": {}}
    pod = decoded("Pod", spec={"containers": [None]})
    assert pod["spec"]["containers"] == [{"name": "", "resources": {}}]


def test_values_get_their_canonical_form() -> None:
    limits = {"cpu": 0.5, "memory": "1024Mi", "pods": None}
    pod = decoded("Pod", spec={"containers": [{"name": "c", "resources": {"limits": limits}}]})
    assert pod["spec"]["containers"][0]["resources"]["limits"] == {
        "cpu": "500m",
        "memory": "1Gi",
        "pods": "0",
    }
    times = {"creationTimestamp": "2020-01-01T00:30:00.5+01:00"}
    assert decoded("ConfigMap", metadata=times)["metadata"]["creationTimestamp"] == "2019-12-31T23:30:00Z"


def test_a_type_without_a_definition_keeps_everything_but_checks_its_metadata() -> None:
    schema = object_schema("1.36", "example.org", "v1", "Thing")
    assert decode({"spec": {"a": 1}}, schema).value == {"spec": {"a": 1}}
    with pytest.raises(DecodingError, match="labels"):
        decode({"metadata": {"labels": 1}}, schema)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text(max_size=4),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=6), below, max_size=3),
    max_leaves=6,
)
POD_FIELDS = sorted(object_schema("1.36", "", "v1", "Pod").fields["spec"].fields)


@given(st.dictionaries(st.sampled_from(POD_FIELDS), VALUES, max_size=4))
def test_what_is_decoded_once_stays_as_it_is(spec: Object) -> None:
    try:
        once = decoded("Pod", spec=spec)
    except DecodingError:
        return
    assert decoded("Pod", **once) == once
