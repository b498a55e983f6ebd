"""The end state of a cluster: what EKS's add-ons bring back."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from rehearsal.aws.account import Account, Cluster
from rehearsal.kubernetes import KubernetesCluster
from rehearsal.report.verdict import after_create, before_update


@pytest.fixture
def kubernetes() -> KubernetesCluster:
    return KubernetesCluster(name="shop", version="1.35", identify=lambda _: None)


def finding(kubernetes: KubernetesCluster, check: str) -> tuple[bool, str]:
    account = SimpleNamespace(clusters={"shop": Cluster("shop", kubernetes, "sg-1")})
    (found,) = (
        each for each in after_create(cast(Account, account), []) if each.check.startswith(f"shop: {check}")
    )
    return found.good, found.detail


def replace_kube_proxy(kubernetes: KubernetesCluster) -> None:
    metadata = {"name": "cilium-config", "namespace": "kube-system"}
    data = {"kube-proxy-replacement": "true"}
    kubernetes.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data})


def test_a_cluster_without_aws_node_is_good(kubernetes: KubernetesCluster) -> None:
    assert finding(kubernetes, "aws-node runs nowhere") == (True, "the DaemonSet is absent")


def test_the_add_on_vpc_cni_is_wrong_also_while_its_daemon_set_is_absent(
    kubernetes: KubernetesCluster,
) -> None:
    kubernetes.install_addon("vpc-cni")
    assert finding(kubernetes, "aws-node runs nowhere") == (
        False,
        "the DaemonSet kube-system/aws-node is there",
    )

    kubernetes.delete("DaemonSet", "aws-node", "kube-system")
    assert finding(kubernetes, "aws-node runs nowhere") == (
        False,
        "EKS's add-on vpc-cni is installed, and its next update brings the DaemonSet back; remove the add-on",
    )


def test_the_add_on_vpc_cni_for_nodes_with_a_label_is_good_without_such_nodes(
    kubernetes: KubernetesCluster,
) -> None:
    kubernetes.install_addon("vpc-cni", only_on={"io.cilium/aws-node-enabled": "true"})
    assert finding(kubernetes, "aws-node runs nowhere") == (
        True,
        "the DaemonSet's node selector matches no node",
    )


def test_the_add_on_kube_proxy_is_wrong_where_cilium_replaces_it(kubernetes: KubernetesCluster) -> None:
    kubernetes.install_addon("kube-proxy")
    assert finding(kubernetes, "services have a proxy")[0]

    replace_kube_proxy(kubernetes)
    assert finding(kubernetes, "services have one proxy") == (
        False,
        "EKS's add-on kube-proxy runs beside Cilium, which replaces it; remove the add-on",
    )


def test_kube_proxy_of_the_cluster_itself_may_stay(kubernetes: KubernetesCluster) -> None:
    """As `leave_kube_proxy` lets it."""
    kubernetes.bootstrap(["kube-proxy"])
    replace_kube_proxy(kubernetes)

    assert finding(kubernetes, "services have a proxy") == (True, "Cilium replaces kube-proxy")


def release(version: str | None, chart: str = "cilium") -> dict[str, dict[str, Any]]:
    properties = {"Chart": chart, "Release": chart, **({} if version is None else {"Version": version})}
    return {"Release": {"Type": "Custom::AWSCDK-EKS-HelmChart", "Properties": properties}}


@pytest.mark.parametrize(
    ("old", "new", "good", "detail"),
    [
        ("1.18.12", "1.19.6", True, "1.18.12 -> 1.19.6"),
        ("1.19.6", "1.18.12", True, "1.19.6 -> 1.18.12"),
        ("1.18.12", "1.18.3", True, "1.18.12 -> 1.18.3"),
        (
            "1.18.12",
            "1.20.0",
            False,
            "1.18.12 -> 1.20.0 skips a minor: go 1.18.12 -> 1.19.6 -> 1.20.0, one deploy each",
        ),
        (
            "1.20.0",
            "1.18.12",
            False,
            "1.20.0 -> 1.18.12 skips a minor: go 1.20.0 -> 1.19.6 -> 1.18.12, one deploy each",
        ),
    ],
)
def test_an_update_of_cilium_must_not_skip_a_minor(old: str, new: str, good: bool, detail: str) -> None:
    (found,) = before_update([release(old)], [release(new)])
    assert (found.check, found.good, found.detail) == ("Cilium goes one minor at a time", good, detail)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (release("1.18.12"), release("1.18.12")),
        (release("1.18.12", "other"), release("1.20.0", "other")),
        (release(None), release("1.20.0")),
        ({}, release("1.20.0")),
    ],
)
def test_a_release_whose_version_stays_or_is_not_known_is_not_checked(
    before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]
) -> None:
    assert before_update([before], [after]) == []
