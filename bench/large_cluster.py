"""The objects of a large cluster, generated, in the sizes that real ones have.

The fields are as in the Kubernetes API and in Cilium's CRDs:
https://github.com/cilium/cilium/blob/v1.19.1/pkg/k8s/apis/cilium.io/client/crds/v2/ciliumnodes.yaml
A pod has managedFields, environment and probes, as workloads of Helm charts have them: about 8 KiB.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

NODES: Final = 1_000
PODS_PER_NODE: Final = 30
_BORN: Final = "2026-11-01T08:00:00Z"
_REGION: Final = "eu-west-1"
_ZONES: Final = ("a", "b", "c")

Thing = dict[str, Any]
Kind = tuple[str, str]
"""The path of a list below the root of the API, and the kind of its objects."""


def every_kind(nodes: int = NODES) -> Mapping[Kind, Callable[[], Iterator[Thing]]]:
    """What the cluster has many of."""
    return {
        ("/api/v1/nodes", "Node"): lambda: (_node(each) for each in range(nodes)),
        ("/api/v1/pods", "Pod"): lambda: (_pod(node, each) for node, each in _pods(nodes)),
        ("/apis/cilium.io/v2/ciliumnodes", "CiliumNode"): lambda: (
            _cilium_node(each) for each in range(nodes)
        ),
        ("/apis/cilium.io/v2/ciliumendpoints", "CiliumEndpoint"): lambda: (
            _cilium_endpoint(node, each) for node, each in _pods(nodes)
        ),
        ("/apis/cilium.io/v2/ciliumidentities", "CiliumIdentity"): lambda: (
            _identity(each) for each in range(min(nodes, 500))
        ),
        ("/apis/apps/v1/daemonsets", "DaemonSet"): lambda: iter([_daemon_set(nodes)]),
        ("/api/v1/namespaces", "Namespace"): lambda: (
            {"metadata": _meta(f"team-{each}")} for each in range(50)
        ),
    }


def _pods(nodes: int) -> Iterator[tuple[int, int]]:
    return ((node, each) for node in range(nodes) for each in range(PODS_PER_NODE))


def _name(node: int) -> str:
    return f"ip-10-{node >> 8}-{node & 255}-10.{_REGION}.compute.internal"


def _address(node: int, number: int) -> str:
    """An address of a prefix of the node: each node has /28 blocks of its own."""
    first = (100 << 24) + (64 << 16) + node * 48 + number
    return ".".join(str(first >> shift & 255) for shift in (24, 16, 8, 0))


def _meta(name: str, namespace: str = "", **more: Any) -> Thing:
    found: Thing = {
        "name": name,
        "uid": f"00000000-0000-4000-8000-{abs(hash((name, namespace))) % 10**12:012}",
        "resourceVersion": str(1_000_000 + len(name)),
        "creationTimestamp": _BORN,
        "generation": 1,
    }
    if namespace:
        found["namespace"] = namespace
    return {**found, **more}


def _managed(manager: str, *fields: str) -> Thing:
    """Who set which fields; servers send this with every object."""
    return {
        "manager": manager,
        "operation": "Update",
        "apiVersion": "v1",
        "time": _BORN,
        "fieldsType": "FieldsV1",
        "fieldsV1": {f"f:{each}": {".": {}, **{f"f:part{n}": {} for n in range(6)}} for each in fields},
    }


_POD_FIELDS: Final = (
    *("affinity", "automountServiceAccountToken", "containers", "dnsPolicy", "enableServiceLinks"),
    *("env", "image", "livenessProbe", "ports", "readinessProbe", "resources", "restartPolicy"),
)


def _pod(node: int, number: int) -> Thing:
    app = f"app-{number}"
    namespace = f"team-{number % 50}"
    name = f"{app}-7d9f{node:04x}c-{number:03x}xz"
    address = _address(node, number)
    born = f"2026-11-{1 + node % 28:02}T{number % 24:02}:{node % 60:02}:{(node * 7 + number) % 60:02}Z"
    return {
        "metadata": _meta(
            name,
            namespace,
            generateName=f"{app}-7d9f{node:04x}c-",
            labels={
                "app.kubernetes.io/name": app,
                "app.kubernetes.io/instance": f"{app}-prod",
                "app.kubernetes.io/version": "1.2.3",
                "pod-template-hash": f"7d9f{node:04x}c",
                "team": namespace,
            },
            annotations={"kubectl.kubernetes.io/restartedAt": _BORN, "checksum/config": "0" * 64},
            ownerReferences=[
                {
                    "apiVersion": "apps/v1",
                    "kind": "ReplicaSet",
                    "name": f"{app}-7d9f{node:04x}c",
                    "uid": f"11111111-0000-4000-8000-{number:012}",
                    "controller": True,
                    "blockOwnerDeletion": True,
                }
            ],
            managedFields=[_managed("kube-controller-manager", *_POD_FIELDS), _managed("kubelet", "status")],
        ),
        "spec": {
            "nodeName": _name(node),
            "serviceAccountName": app,
            "containers": [_container(app), _container("sidecar")],
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
            "hostIP": f"10.{node >> 8}.{node & 255}.10",
            "podIP": address,
            "podIPs": [{"ip": address}],
            "startTime": born,
            "qosClass": "Burstable",
            "conditions": [
                {"type": each, "status": "True", "lastProbeTime": None, "lastTransitionTime": born}
                for each in _CONDITIONS
            ],
            "containerStatuses": [_status(app, name, born), _status("sidecar", name, born)],
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


def _node(node: int) -> Thing:
    zone = _ZONES[node % 3]
    return {
        "metadata": _meta(
            _name(node),
            labels={
                "eks.amazonaws.com/nodegroup": "workers",
                "kubernetes.io/hostname": _name(node),
                "node.kubernetes.io/instance-type": "m6i.large",
                "topology.kubernetes.io/region": _REGION,
                "topology.kubernetes.io/zone": f"{_REGION}{zone}",
            },
            annotations={"node.alpha.kubernetes.io/ttl": "30"},
            managedFields=[_managed("kubelet", *_POD_FIELDS), _managed("cilium-agent", "status")],
        ),
        "spec": {"providerID": f"aws:///{_REGION}{zone}/i-{node:017x}"},
        "status": {
            "addresses": [{"type": "InternalIP", "address": f"10.{node >> 8}.{node & 255}.10"}],
            "capacity": {"cpu": "2", "memory": "7910184Ki", "pods": "110"},
            "allocatable": {"cpu": "1930m", "memory": "7220008Ki", "pods": "110"},
            "conditions": [
                {"type": each, "status": str(each == "Ready"), "lastHeartbeatTime": _BORN, "message": each}
                for each in ("MemoryPressure", "DiskPressure", "PIDPressure", "Ready")
            ],
            "nodeInfo": {"kubeletVersion": "v1.35.2-eks-0000000", "osImage": "Bottlerocket OS 1.62.0"},
            "images": [
                {"names": [f"registry.example.com/team/app-{each}@sha256:{'0' * 64}"], "sizeBytes": 10**8}
                for each in range(50)
            ],
        },
    }


def _cilium_node(node: int) -> Thing:
    addresses = [_address(node, each) for each in range(48)]
    zone = _ZONES[node % 3]
    return {
        "metadata": _meta(_name(node), managedFields=[_managed("cilium-operator", *_POD_FIELDS)]),
        "spec": {
            "instance-id": f"i-{node:017x}",
            "addresses": [{"type": "InternalIP", "ip": f"10.{node >> 8}.{node & 255}.10"}],
            "eni": {"vpc-id": "vpc-0", "instance-type": "m6i.large", "availability-zone": f"{_REGION}{zone}"},
            "ipam": {"pool": {each: {"resource": f"eni-{node:017x}"} for each in addresses}},
        },
        "status": {
            "eni": {
                "enis": {
                    f"eni-{node:017x}": {
                        "id": f"eni-{node:017x}",
                        "mac": "02:00:00:00:00:01",
                        "number": 1,
                        "ip": addresses[-1],
                        "subnet": {"id": f"subnet-{zone}", "cidr": "100.64.0.0/18"},
                        "vpc": {"id": "vpc-0", "primary-cidr": "10.0.0.0/16"},
                        "addresses": addresses,
                        "prefixes": [f"{addresses[start]}/28" for start in (0, 16, 32)],
                        "security-groups": ["sg-0"],
                        "tags": {"io.cilium/cilium-managed": "true"},
                    }
                }
            },
            "ipam": {
                "operator-status": {},
                "used": {
                    _address(node, each): {
                        "owner": f"team-{each % 50}/app-{each}-7d9f{node:04x}c-{each:03x}xz",
                        "resource": f"eni-{node:017x}",
                    }
                    for each in range(PODS_PER_NODE)
                },
            },
        },
    }


def _cilium_endpoint(node: int, number: int) -> Thing:
    app = f"app-{number}"
    labels = [f"k8s:app.kubernetes.io/name={app}", f"k8s:io.kubernetes.pod.namespace=team-{number % 50}"]
    return {
        "metadata": _meta(
            f"{app}-7d9f{node:04x}c-{number:03x}xz",
            f"team-{number % 50}",
            labels={"app.kubernetes.io/name": app},
            managedFields=[_managed("cilium-agent", "status", "metadata", "ownerReferences")],
        ),
        "status": {
            "id": number + 1,
            "identity": {"id": 1000 + number, "labels": labels},
            "networking": {
                "addressing": [{"ipv4": _address(node, number)}],
                "node": f"10.{node >> 8}.{node & 255}.10",
            },
            "encryption": {},
            "external-identifiers": {"container-id": "0" * 64, "pod-name": app},
            "named-ports": [{"name": "http", "port": 8080, "protocol": "TCP"}],
            "policy": {"ingress": {"enforcing": True}, "egress": {"enforcing": True}},
            "state": "ready",
        },
    }


def _identity(number: int) -> Thing:
    labels = {"k8s:app.kubernetes.io/name": f"app-{number}", "k8s:io.kubernetes.pod.namespace": "team-0"}
    return {"metadata": _meta(str(1000 + number)), "security-labels": labels}


def _daemon_set(nodes: int) -> Thing:
    status = {"desiredNumberScheduled": nodes, "numberReady": nodes, "updatedNumberScheduled": nodes}
    return {"metadata": _meta("cilium", "kube-system"), "spec": {"template": {"spec": {}}}, "status": status}
