"""The command line prints what the deployment installs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cdk_eks_cilium.cli import main
from tests.settings_files import with_chart
from tests.stacks.conftest import SETTINGS, flat


def masked(value: Any) -> Any:
    """The values with every text that refers to something replaced: a reference, or its stand-in."""
    if isinstance(value, dict):
        return {key: masked(below) for key, below in value.items()}
    if isinstance(value, list):
        return [masked(below) for below in value]
    return "<>" if isinstance(value, str) and "<" in value else value


@pytest.mark.parametrize("name", SETTINGS)
def test_the_values_printed_are_those_of_the_template(
    name: str, synthesize: Callable[[str], Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, release = synthesize(name).only("Custom::AWSCDK-EKS-HelmChart")

    assert main(["values", "--settings", str(with_chart(SETTINGS[name], tmp_path)), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)

    assert masked(printed) == masked(json.loads(flat(release["Values"])))
