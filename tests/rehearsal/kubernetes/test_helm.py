from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rehearsal.charts import ChartRepository
from rehearsal.kubernetes import KubernetesCluster, NodeSpec
from tests.rehearsal.kubernetes.commands import Commands

CHARTS = os.environ.get("CILIUM_CHARTS")
ROLE = "arn:aws:iam::123456789012:role/demo-cilium"
VALUES: dict[str, Any] = {
    "cluster": {"name": "demo"},
    "eni": {
        "enabled": True,
        "iamRole": ROLE,
        "awsEnablePrefixDelegation": True,
        "nodeSpec": {"firstInterfaceIndex": 1, "subnetIDs": ["subnet-a", "subnet-b"]},
    },
    "ipam": {"mode": "eni"},
    "routingMode": "native",
    "hubble": {"relay": {"enabled": True}, "ui": {"enabled": True}},
}
OLD_VALUES: dict[str, Any] = VALUES | {"tunnel": "disabled", "routingMode": ""}


@pytest.fixture(scope="module")
def repository() -> Iterator[ChartRepository]:
    with ChartRepository() as served:
        yield served


def install(commands: Commands, url: str, version: str, *more: str, values: dict[str, Any] = VALUES) -> Any:
    path = commands.home / "values.yaml"
    path.write_text(json.dumps(values))
    chart = ("cilium", "--repo", url, "--version", version)
    return commands.helm(
        "upgrade", "--install", "cilium", *chart, "-n", "kube-system", "-f", str(path), *more
    )


def join_two(cluster: KubernetesCluster) -> None:
    cluster.delete("DaemonSet", "aws-node", "kube-system")
    for number in (1, 2):
        cluster.join_node(NodeSpec(f"n{number}"))


def test_the_stand_in_installs_upgrades_and_leaves(
    cluster: KubernetesCluster, commands: Commands, repository: ChartRepository
) -> None:
    installed = install(commands, repository.url, "1.12.1", values=OLD_VALUES)
    assert installed.returncode == 0, installed.stderr
    config = cluster.get("ConfigMap", "cilium-config", "kube-system")
    assert config is not None
    assert config["data"]["tunnel"] == "disabled"
    assert "eni-subnet-ids" not in config["data"]

    join_two(cluster)
    upgraded = install(commands, repository.url, "1.19.6", "--wait", "--timeout", "120s")
    assert upgraded.returncode == 0, upgraded.stderr
    config = cluster.get("ConfigMap", "cilium-config", "kube-system")
    assert config is not None
    assert config["data"]["routing-mode"] == "native"
    assert config["data"]["eni-subnet-ids"] == "subnet-a,subnet-b"
    assert "tunnel" not in config["data"], "what the new manifest does not name must go"
    account = cluster.get("ServiceAccount", "cilium-operator", "kube-system")
    assert account is not None
    assert account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"] == ROLE
    releases = json.loads(commands.helm("list", "-n", "kube-system", "-o", "json").stdout)
    assert [(r["name"], r["revision"], r["chart"]) for r in releases] == [("cilium", "2", "cilium-1.19.6")]

    removed = commands.helm("uninstall", "cilium", "-n", "kube-system", "--wait")
    assert removed.returncode == 0, removed.stderr
    assert cluster.get("DaemonSet", "cilium", "kube-system") is None
    assert [d["metadata"]["name"] for d in cluster.objects("Deployment")] == ["coredns"]


def test_waiting_for_a_release_without_nodes_times_out(
    cluster: KubernetesCluster, commands: Commands, repository: ChartRepository
) -> None:
    waited = install(commands, repository.url, "1.19.6", "--wait", "--timeout", "2s")
    assert waited.returncode == 1
    assert "context deadline exceeded" in waited.stderr
    assert cluster.get("Deployment", "cilium-operator", "kube-system")


def test_one_node_is_not_enough_for_two_operators_that_keep_apart(
    cluster: KubernetesCluster, newest: Commands, repository: ChartRepository
) -> None:
    cluster.delete("DaemonSet", "aws-node", "kube-system")
    install(newest, repository.url, "1.19.6")
    cluster.join_node(NodeSpec("n1"))
    assert cluster.node_state("n1").ready
    operator = cluster.get("Deployment", "cilium-operator", "kube-system")
    assert operator is not None
    assert operator["status"]["readyReplicas"] == 1
    one = VALUES | {"operator": {"replicas": 1}}
    waited = install(newest, repository.url, "1.19.6", "--wait", "--timeout", "120s", values=one)
    assert waited.returncode == 0, waited.stderr


