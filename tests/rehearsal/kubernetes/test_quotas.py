"""Quotas and limits of namespaces, in objects and in the pods of workloads."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.kubernetes import KubernetesCluster
from rehearsal.kubernetes.errors import ApiError
from tests.rehearsal.kubernetes.commands import Commands, config_map, workload


def quota(
    cluster: KubernetesCluster, name: str = "small", scopes: list[str] | None = None, **hard: str
) -> None:
    spec = {"hard": {key.replace("__", "/").replace("_", "."): value for key, value in hard.items()}}
    body = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": name, "namespace": "default"}}
    cluster.apply(body | {"spec": spec | ({"scopes": scopes} if scopes else {})})


def limit_range(cluster: KubernetesCluster, **limits: dict[str, str]) -> None:
    metadata = {"name": "usual", "namespace": "default"}
    spec = {"limits": [{"type": "Container", **limits}]}
    cluster.apply({"apiVersion": "v1", "kind": "LimitRange", "metadata": metadata, "spec": spec})


def status(cluster: KubernetesCluster, name: str = "small") -> dict[str, Any]:
    found: dict[str, Any] = (cluster.get("ResourceQuota", name, "default") or {})["status"]
    return found


def asking(cpu: str, replicas: int = 1) -> dict[str, Any]:
    container = {"name": "main", "image": "x", "resources": {"requests": {"cpu": cpu}}}
    body = workload("Deployment", "web", containers=[container])
    body["spec"]["replicas"] = replicas
    return body


def failure(cluster: KubernetesCluster) -> str | None:
    conditions = (cluster.get("Deployment", "web", "default") or {})["status"]["conditions"]
    return next((c["message"] for c in conditions if c["type"] == "ReplicaFailure"), None)


def test_a_quota_counts_what_is_there(cluster: KubernetesCluster) -> None:
    quota(cluster, configmaps="5", services="5", count__deployments_apps="5")
    cluster.apply(config_map())
    # The certificate of the cluster and the Service kubernetes are in the namespace already.
    assert status(cluster)["used"] == {"configmaps": "2", "services": "1", "count/deployments.apps": "0"}
    cluster.delete("ConfigMap", "settings", "default")
    assert status(cluster)["used"]["configmaps"] == "1"


def test_an_object_too_many_is_forbidden(cluster: KubernetesCluster, newest: Commands) -> None:
    quota(cluster, configmaps="1")
    done = newest.kubectl("create", "configmap", "more")
    assert done.returncode == 1
    words = "exceeded quota: small, requested: configmaps=1, used: configmaps=1, limited: configmaps=1"
    assert f'configmaps "more" is forbidden: {words}' in done.stderr


def test_an_update_of_what_is_there_needs_no_room(cluster: KubernetesCluster) -> None:
    cluster.apply(config_map())
    quota(cluster, configmaps="1")
    cluster.apply(config_map(a="b"))


def test_the_pods_of_a_workload_count(cluster: KubernetesCluster) -> None:
    quota(cluster, pods="3", requests_cpu="2")
    cluster.apply(asking("500m", replicas=2))
    assert status(cluster)["used"] == {"pods": "2", "requests.cpu": "1"}


def test_replicas_without_room_are_a_failure_of_the_workload(cluster: KubernetesCluster) -> None:
    quota(cluster, requests_cpu="1")
    cluster.apply(asking("400m", replicas=3))
    asked = "requested: requests.cpu=400m, used: requests.cpu=800m, limited: requests.cpu=1"
    assert (failure(cluster) or "").endswith(f"exceeded quota: small, {asked}")
    quota(cluster, requests_cpu="2")
    assert failure(cluster) is None


def test_fewer_replicas_make_room(cluster: KubernetesCluster) -> None:
    quota(cluster, pods="2")
    cluster.apply(asking("1", replicas=2))
    cluster.apply(asking("1", replicas=1))
    assert status(cluster)["used"] == {"pods": "1"}
    cluster.delete("Deployment", "web", "default")
    assert status(cluster)["used"] == {"pods": "0"}


def test_a_quota_of_requests_asks_for_them(cluster: KubernetesCluster) -> None:
    quota(cluster, limits_memory="1Gi")
    cluster.apply(workload("Deployment", "web"))
    assert (failure(cluster) or "").endswith("failed quota: small: must specify limits.memory for: main")


def test_the_defaults_of_a_range_satisfy_a_quota(cluster: KubernetesCluster) -> None:
    limit_range(cluster, default={"memory": "128Mi"})
    quota(cluster, limits_memory="1Gi")
    cluster.apply(workload("Deployment", "web"))
    assert failure(cluster) is None
    assert status(cluster)["used"] == {"limits.memory": "128Mi"}


def test_a_workload_outside_of_the_range_fails(cluster: KubernetesCluster) -> None:
    limit_range(cluster, max={"cpu": "1"})
    cluster.apply(asking("2"))
    assert (failure(cluster) or "").endswith("maximum cpu usage per Container is 1, but request is 2")


def test_a_quota_of_pods_without_requests_counts_no_others(cluster: KubernetesCluster) -> None:
    quota(cluster, scopes=["BestEffort"], pods="0")
    cluster.apply(asking("1"))
    assert failure(cluster) is None
    cluster.apply(workload("Deployment", "web"))
    assert (failure(cluster) or "").endswith(
        "exceeded quota: small, requested: pods=1, used: pods=0, limited: pods=0"
    )


def test_a_pod_gets_the_defaults_of_its_namespace(cluster: KubernetesCluster) -> None:
    limit_range(cluster, default={"cpu": "500m"})
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "one", "namespace": "default"}}
    made = cluster.apply(pod | {"spec": {"containers": [{"name": "main", "image": "x"}]}})
    assert made["spec"]["containers"][0]["resources"] == {
        "requests": {"cpu": "500m"},
        "limits": {"cpu": "500m"},
    }
    assert made["metadata"]["annotations"] == {
        "kubernetes.io/limit-ranger": "LimitRanger plugin set: cpu request for container main; cpu limit for "
        "container main"
    }


def test_a_range_of_pods_adds_up_their_containers(cluster: KubernetesCluster) -> None:
    metadata = {"name": "usual", "namespace": "default"}
    spec = {"limits": [{"type": "Pod", "max": {"cpu": "1"}}]}
    cluster.apply({"apiVersion": "v1", "kind": "LimitRange", "metadata": metadata, "spec": spec})
    containers = [{"name": n, "image": "x", "resources": {"limits": {"cpu": "600m"}}} for n in ("a", "b")]
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "one", "namespace": "default"}}
    with pytest.raises(ApiError, match="maximum cpu usage per Pod is 1, but limit is 1200m"):
        cluster.apply(pod | {"spec": {"containers": containers}})
