from __future__ import annotations

import json

import pytest

from cdk_eks_cilium.cli import main
from cdk_eks_cilium.settings import json_schema


def test_the_schema_is_printed_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["settings", "schema"]) == 0
    assert json.loads(capsys.readouterr().out) == json_schema()
