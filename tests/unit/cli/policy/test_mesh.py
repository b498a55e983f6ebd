"""Pods of other clusters of a mesh as sides of commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdk_eks_cilium.cli import main

HERE = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: api, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: api}}
  ingress:
  - fromEndpoints: [{matchLabels: {app: web, io.cilium.k8s.policy.cluster: east}}]
  - fromEndpoints:
    - matchLabels: {k8s:io.cilium.k8s.namespace.labels.team: a, io.cilium.k8s.policy.cluster: east}
---
apiVersion: v1
kind: Pod
metadata: {name: api, namespace: shop, labels: {app: api}}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
"""
EAST = """
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
---
apiVersion: v1
kind: Pod
metadata: {name: job, namespace: shop, labels: {app: job}}
---
apiVersion: v1
kind: Pod
metadata: {name: agent, namespace: shop}
spec: {hostNetwork: true}
"""
NAMESPACE = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {team: b}}\n"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("here.yaml").write_text(HERE)
    Path("east.yaml").write_text(EAST)
    Path("described.yaml").write_text(EAST + NAMESPACE)


def explain(source: str, target: str = "shop/api:80", mesh: str = "east=east.yaml") -> int:
    return main(["policy", "explain", "--from", source, "--to", target, "--mesh", mesh, "here.yaml"])


@pytest.mark.usefixtures("files")
def test_a_selector_with_its_cluster_means_a_pod_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert explain("mesh:east/shop/web") == 0
    assert capsys.readouterr().out.startswith("allowed: shop/web of cluster east -> shop/api TCP 80")
    assert explain("shop/web") == 1


@pytest.mark.usefixtures("files")
def test_labels_of_a_namespace_there_that_nobody_described_are_not_known() -> None:
    assert explain("mesh:east/shop/job") == 4
    assert explain("mesh:east/shop/job", mesh="east=described.yaml") == 1


@pytest.mark.usefixtures("files")
def test_policies_here_select_no_pod_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert explain("shop/web", "mesh:east/shop/web:80") == 0
    assert "ingress of" not in capsys.readouterr().out


@pytest.mark.usefixtures("files")
def test_a_pod_on_its_node_there_is_a_remote_node(capsys: pytest.CaptureFixture[str]) -> None:
    assert explain("mesh:east/shop/agent") == 1
    assert capsys.readouterr().out.startswith("denied: entity remote-node -> shop/api TCP 80")


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("source", "mesh", "problem"),
    [
        (
            "mesh:west/shop/web",
            "east=east.yaml",
            "--from: must be of a cluster in --mesh, got 'mesh:west/shop/web'; did you mean 'east'?",
        ),
        ("shop/web", "east.yaml", "--mesh: must be CLUSTER=FILE, got 'east.yaml'"),
    ],
)
def test_a_cluster_must_have_its_files(
    source: str, mesh: str, problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explain(source, mesh=mesh) == 2
    assert problem in capsys.readouterr().err
