"""The doctor against the embedded API, with its role and no other right."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cdk_eks_cilium.cli import main
from cdk_eks_cilium.doctor.checks import all_checks
from cdk_eks_cilium.doctor.engine.reader import UnreadError
from cdk_eks_cilium.doctor.engine.readings import ApiVersion, Aws, Logs, Metrics, Objects
from cdk_eks_cilium.doctor.readers.access import Access, access_of
from cdk_eks_cilium.doctor.readers.live import LiveReader
from cdk_eks_cilium.doctor.readers.rights import NAME, manifests
from rehearsal.kubernetes import Identity, KubernetesCluster
from tests.rehearsal.kubernetes.commands import config_map

IDENTITIES = {
    "admin": Identity("admin", cluster_admin=True),
    "doctor": Identity("doctor", frozenset({NAME})),
    "guest": Identity("guest"),
}
OTHERS = (
    Objects("Pod", "pods"),
    Objects("CiliumNode", "ciliumnodes", "cilium.io", "v2"),
    Objects("ConfigMap", "configmaps", namespace="kube-system"),
    Objects("ConfigMap", "configmaps", namespace="default", name="settings"),
    Logs("kube-system", "k8s-app=kube-dns", "coredns"),
    ApiVersion(),
)


@pytest.fixture
def cluster() -> Iterator[KubernetesCluster]:
    made = KubernetesCluster(name="demo", version="1.35", identify=IDENTITIES.get)
    made.bootstrap({"vpc-cni", "coredns", "kube-proxy"})
    with made:
        made.apply(config_map(a="1"))
        yield made


@pytest.fixture
def access(cluster: KubernetesCluster, tmp_path: Path) -> Callable[[str], Access]:
    """The access of an identity."""

    def of(token: str) -> Access:
        file = tmp_path / f"kubeconfig-{token}"
        file.write_text(json.dumps(kubeconfig(cluster, token, tmp_path)))
        return access_of(file)

    return of


def kubeconfig(cluster: KubernetesCluster, token: str, folder: Path) -> dict[str, Any]:
    authority = folder / "ca.crt"
    authority.write_text(cluster.certificate_authority_pem)
    server = {"server": cluster.endpoint, "certificate-authority": str(authority)}
    return {
        "current-context": "rehearsal",
        "contexts": [{"name": "rehearsal", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": server}],
        "users": [{"name": "u", "user": {"token": token}}],
    }


def readings() -> list[Any]:
    every = [reading for check in all_checks() for reading in check.reads]
    return [each for each in dict.fromkeys([*every, *OTHERS]) if not isinstance(each, Aws)]


def test_with_its_role_alone_no_reading_is_denied(
    cluster: KubernetesCluster, access: Callable[[str], Access]
) -> None:
    for manifest in manifests(readings(), metrics=True):
        cluster.apply(manifest)
    reader = LiveReader(access("doctor"))
    for reading in readings():
        if isinstance(reading, Metrics):
            continue  # the embedded API has no pods to pass a call on to
        try:
            reader.read(reading)
        except UnreadError as error:
            pytest.fail(f"{reading}: {error}")
    statuses = {request.status for request in cluster.requests if request.username == "doctor"}
    assert not statuses & {401, 403}


def test_the_role_lets_nobody_write_or_read_secrets(
    cluster: KubernetesCluster, access: Callable[[str], Access]
) -> None:
    for manifest in manifests(readings(), metrics=True):
        cluster.apply(manifest)
    reader = LiveReader(access("doctor"))
    for reading in (
        Objects("Secret", "secrets"),
        Objects("Secret", "secrets", namespace="kube-system"),
        Objects("ConfigMap", "configmaps"),
        Objects("ConfigMap", "configmaps", namespace="default", name="another"),
    ):
        with pytest.raises(UnreadError, match="not allowed to"):
            reader.read(reading)


def test_without_the_role_each_reading_names_its_right(access: Callable[[str], Access]) -> None:
    reader = LiveReader(access("guest"))
    with pytest.raises(
        UnreadError, match=r"^not allowed to list nodes \(403\): 'cdk-eks-cilium doctor role'"
    ):
        reader.read(Objects("Node", "nodes"))


def test_objects_of_the_api_arrive(access: Callable[[str], Access]) -> None:
    reader = LiveReader(access("admin"))
    found = reader.read(Objects("DaemonSet", "daemonsets", "apps", keep=("metadata.name",)))
    assert found is not None
    assert {"metadata": {"name": "aws-node"}} in found.objects
    kind = reader.read(Objects("CiliumNode", "ciliumnodes", "cilium.io", "v2"))
    assert kind is not None
    assert not kind.served
    missing = reader.read(Objects("ConfigMap", "configmaps", namespace="default", name="none"))
    assert missing is not None
    assert (missing.served, list(missing.objects)) == (True, [])
    version = reader.read(ApiVersion())
    assert version is not None
    assert version.objects[0]["minor"] == "35"


def test_a_fault_of_the_api_costs_only_what_it_hits(
    cluster: KubernetesCluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster.inject(lambda _, path: (409, "not now") if path.endswith("/daemonsets") else None)
    file = tmp_path / "kubeconfig"
    file.write_text(json.dumps(kubeconfig(cluster, "admin", tmp_path)))
    assert main(["doctor", "--kubeconfig", str(file), "--only", "aws-node-runs"]) == 4
    assert "why:   the API answered with 409: not now" in capsys.readouterr().out


def test_the_command_finds_aws_node_on_a_node(
    cluster: KubernetesCluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "kubeconfig"
    file.write_text(json.dumps(kubeconfig(cluster, "admin", tmp_path)))
    words = ["doctor", "--kubeconfig", str(file), "--only", "aws-node-runs", "--json"]
    assert main(words) == 1
    assert json.loads(capsys.readouterr().out)["counts"]["error"] == 1
    cluster.delete("DaemonSet", "aws-node", "kube-system")
    assert main(words) == 0
