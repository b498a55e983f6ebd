"""The published charts of Cilium in the folder that `CILIUM_REFERENCE` names, each read once a process."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.quick_yaml import read

reference = pytest.mark.skipif(
    "CILIUM_REFERENCE" not in os.environ,
    reason="CILIUM_REFERENCE names no folder with charts/VERSION/values.yaml of Cilium's charts",
)


@cache
def chart_file(number: str, name: str) -> str:
    """The text of a file of the chart of a release."""
    return (Path(os.environ["CILIUM_REFERENCE"]) / "charts" / number / name).read_text(encoding="utf-8")


@cache
def defaults_of(number: str) -> dict[str, Any]:
    """The values that the chart of a release comes with: nobody may change them."""
    loaded = read(chart_file(number, "values.yaml"))
    assert isinstance(loaded, dict)
    return loaded


@cache
def schema_of(number: str) -> jsonschema.protocols.Validator:
    """What judges values by the schema of the chart of a release."""
    return jsonschema.Draft7Validator(json.loads(chart_file(number, "values.schema.json")))
