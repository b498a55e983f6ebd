"""The assets of our functions: staged readable for Lambda, with modules alone."""

from __future__ import annotations

import os
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_lambda as lambda_

from cdk_eks_cilium.lambda_code.asset import function_asset
from cdk_eks_cilium.lambda_code.folder import function_folder


def staged(folder: Path) -> Path:
    """The one asset that an app with one of our functions stages."""
    app = cdk.App(outdir=str(folder), builtin_cloud_formation_validation=False)
    lambda_.Function(
        cdk.Stack(app, "Stack"),
        "Function",
        runtime=lambda_.Runtime.PYTHON_3_14,
        handler="index.handler",
        code=function_asset("eni_sweep"),
    )
    app.synth()
    (asset,) = (path for path in folder.glob("asset.*") if path.is_dir())
    return asset


def test_what_a_file_manager_puts_beside_the_modules_does_not_ship(tmp_path: Path) -> None:
    beside = function_folder("eni_sweep") / ".DS_Store"
    beside.write_text("attributes")
    try:
        names = {path.name for path in staged(tmp_path).iterdir()}
    finally:
        beside.unlink()

    assert "index.py" in names
    assert all(name.endswith(".py") for name in names)


@pytest.mark.parametrize("umask", [0o077, 0o022])
def test_the_staged_copy_is_readable_for_everyone(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        asset = staged(tmp_path)
    finally:
        os.umask(before)

    assert {path.stat().st_mode & 0o777 for path in asset.iterdir()} == {0o644}
