"""cdk-nag's AwsSolutions pack finds nothing that is not acknowledged with a reason."""

from __future__ import annotations

import json
from pathlib import Path

import aws_cdk as cdk
import pytest
from cdk_nag import AwsSolutionsChecks

from app import build, context
from cdk_eks_cilium.settings import load
from tests.settings_files import with_chart

ROOT = Path(__file__).resolve().parents[2]
FILES = [
    ROOT / "settings.yaml",
    ROOT / "examples/article/settings.yaml",
    *sorted((ROOT / "tests/stacks/settings").glob("*.yaml")),
]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_nothing_is_found_that_is_not_acknowledged(path: Path, tmp_path: Path) -> None:
    (tmp_path / "settings").mkdir()
    app = cdk.App(context=context(), outdir=str(tmp_path), builtin_cloud_formation_validation=False)
    build(app, load(with_chart(path, tmp_path / "settings")))
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))

    app.synth()

    report = json.loads((tmp_path / "validation-report.json").read_text())
    nag = [plugin for plugin in report["pluginReports"] if plugin["pluginName"] == "AwsSolutions"]
    assert nag, "cdk-nag did not run"
    assert nag[0]["conclusion"] == "success"
