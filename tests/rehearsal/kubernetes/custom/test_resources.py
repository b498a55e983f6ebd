"""Custom resources that the API takes or refuses. The words are a real kube-apiserver's, of 1.36."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from rehearsal.kubernetes import KubernetesCluster
from rehearsal.kubernetes.model import Object
from tests.rehearsal.kubernetes.asking import APPLY, MERGE, STRATEGIC, ask
from tests.rehearsal.kubernetes.commands import IDENTITIES
from tests.rehearsal.kubernetes.custom.definitions import DEFINITIONS, FOOS, cases, definition, foo, version

TEXT: Object = {"type": "string"}
PAIR: Object = {"type": "object", "properties": {"x": TEXT, "y": TEXT}}
NAMED: Object = {"type": "object", "required": ["k"], "properties": {"k": TEXT}}
FIELDS: dict[str, Object] = {
    "a": TEXT | {"enum": ["x", "y"]},
    "n": {"type": "integer", "minimum": 1, "maximum": 5},
    "i32": {"type": "integer", "format": "int32"},
    "num": {"type": "number", "multipleOf": 0.5, "minimum": 0, "exclusiveMinimum": True},
    "p": TEXT | {"pattern": "^a+$", "maxLength": 3, "minLength": 1},
    "l": {
        "type": "array",
        "maxItems": 2,
        "minItems": 1,
        "items": NAMED,
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["k"],
    },
    "s": {"type": "array", "items": TEXT, "x-kubernetes-list-type": "set"},
    "d": {"type": "object", "default": {"q": 1}, "properties": {"q": {"type": "integer", "default": 7}}},
    "ip": TEXT | {"format": "ipv4"},
    "cidr": TEXT | {"format": "cidr"},
    "time": TEXT | {"format": "date-time"},
    "i": {"x-kubernetes-int-or-string": True},
    "nul": TEXT | {"nullable": True},
    "m": {
        "type": "object",
        "additionalProperties": {"type": "integer"},
        "minProperties": 1,
        "maxProperties": 2,
    },
    "any": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
    "b": {"type": "boolean"},
    "one": PAIR | {"oneOf": [{"required": ["x"]}, {"required": ["y"]}]},
    "some": PAIR | {"anyOf": [{"required": ["x"]}, {"required": ["y"]}]},
    "no": PAIR | {"not": {"required": ["x"]}},
    "all": TEXT | {"allOf": [{"minLength": 2}]},
    "embedded": {
        "type": "object",
        "x-kubernetes-embedded-resource": True,
        "x-kubernetes-preserve-unknown-fields": True,
    },
    "kept": TEXT | {"x-kubernetes-validations": [{"rule": "self == oldSelf", "message": "never changes"}]},
}
SPEC = {"type": "object", "required": ["a"], "properties": FIELDS}
SCHEMA = {
    "type": "object",
    "required": ["spec"],
    "properties": {"spec": SPEC, "status": {"type": "object", "properties": {"z": TEXT}}},
}
UNCHECKED = (
    "<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; "
    "correct the existing errors to complete validation"
)


@pytest.fixture(scope="module")
def foos() -> Iterator[KubernetesCluster]:
    """A cluster that knows Foo."""
    cluster = KubernetesCluster(name="demo", version="1.36", identify=IDENTITIES.get)
    with cluster:
        made = definition(version(SCHEMA, subresources={"status": {}}))
        assert ask(cluster, "POST", DEFINITIONS, made).code == 201
        yield cluster


def create(cluster: KubernetesCluster, body: Object, query: str = "") -> Any:
    return ask(cluster, "POST", f"{FOOS}?dryRun=All{query}", body)


@pytest.mark.parametrize("case", cases("bad_values"), ids=str)
def test_a_value_that_does_not_fit_the_schema_is_refused(
    case: dict[str, Any], foos: KubernetesCluster
) -> None:
    answer = create(foos, foo(**({"a": "x"} | case["spec"])))
    problem = case["problem"].replace("UNCHECKED", UNCHECKED)
    assert (answer.code, answer.message) == (422, f'Foo.example.org "f" is invalid: {problem}')


@pytest.mark.parametrize(
    ("spec", "stored"),
    [
        ({}, {}),
        ({"d": {}}, {"d": {"q": 7}}),
        ({"d": None}, {}),
        ({"n": 2.0}, {"n": 2}),
        ({"n": None}, {}),
        ({"nul": None}, {"nul": None}),
        ({"i": "x"}, {"i": "x"}),
        ({"zz": 1, "l": [{"k": "a", "zz": 1}]}, {"l": [{"k": "a"}]}),
        ({"any": {"x": [1, None, {"y": 1}]}}, {"any": {"x": [1, None, {"y": 1}]}}),
        (
            {"embedded": {"apiVersion": "v1", "kind": "Pod", "metadata": {"foo": 1, "name": "p"}}},
            {"embedded": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}}},
        ),
    ],
)
def test_an_object_is_pruned_and_filled_in(spec: Object, stored: Object, foos: KubernetesCluster) -> None:
    answer = create(foos, foo(**({"a": "x"} | spec)))
    assert answer.code == 201, answer.message
    assert answer.body["spec"] == {"a": "x", "d": {"q": 1}} | stored


def test_fields_that_the_schema_lacks_are_named_in_order(foos: KubernetesCluster) -> None:
    body = foo(a="x", zz=1) | {"bar": 1}
    body["metadata"]["foo"] = 1
    answer = create(foos, body, "&fieldValidation=Strict")
    fields = 'unknown field "bar", unknown field "metadata.foo", unknown field "spec.zz"'
    assert answer.message == (
        f'Foo in version "v1" cannot be handled as a Foo: strict decoding error: {fields}'
    )
    assert len(create(foos, body).warnings) == 3


@pytest.mark.parametrize(
    ("metadata", "problem"),
    [
        (
            {"name": "f", "labels": {"a": 1}},
            "json: cannot unmarshal number into Go struct field ObjectMeta.labels of type string",
        ),
        ("x", "json: cannot unmarshal string into Go value of type v1.ObjectMeta"),
        (
            {"name": "f", "creationTimestamp": "x"},
            'parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"',
        ),
    ],
)
def test_metadata_is_typed(metadata: Any, problem: str, foos: KubernetesCluster) -> None:
    answer = create(foos, foo(a="x") | {"metadata": metadata})
    assert (answer.code, answer.message) == (
        400,
        f'Foo in version "v1" cannot be handled as a Foo: {problem}',
    )


def test_an_object_names_its_type(foos: KubernetesCluster) -> None:
    other = create(foos, foo(a="x") | {"kind": "Bar"})
    assert other.message == 'Bar.example.org "f" is invalid: kind: Invalid value: "Bar": must be Foo'
    nothing = create(foos, foo(a="x") | {"kind": ""})
    assert "Object 'Kind' is missing in" in nothing.message
    version = create(foos, foo(a="x") | {"apiVersion": "example.org/v2"})
    expected = "does not match the expected API version (example.org/v1)"
    assert version.message == f"the API version in the data (example.org/v2) {expected}"


def test_metadata_may_be_null_and_is_then_missing(foos: KubernetesCluster) -> None:
    answer = create(foos, foo(a="x") | {"metadata": None})
    assert answer.code == 422
    assert "metadata.name: Required value" in answer.message


@pytest.fixture
def stored(foos: KubernetesCluster) -> Iterator[KubernetesCluster]:
    """The cluster with a Foo in it."""
    assert ask(foos, "POST", FOOS, foo(a="x", kept="1", l=[{"k": "a"}])).code == 201
    yield foos
    assert ask(foos, "DELETE", f"{FOOS}/f").code == 200


def test_a_rule_about_a_change_judges_changes(stored: KubernetesCluster) -> None:
    refused = ask(stored, "PATCH", f"{FOOS}/f", {"spec": {"kept": "2"}}, MERGE)
    assert refused.message == ('Foo.example.org "f" is invalid: spec.kept: Invalid value: "2": never changes')
    assert ask(stored, "PATCH", f"{FOOS}/f", {"spec": {"kept": "1", "n": 2}}, MERGE).code == 200


def test_an_unchanged_part_is_not_judged_again(foos: KubernetesCluster) -> None:
    assert ask(foos, "POST", FOOS, foo("old", a="x", p="aaa", n=5)).code == 201
    tighter = definition(version({"type": "object", "properties": {
        "spec": {"type": "object", "properties": {"a": TEXT, "p": TEXT | {"maxLength": 1}, "n": FIELDS["n"]}}
    }}, subresources={"status": {}}))  # fmt: skip
    where = f"{DEFINITIONS}/foos.example.org"
    before = ask(foos, "GET", where).body
    assert ask(foos, "PATCH", where, {"spec": tighter["spec"]}, MERGE).code == 200
    assert ask(foos, "PATCH", f"{FOOS}/old", {"spec": {"n": 1}}, MERGE).code == 200
    refused = ask(foos, "PATCH", f"{FOOS}/old", {"spec": {"p": "bbb"}}, MERGE)
    assert "spec.p: Too long" in refused.message
    assert ask(foos, "PATCH", where, {"spec": before["spec"]}, MERGE).code == 200
    assert ask(foos, "DELETE", f"{FOOS}/old").code == 200


def test_a_status_is_judged_and_changes_alone(stored: KubernetesCluster) -> None:
    patch = {"status": {"z": "1", "zz": 1}, "spec": {"a": "y"}}
    answer = ask(stored, "PATCH", f"{FOOS}/f/status", patch, MERGE)
    assert answer.body["status"] == {"z": "1"}
    assert answer.body["spec"]["a"] == "x"
    refused = ask(stored, "PATCH", f"{FOOS}/f/status", {"status": {"z": 1}}, MERGE)
    assert "status.z in body must be of type string" in refused.message


def test_a_strategic_patch_is_not_for_custom_resources(stored: KubernetesCluster) -> None:
    answer = ask(stored, "PATCH", f"{FOOS}/f", {"spec": {}}, STRATEGIC)
    assert (answer.code, answer.message) == (
        415,
        "the body of the request was in an unknown format - accepted media types include: "
        "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml",
    )


def test_an_apply_merges_by_the_keys_of_the_definition(stored: KubernetesCluster) -> None:
    body = foo(a="x", l=[{"k": "b"}], s=["q"])
    answer = ask(stored, "PATCH", f"{FOOS}/f?fieldManager=m", body, APPLY)
    assert answer.body["spec"]["l"] == [{"k": "a"}, {"k": "b"}]
    (mine,) = (each for each in answer.body["metadata"]["managedFields"] if each["manager"] == "m")
    assert mine["fieldsV1"] == {
        "f:spec": {
            "f:a": {},
            "f:l": {'k:{"k":"b"}': {".": {}, "f:k": {}}},
            "f:s": {'v:"q"': {}},
        }
    }


def test_an_apply_to_the_status_of_nothing_makes_nothing(foos: KubernetesCluster) -> None:
    body = {"apiVersion": "example.org/v1", "kind": "Foo", "status": {"z": "1"}}
    assert ask(foos, "PATCH", f"{FOOS}/nobody/status?fieldManager=m", body, APPLY).code == 404


def test_every_version_shows_the_same_object(foos: KubernetesCluster) -> None:
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": {"a": TEXT}}}}
    bars = definition(
        version(schema), version(schema, "v2", storage=False),
        names={"kind": "Bar", "plural": "bars"},
    )  # fmt: skip
    bars["metadata"]["name"] = "bars.example.org"
    assert ask(foos, "POST", DEFINITIONS, bars).code == 201
    body = {"apiVersion": "example.org/v2", "kind": "Bar", "metadata": {"name": "b"}, "spec": {"a": "x"}}
    made = ask(foos, "POST", "/apis/example.org/v2/namespaces/default/bars", body)
    assert made.code == 201
    found = ask(foos, "GET", "/apis/example.org/v1/namespaces/default/bars/b").body
    assert (found["apiVersion"], found["spec"]) == ("example.org/v1", {"a": "x"})
