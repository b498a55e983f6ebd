"""The OpenAPI documents."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator

from rehearsal.kubernetes.resources import BUILT_IN, ResourceType
from rehearsal.kubernetes.schemas.openapi import document, revision

CUSTOM = ResourceType(
    "example.org",
    "v1",
    "Foo",
    "foos",
    custom=True,
    schema={"type": "object", "properties": {"spec": {"type": "object", "description": "What it is."}}},
)


def made(root: str, types: list[ResourceType]) -> Any:
    return json.loads(document("1.36", root, types))


@pytest.mark.parametrize("group_version", sorted({served.group_version for served in BUILT_IN}))
def test_every_document_is_openapi_and_complete(group_version: str) -> None:
    root = "api/v1" if group_version == "v1" else f"apis/{group_version}"
    types = [served for served in BUILT_IN if served.group_version == group_version]
    found = made(root, types)
    schemas = found["components"]["schemas"]
    kinds = {each["kind"] for s in schemas.values() for each in s.get("x-kubernetes-group-version-kind", ())}
    assert {served.kind for served in types} <= kinds
    assert "#/$defs" not in json.dumps(found)
    OpenAPIV30SpecValidator(found).validate()


def test_a_custom_type_is_described_by_its_definition() -> None:
    schemas = made("apis/example.org/v1", [CUSTOM])["components"]["schemas"]
    foo = schemas["org.example.v1.Foo"]
    assert foo["properties"]["spec"]["description"] == "What it is."
    reference = foo["properties"]["metadata"]["allOf"][0]["$ref"]
    assert reference.removeprefix("#/components/schemas/") in schemas


def test_a_strategic_patch_is_offered_for_built_in_types_alone() -> None:
    deployment = [served for served in BUILT_IN if served.kind == "Deployment"]
    for types, offered in ((deployment, True), ([CUSTOM], False)):
        (path,) = made("apis/x/v1", types)["paths"].values()
        formats = path["patch"]["requestBody"]["content"]
        assert ("application/strategic-merge-patch+json" in formats) is offered


def test_a_document_has_another_revision_when_a_schema_changes() -> None:
    changed = ResourceType(**{**vars(CUSTOM), "schema": {"type": "object"}})
    assert revision("1.36", [CUSTOM]) == revision("1.36", [CUSTOM])
    assert revision("1.36", [CUSTOM]) != revision("1.36", [changed])
