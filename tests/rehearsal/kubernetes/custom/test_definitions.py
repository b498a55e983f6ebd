"""CustomResourceDefinitions that the API refuses. The words are a real kube-apiserver's, of 1.36."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.kubernetes.custom.definitions import problems_of_definition
from rehearsal.kubernetes.model import Object
from tests.rehearsal.kubernetes.custom.definitions import cases, definition, version, with_spec

OBJECT: Object = {"type": "object"}
SPEC = "spec.validation.openAPIV3Schema.properties[spec]"
KEYED = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"]}
LABEL = "a DNS-1035 label must consist of lower case alphanumeric characters or '-'"


def problems(body: Object, old: Object | None = None) -> list[str]:
    names = body["spec"]["names"]
    if "kind" in names:
        names |= {"singular": names["kind"].lower(), "listKind": f"{names['kind']}List"} | names
    return [str(problem) for problem in problems_of_definition(body, old)]


def test_a_good_definition_has_no_problem() -> None:
    scale = {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"}
    columns = [{"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}]
    parts = {
        "type": "array",
        "items": {"type": "object", "required": ["k"], "properties": {"k": {"type": "string"}}},
    }
    schema = with_spec(parts=parts | KEYED, port={"x-kubernetes-int-or-string": True})
    first = version(schema, subresources={"status": {}, "scale": scale}, additionalPrinterColumns=columns)
    assert problems(definition(first, version(OBJECT, "v2", storage=False))) == []


@pytest.mark.parametrize("case", cases("bad_definitions"), ids=str)
def test_a_bad_definition_is_refused(case: dict[str, Any]) -> None:
    body = definition(version(OBJECT))
    body["spec"] |= case["change"]
    assert any(case["problem"] in each for each in problems(body)), problems(body)


@pytest.mark.parametrize("case", cases("bad_schemas"), ids=str)
def test_a_schema_that_is_not_structural_is_refused(case: dict[str, Any]) -> None:
    found = problems(definition(version(with_spec(a=case["schema"]))))
    assert any(f"{SPEC}.properties[a]" in each and case["problem"] in each for each in found), found


def test_metadata_may_only_be_described_by_its_name() -> None:
    labels = {
        "type": "object",
        "properties": {"metadata": {"type": "object", "properties": {"labels": OBJECT}}},
    }
    found = problems(definition(version(labels)))
    assert found == [
        "spec.validation.openAPIV3Schema.properties[metadata]: Forbidden: must not specify anything other "
        "than name and generateName, but metadata is implicitly specified"
    ]


def test_versions_with_schemas_of_their_own_are_named() -> None:
    bad = version(with_spec(a={"type": "foo"}), "v2", storage=False)
    (found,) = problems(definition(version(OBJECT), bad))
    assert found.startswith("spec.versions[1].schema.openAPIV3Schema.properties[spec].properties[a].type: ")


def test_what_an_established_definition_is_about_never_changes() -> None:
    old, new = definition(version(OBJECT)), definition(version(OBJECT), scope="Cluster")
    assert problems(new, old) == ['spec.scope: Invalid value: "Cluster": field is immutable']


def test_a_missing_function_of_rules_is_no_reason_to_refuse() -> None:
    rule = [{"rule": "quantity(self).isLessThan(quantity('1Gi'))"}]
    schema = with_spec(a={"type": "string", "x-kubernetes-validations": rule})
    assert problems(definition(version(schema))) == []
