"""The JSON Schema of the settings file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from cdk_eks_cilium.settings import json_schema

DEFAULT_FILE = Path(__file__).parents[3] / "settings.yaml"


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def _properties(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for part in (schema, *schema["$defs"].values()):
        yield from part["properties"].items()


def test_the_default_file_is_valid(validator: jsonschema.Draft202012Validator) -> None:
    validator.validate(yaml.safe_load(DEFAULT_FILE.read_text()))


@pytest.mark.parametrize(
    "data",
    [
        {"unknown": 1},
        {"name": "1"},
        {"kubernetes_version": 1.35},
        {"cilium": {"egress": "nodes"}},
        {"network": {"availability_zones": ["eu-west-1a"]}},
        {"network": {"private_subnet_ids": {"eu-west-1a": "x"}}},
        {"network": {"nat_gateways": 0}},
        {"node_groups": [{}]},
        {"node_groups": [{"name": "a", "volume_size_gib": 1}]},
        {"access": [{"principal_arn": "jane", "policy": "view"}]},
    ],
)
def test_an_editor_sees_what_is_wrong_with_one_value(
    validator: jsonschema.Draft202012Validator, data: dict[str, Any]
) -> None:
    assert not validator.is_valid(data)


def test_every_setting_has_a_description() -> None:
    undescribed = [name for name, field in _properties(json_schema()) if not field.get("description")]
    assert undescribed == []
