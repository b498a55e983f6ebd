"""Pods of teams, in the sizes that real ones have.

A pod has managedFields, environment and probes, as workloads of Helm charts have them: about 8 KiB.
"""

from __future__ import annotations

from typing import Final

from bench.large_cluster.objects import (
    BORN,
    SPEC_FIELDS,
    Thing,
    address_of,
    managed,
    meta,
    node_address,
    node_name,
)


def team_pod(node: int, number: int) -> Thing:
    """A pod of a team."""
    app = f"app-{number}"
    owner = f"{app}-7d9f{node:04x}c"
    labels = {
        "app.kubernetes.io/name": app,
        "app.kubernetes.io/instance": f"{app}-prod",
        "app.kubernetes.io/version": "1.2.3",
        "pod-template-hash": owner[-9:],
        "team": f"team-{number % 50}",
    }
    name, namespace = f"{owner}-{number:03x}xz", f"team-{number % 50}"
    return pod(name, namespace, node, address_of(node, number), labels, ("ReplicaSet", owner), app)


def pod(
    name: str,
    namespace: str,
    node: int,
    address: str,
    labels: Thing,
    owner: tuple[str, str],
    container: str,
) -> Thing:
    """A pod with two containers; it is in the network of its node where it has the node's address."""
    number = len(name)
    born = f"2026-11-{1 + node % 28:02}T{number % 24:02}:{node % 60:02}:{(node * 7 + number) % 60:02}Z"
    return {
        "metadata": meta(
            name,
            namespace,
            generateName=f"{owner[1]}-",
            labels=labels,
            annotations={"kubectl.kubernetes.io/restartedAt": BORN, "checksum/config": "0" * 64},
            ownerReferences=[
                {
                    "apiVersion": "apps/v1",
                    "kind": owner[0],
                    "name": owner[1],
                    "uid": f"11111111-0000-4000-8000-{number:012}",
                    "controller": True,
                    "blockOwnerDeletion": True,
                }
            ],
            managedFields=[managed("kube-controller-manager", *SPEC_FIELDS), managed("kubelet", "status")],
        ),
        "spec": {
            "nodeName": node_name(node),
            "serviceAccountName": container,
            **({"hostNetwork": True} if address == node_address(node) else {}),
            "containers": [_container(container), _container("sidecar")],
            "volumes": [
                {"name": f"volume-{each}", "configMap": {"name": f"map-{each}"}} for each in range(4)
            ],
            "tolerations": [
                {"key": f"node.kubernetes.io/{each}", "operator": "Exists", "effect": "NoExecute"}
                for each in ("not-ready", "unreachable")
            ],
        },
        "status": {
            "phase": "Running",
            "hostIP": node_address(node),
            "podIP": address,
            "podIPs": [{"ip": address}],
            "startTime": born,
            "qosClass": "Burstable",
            "conditions": [
                {"type": each, "status": "True", "lastProbeTime": None, "lastTransitionTime": born}
                for each in _CONDITIONS
            ],
            "containerStatuses": [_status(container, name, born), _status("sidecar", name, born)],
        },
    }


_CONDITIONS: Final = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")


def _container(name: str) -> Thing:
    probe = {"httpGet": {"path": "/healthz", "port": 8080, "scheme": "HTTP"}, "periodSeconds": 10}
    return {
        "name": name,
        "image": f"registry.example.com/team/{name}:1.2.3",
        "env": [{"name": f"SETTING_{each}", "value": f"value-{each}" * 3} for each in range(12)],
        "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
        "livenessProbe": probe,
        "readinessProbe": probe,
        "volumeMounts": [{"name": f"volume-{each}", "mountPath": f"/etc/volume-{each}"} for each in range(4)],
        "securityContext": {"allowPrivilegeEscalation": False, "runAsNonRoot": True},
        "terminationMessagePath": "/dev/termination-log",
    }


def _status(container: str, pod: str, started: str) -> Thing:
    digest = f"{abs(hash((container, pod))):064x}"[:64]
    return {
        "name": container,
        "ready": True,
        "started": True,
        "restartCount": 0,
        "image": f"registry.example.com/team/{container}:1.2.3",
        "imageID": f"registry.example.com/team/{container}@sha256:{'0' * 64}",
        "containerID": f"containerd://{digest}",
        "state": {"running": {"startedAt": started}},
        "lastState": {},
        "allocatedResources": {"cpu": "100m", "memory": "128Mi"},
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
        "volumeMounts": [{"name": f"volume-{each}", "mountPath": f"/etc/volume-{each}"} for each in range(4)],
    }