def test_a_chart_that_fails_to_render_changes_nothing(
    cluster: KubernetesCluster, newest: Commands, repository: ChartRepository
) -> None:
    failed = install(newest, repository.url, "1.19.6", values=OLD_VALUES)
    assert failed.returncode == 1
    assert "use routingMode" in failed.stderr
    assert cluster.get("DaemonSet", "cilium", "kube-system") is None


def test_a_change_by_hand_conflicts_with_helm_4(
    cluster: KubernetesCluster, newest: Commands, repository: ChartRepository
) -> None:
    assert install(newest, repository.url, "1.19.6").returncode == 0
    patch = '{"data":{"cluster-name":"mine"}}'
    newest.kubectl("patch", "configmap", "cilium-config", "-n", "kube-system", "-p", patch)
    refused = install(newest, repository.url, "1.19.6")
    assert refused.returncode == 1
    assert 'conflict with "kubectl-patch" using v1: .data.cluster-name' in refused.stderr
    forced = install(newest, repository.url, "1.19.6", "--force-conflicts")
    assert forced.returncode == 0, forced.stderr


def test_helm_4_manages_what_it_makes_by_apply(
    cluster: KubernetesCluster, newest: Commands, repository: ChartRepository
) -> None:
    install(newest, repository.url, "1.19.6")
    operator = cluster.get("Deployment", "cilium-operator", "kube-system")
    assert operator is not None
    entries = operator["metadata"]["managedFields"]
    assert [(each["manager"], each["operation"]) for each in entries] == [("helm", "Apply")]
    assert operator["metadata"]["annotations"]["meta.helm.sh/release-name"] == "cilium"


def test_helm_3_merges_over_a_change_by_hand(
    cluster: KubernetesCluster, oldest: Commands, repository: ChartRepository
) -> None:
    assert install(oldest, repository.url, "1.19.6").returncode == 0
    patch = '{"data":{"cluster-name":"mine"}}'
    oldest.kubectl("patch", "configmap", "cilium-config", "-n", "kube-system", "-p", patch)
    merged = install(oldest, repository.url, "1.19.6")
    assert merged.returncode == 0, merged.stderr
    config = cluster.get("ConfigMap", "cilium-config", "kube-system")
    assert config is not None
    assert config["data"]["cluster-name"] == "demo"


@pytest.mark.skipif(not CHARTS, reason="CILIUM_CHARTS names no folder with the packaged charts")
@pytest.mark.parametrize("version", ["1.12.1", "1.18.12", "1.20.0"])
def test_the_real_charts_install_wait_and_leave(
    version: str, cluster: KubernetesCluster, commands: Commands
) -> None:
    join_two(cluster)
    with ChartRepository(Path(str(CHARTS))) as charts:
        if not charts.has_official(version):
            pytest.skip(f"CILIUM_CHARTS has no cilium-{version}.tgz")
        values = OLD_VALUES if version == "1.12.1" else VALUES
        installed = install(commands, charts.url, version, "--wait", "--timeout", "120s", values=values)
    assert installed.returncode == 0, installed.stderr
    state = cluster.node_state("n1")
    assert (state.ready, state.cni, state.reasons) == (True, "cilium", ())
    removed = commands.helm("uninstall", "cilium", "-n", "kube-system")
    assert removed.returncode == 0, removed.stderr
    left = {kind: [o["metadata"]["name"] for o in cluster.objects(kind)] for kind in ("Deployment", "Secret")}
    assert left == {"Deployment": ["coredns"], "Secret": []}


@pytest.mark.skipif(not CHARTS, reason="CILIUM_CHARTS names no folder with the packaged charts")
def test_certificates_by_a_hook_job_hang_a_release_that_precedes_the_nodes(
    cluster: KubernetesCluster, newest: Commands
) -> None:
    by_job = VALUES | {"hubble": VALUES["hubble"] | {"tls": {"auto": {"method": "cronJob"}}}}
    with ChartRepository(Path(str(CHARTS))) as charts:
        early = install(newest, charts.url, "1.18.12", "--timeout", "2s", values=by_job)
        assert early.returncode == 1
        join_two(cluster)
        late = install(newest, charts.url, "1.18.12", "--timeout", "120s", values=by_job)
    assert late.returncode == 0, late.stderr
