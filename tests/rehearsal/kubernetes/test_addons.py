from __future__ import annotations

import pytest

from rehearsal.kubernetes import KubernetesCluster, NodeSpec


@pytest.fixture
def bare() -> KubernetesCluster:
    return KubernetesCluster(name="demo", version="1.35", identify=lambda _: None)


def names(cluster: KubernetesCluster, kind: str) -> list[str]:
    return [found["metadata"]["name"] for found in cluster.objects(kind)]


def test_a_new_cluster_has_its_namespaces_and_what_was_bootstrapped(bare: KubernetesCluster) -> None:
    assert names(bare, "Namespace") == ["default", "kube-node-lease", "kube-public", "kube-system"]
    assert names(bare, "DaemonSet") == []
    bare.bootstrap({"vpc-cni", "coredns", "kube-proxy"})
    assert names(bare, "DaemonSet") == ["aws-node", "kube-proxy"]
    assert names(bare, "Deployment") == ["coredns"]


def test_only_what_eks_bootstraps_can_be_bootstrapped(bare: KubernetesCluster) -> None:
    with pytest.raises(ValueError, match="EKS bootstraps vpc-cni, coredns, kube-proxy, got metrics-server"):
        bare.bootstrap({"metrics-server"})


def test_coredns_is_unhealthy_until_a_ready_node_takes_it(bare: KubernetesCluster) -> None:
    assert bare.addon_state("coredns") == (
        False,
        "ServiceAccount kube-system/coredns is missing; install the add-on",
    )
    bare.install_addon("coredns")
    healthy, reason = bare.addon_state("coredns")
    assert not healthy
    assert "Deployment coredns has 0 of 2 replicas: no ready node takes them" in reason
    bare.join_node(NodeSpec("n1"))
    assert not bare.addon_state("coredns")[0], "the node has no CNI yet"
    bare.install_addon("vpc-cni")
    assert bare.addon_state("coredns") == (True, "running")


def test_coredns_stays_away_from_taints_it_does_not_tolerate(bare: KubernetesCluster) -> None:
    bare.bootstrap({"vpc-cni", "coredns"})
    bare.join_node(NodeSpec("n1", taints=[{"key": "gpu", "value": "yes", "effect": "NoSchedule"}]))
    assert bare.node_state("n1").ready
    assert not bare.addon_state("coredns")[0]


def test_daemon_sets_are_healthy_without_nodes(bare: KubernetesCluster) -> None:
    for addon in ("vpc-cni", "kube-proxy", "eks-pod-identity-agent"):
        bare.install_addon(addon)
        assert bare.addon_state(addon) == (True, "running")


def test_installing_again_changes_nothing_and_removing_takes_everything(bare: KubernetesCluster) -> None:
    bare.install_addon("coredns")
    before = bare.get("Deployment", "coredns", "kube-system")
    bare.install_addon("coredns")
    assert bare.get("Deployment", "coredns", "kube-system") == before
    bare.remove_addon("coredns")
    assert names(bare, "Deployment") == names(bare, "ReplicaSet") == []
    assert bare.get("Service", "kube-dns", "kube-system") is None
    bare.remove_addon("coredns")


def test_an_add_on_that_is_not_modelled_is_reported_as_such(bare: KubernetesCluster) -> None:
    assert bare.addon_state("adot") == (False, "adot is not installed")
    bare.install_addon("adot")
    assert bare.addon_state("adot") == (True, "not modelled, nothing runs for it")
