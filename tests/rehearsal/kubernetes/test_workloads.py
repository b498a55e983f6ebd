from __future__ import annotations

from typing import Any

import pytest

from rehearsal.kubernetes import KubernetesCluster, NodeSpec
from tests.rehearsal.kubernetes.commands import config_map, workload


@pytest.fixture
def cluster() -> KubernetesCluster:
    """A cluster whose nodes are ready at once, thanks to aws-node."""
    made = KubernetesCluster(name="demo", version="1.35", identify=lambda _: None)
    made.bootstrap({"vpc-cni"})
    return made


def status(cluster: KubernetesCluster, kind: str, name: str) -> dict[str, Any]:
    found = cluster.get(kind, name, "default")
    assert found is not None
    result: dict[str, Any] = found["status"]
    return result


def conditions(cluster: KubernetesCluster, kind: str, name: str) -> dict[str, str]:
    return {c["type"]: c["status"] for c in status(cluster, kind, name).get("conditions") or ()}


def test_a_deployment_is_available_with_a_ready_node_only(cluster: KubernetesCluster) -> None:
    cluster.apply(workload("Deployment", "web"))
    assert conditions(cluster, "Deployment", "web")["Available"] == "False"
    assert status(cluster, "Deployment", "web")["observedGeneration"] == 1
    cluster.join_node(NodeSpec("n1"))
    assert conditions(cluster, "Deployment", "web") == {"Available": "True", "Progressing": "True"}
    cluster.remove_node("n1")
    assert conditions(cluster, "Deployment", "web")["Available"] == "False"


def test_replicas_that_keep_apart_need_a_node_each(cluster: KubernetesCluster) -> None:
    apart = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "web"}}}
    affinity = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [apart]}}
    manifest = workload("Deployment", "web", affinity=affinity)
    manifest["spec"] |= {"replicas": 2, "strategy": {"rollingUpdate": {"maxUnavailable": "50%"}}}
    cluster.apply(manifest)
    cluster.join_node(NodeSpec("n1"))
    assert status(cluster, "Deployment", "web")["readyReplicas"] == 1
    assert conditions(cluster, "Deployment", "web")["Available"] == "True", "half may be missing"
    cluster.join_node(NodeSpec("n2"))
    assert status(cluster, "Deployment", "web")["readyReplicas"] == 2


def test_a_new_template_gets_a_new_replica_set(cluster: KubernetesCluster) -> None:
    cluster.join_node(NodeSpec("n1"))
    cluster.apply(workload("Deployment", "web"))
    cluster.apply(workload("Deployment", "web", priorityClassName="high"))
    replicas = [found["spec"]["replicas"] for found in cluster.objects("ReplicaSet")]
    assert sorted(replicas) == [0, 1]
    cluster.delete("Deployment", "web", "default")
    assert cluster.objects("ReplicaSet") == []


def test_a_deployment_waits_for_what_it_mounts(cluster: KubernetesCluster) -> None:
    cluster.join_node(NodeSpec("n1"))
    volumes = [
        {"name": "v", "configMap": {"name": "settings"}},
        {"name": "o", "secret": {"secretName": "s", "optional": True}},
    ]
    cluster.apply(workload("Deployment", "web", volumes=volumes))
    assert conditions(cluster, "Deployment", "web")["Available"] == "False"
    cluster.apply(config_map("settings"))
    assert conditions(cluster, "Deployment", "web")["Available"] == "True"


def test_a_daemon_set_counts_the_nodes_it_may_run_on(cluster: KubernetesCluster) -> None:
    cluster.apply(workload("DaemonSet", "agent"))
    assert status(cluster, "DaemonSet", "agent")["desiredNumberScheduled"] == 0
    cluster.join_node(NodeSpec("n1"))
    cluster.join_node(NodeSpec("n2", taints=[{"key": "gpu", "effect": "NoSchedule"}]))
    found = status(cluster, "DaemonSet", "agent")
    assert (found["desiredNumberScheduled"], found["numberReady"]) == (1, 1)


def test_a_job_completes_once_a_ready_node_runs_it(cluster: KubernetesCluster) -> None:
    pod = {"restartPolicy": "Never", "containers": [{"name": "main", "image": "x"}]}
    metadata = {"name": "once", "namespace": "default"}
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": {"template": {"spec": pod}}}
    cluster.apply(job)
    assert status(cluster, "Job", "once")["active"] == 1
    cluster.join_node(NodeSpec("n1"))
    assert conditions(cluster, "Job", "once") == {"SuccessCriteriaMet": "True", "Complete": "True"}
    assert status(cluster, "Job", "once")["succeeded"] == 1


def test_hubbles_certificate_job_leaves_the_secrets_that_relay_mounts(cluster: KubernetesCluster) -> None:
    cluster.join_node(NodeSpec("n1"))
    pod = {"restartPolicy": "Never", "containers": [{"name": "main", "image": "x"}]}
    metadata = {"name": "hubble-generate-certs-1a2b", "namespace": "kube-system"}
    cluster.apply(
        {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": {"template": {"spec": pod}}}
    )
    assert cluster.get("Secret", "hubble-relay-client-certs", "kube-system")


def test_a_template_that_comes_back_gets_a_new_revision(cluster: KubernetesCluster) -> None:
    def revisions() -> tuple[str, list[str]]:
        found = cluster.get("Deployment", "web", "default")
        assert found is not None
        sets = cluster.objects("ReplicaSet", "default")
        return (
            found["metadata"]["annotations"][REVISION],
            sorted(each["metadata"]["annotations"][REVISION] for each in sets),
        )

    cluster.apply(workload("Deployment", "web"))
    assert revisions() == ("1", ["1"])
    cluster.apply(workload("Deployment", "web", hostNetwork=True))
    assert revisions() == ("2", ["1", "2"])
    cluster.apply(workload("Deployment", "web"))
    assert revisions() == ("3", ["2", "3"])


REVISION = "deployment.kubernetes.io/revision"
