"""Pods that their namespace does not admit, in the workloads and nodes that need them."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.kubernetes import KubernetesCluster, NodeSpec
from rehearsal.kubernetes.pod_security import Level, label_errors, policy_of, violation
from tests.rehearsal.kubernetes.commands import Commands, workload

ENFORCE, WARN = "pod-security.kubernetes.io/enforce", "pod-security.kubernetes.io/warn"
CAREFUL: dict[str, Any] = {
    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    "containers": [
        {
            "name": "main",
            "image": "x",
            "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        }
    ],
}


def namespace(cluster: KubernetesCluster, name: str, **labels: str) -> None:
    metadata = {"name": name, "labels": {key.replace("_", "-"): value for key, value in labels.items()}}
    cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})


def label(cluster: KubernetesCluster, name: str, labels: dict[str, str]) -> None:
    found = cluster.get("Namespace", name)
    assert found is not None
    found["metadata"]["labels"] = found["metadata"].get("labels", {}) | labels
    cluster.apply(found)


def conditions(found: dict[str, Any]) -> dict[str, dict[str, str]]:
    return {condition["type"]: condition for condition in found["status"]["conditions"]}


def test_a_deployment_whose_pods_are_refused_says_so(cluster: KubernetesCluster) -> None:
    label(cluster, "default", {ENFORCE: "restricted"})
    deployment = cluster.apply(workload("Deployment", "web"))
    deployment = cluster.get("Deployment", "web", "default") or {}
    failure = conditions(deployment)["ReplicaFailure"]
    assert failure["reason"] == "FailedCreate"
    assert 'is forbidden: violates PodSecurity "restricted:latest": ' in failure["message"]
    assert conditions(deployment)["Available"]["status"] == "False"


def test_a_refused_pod_is_an_event_of_its_workload_once(cluster: KubernetesCluster) -> None:
    label(cluster, "default", {ENFORCE: "baseline"})
    cluster.apply(workload("StatefulSet", "db", hostNetwork=True))
    cluster.apply(workload("Deployment", "web"))
    events = cluster.objects("Event", "default")
    assert [(event["involvedObject"]["kind"], event["reason"]) for event in events] == [
        ("StatefulSet", "FailedCreate")
    ]
    assert events[0]["message"].endswith("(hostNetwork=true)")


def test_a_careful_deployment_is_admitted(cluster: KubernetesCluster) -> None:
    label(cluster, "default", {ENFORCE: "restricted"})
    cluster.apply(workload("Deployment", "web", **CAREFUL))
    assert cluster.objects("Event", "default") == []
    assert "ReplicaFailure" not in conditions(cluster.get("Deployment", "web", "default") or {})


def test_pods_that_run_stay_when_the_namespace_gets_stricter(cluster: KubernetesCluster) -> None:
    cluster.apply(workload("Deployment", "web"))
    label(cluster, "default", {ENFORCE: "restricted"})
    assert "ReplicaFailure" not in conditions(cluster.get("Deployment", "web", "default") or {})
    changed = cluster.get("Deployment", "web", "default") or {}
    changed["spec"]["template"]["spec"]["containers"][0]["image"] = "y"
    cluster.apply(changed)
    assert "ReplicaFailure" in conditions(cluster.get("Deployment", "web", "default") or {})


def test_a_daemon_set_has_no_pods_on_nodes_that_come_later(cluster: KubernetesCluster) -> None:
    cluster.apply(workload("DaemonSet", "agent", hostNetwork=True))
    cluster.join_node(NodeSpec("n1"))
    label(cluster, "default", {ENFORCE: "baseline"})
    cluster.join_node(NodeSpec("n2"))
    status = (cluster.get("DaemonSet", "agent", "default") or {})["status"]
    assert (status["desiredNumberScheduled"], status["currentNumberScheduled"]) == (2, 1)
    assert status["numberUnavailable"] == 1


def test_a_node_without_an_agent_names_the_label(cluster: KubernetesCluster) -> None:
    cluster.delete("DaemonSet", "aws-node", "kube-system")
    label(cluster, "kube-system", {ENFORCE: "restricted"})
    cluster.apply(workload("DaemonSet", "cilium", "kube-system", hostNetwork=True))
    cluster.join_node(NodeSpec("n1"))
    reasons = [reason for reason in cluster.node_state("n1").reasons if "refuses" in reason]
    (reason,) = reasons
    assert reason.startswith(
        "namespace kube-system refuses the pods of DaemonSet cilium: violates PodSecurity "
    )
    assert reason.endswith("; take the label pod-security.kubernetes.io/enforce off the namespace")


def test_kubectl_shows_the_warnings_of_a_namespace(cluster: KubernetesCluster, newest: Commands) -> None:
    label(cluster, "default", {WARN: "baseline"})
    done = newest.kubectl("apply", "-f", "-", body=workload("Deployment", "web", hostPID=True))
    assert done.returncode == 0, done.stderr
    assert (
        'Warning: would violate PodSecurity "baseline:latest": host namespaces (hostPID=true)' in done.stderr
    )


def test_kubectl_run_is_forbidden_in_a_restricted_namespace(
    cluster: KubernetesCluster, newest: Commands
) -> None:
    label(cluster, "default", {ENFORCE: "restricted"})
    done = newest.kubectl("run", "one", "--image=nginx")
    assert done.returncode == 1
    assert 'pods "one" is forbidden: violates PodSecurity "restricted:latest": ' in done.stderr


@pytest.mark.parametrize(
    ("minor", "version", "allowed"),
    [(36, "latest", True), (34, "latest", False), (36, "v1.34", False), (34, "v1.36", False)],
)
def test_a_level_is_that_of_its_version_and_of_the_cluster(minor: int, version: str, allowed: bool) -> None:
    pod = {"spec": {"hostUsers": False, "containers": [{"name": "main"}]}}
    words = violation(pod, Level("restricted", version), minor)
    assert words is not None
    assert ("runAsNonRoot" not in words) is allowed


@pytest.mark.parametrize(
    ("labels", "enforce", "warn"),
    [
        ({}, "privileged:latest", "privileged:latest"),
        ({ENFORCE: "baseline"}, "baseline:latest", "baseline:latest"),
        ({ENFORCE: "baseline", WARN: "restricted"}, "baseline:latest", "restricted:latest"),
        ({ENFORCE: "baseline", WARN: "privileged"}, "baseline:latest", "privileged:latest"),
        ({ENFORCE: "baseline", f"{ENFORCE}-version": "v1.25"}, "baseline:v1.25", "baseline:v1.25"),
        ({ENFORCE: "strict"}, "restricted:latest", "privileged:latest"),
        ({WARN: "strict"}, "privileged:latest", "privileged:latest"),
    ],
)
def test_the_labels_of_a_namespace_are_a_policy(labels: dict[str, str], enforce: str, warn: str) -> None:
    policy = policy_of(labels)
    assert (str(policy.enforce), str(policy.warn)) == (enforce, warn)


def test_labels_that_cannot_be_read_are_named() -> None:
    labels = {ENFORCE: "strict", f"{WARN}-version": "1.25"}
    levels = "must be one of privileged, baseline, restricted"
    assert [str(error) for error in label_errors(labels)] == [
        f'metadata.labels[{ENFORCE}]: Invalid value: "strict": {levels}',
        f'metadata.labels[{WARN}-version]: Invalid value: "1.25": must be "latest" or "v1.x"',
    ]


def test_a_pod_of_windows_need_not_give_up_what_linux_has() -> None:
    spec = {"os": {"name": "windows"}, "securityContext": {"runAsNonRoot": True}}
    pod = {"spec": spec | {"containers": [{"name": "main"}]}}
    assert violation(pod, Level("restricted"), 36) is None
    assert violation(pod, Level("restricted", "v1.24"), 36) is not None
