"""Nodes and what Cilium has of them and of pods, in the sizes that real ones have.

The fields are as in the Kubernetes API and in Cilium's CRDs:
https://github.com/cilium/cilium/blob/v1.19.1/pkg/k8s/apis/cilium.io/client/crds/v2/ciliumnodes.yaml
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network
from typing import Any, Final

PODS_PER_NODE: Final = 30
SYSTEM: Final = "kube-system"
ADDRESSES_PER_NODE: Final = 48
BORN: Final = "2026-11-01T08:00:00Z"
API_VERSION: Final = "v1.35.2-eks-0000000"
INSTANCE_TYPE: Final = "m6i.large"
MAX_PODS: Final = 110
POD_SUBNET_IDS: Final = ("subnet-a", "subnet-b", "subnet-c")
_REGION: Final = "eu-west-1"
_ZONES: Final = ("a", "b", "c")

_POD_SUBNETS: Final = ("100.64.0.0/18", "100.64.64.0/18", "100.64.128.0/18")
"""By zone. They hold the prefixes of 1,020 nodes."""

Thing = dict[str, Any]

SPEC_FIELDS: Final = (
    *("affinity", "automountServiceAccountToken", "containers", "dnsPolicy", "enableServiceLinks"),
    *("env", "image", "livenessProbe", "ports", "readinessProbe", "resources", "restartPolicy"),
)
"""Fields that a manager has set, enough for the size that managedFields have."""


def places(nodes: int) -> Iterator[tuple[int, int]]:
    """Every node with the number of each pod of a team on it."""
    return ((node, each) for node in range(nodes) for each in range(PODS_PER_NODE))


def node_name(node: int) -> str:
    """The name of a node."""
    return f"ip-10-{node >> 8}-{node & 255}-10.{_REGION}.compute.internal"


def node_address(node: int) -> str:
    """The address of a node."""
    return f"10.{node >> 8}.{node & 255}.10"


def address_of(node: int, number: int) -> str:
    """An address of a prefix of the node: each node has three /28 blocks in the subnet of its zone."""
    subnet = IPv4Network(_POD_SUBNETS[node % 3])
    return str(subnet[16 + node // 3 * ADDRESSES_PER_NODE + number])


def meta(name: str, namespace: str = "", **more: Any) -> Thing:
    """The metadata of an object."""
    found: Thing = {
        "name": name,
        "uid": f"00000000-0000-4000-8000-{abs(hash((name, namespace))) % 10**12:012}",
        "resourceVersion": str(1_000_000 + len(name)),
        "creationTimestamp": BORN,
        "generation": 1,
    }
    if namespace:
        found["namespace"] = namespace
    return {**found, **more}


def managed(manager: str, *fields: str) -> Thing:
    """Who set which fields; servers send this with every object."""
    return {
        "manager": manager,
        "operation": "Update",
        "apiVersion": "v1",
        "time": BORN,
        "fieldsType": "FieldsV1",
        "fieldsV1": {f"f:{each}": {".": {}, **{f"f:part{n}": {} for n in range(6)}} for each in fields},
    }


def node_of(node: int) -> Thing:
    """A node."""
    zone = f"{_REGION}{_ZONES[node % 3]}"
    return {
        "metadata": meta(
            node_name(node),
            labels={
                "eks.amazonaws.com/nodegroup": "workers",
                "kubernetes.io/arch": "amd64",
                "kubernetes.io/hostname": node_name(node),
                "kubernetes.io/os": "linux",
                "node.kubernetes.io/instance-type": INSTANCE_TYPE,
                "topology.kubernetes.io/region": _REGION,
                "topology.kubernetes.io/zone": zone,
            },
            annotations={"node.alpha.kubernetes.io/ttl": "30"},
            managedFields=[managed("kubelet", *SPEC_FIELDS), managed("cilium-agent", "status")],
        ),
        "spec": {"providerID": f"aws:///{zone}/i-{node:017x}"},
        "status": {
            "addresses": [{"type": "InternalIP", "address": node_address(node)}],
            "capacity": {"cpu": "2", "memory": "7910184Ki", "pods": str(MAX_PODS)},
            "allocatable": {"cpu": "1930m", "memory": "7220008Ki", "pods": str(MAX_PODS)},
            "conditions": [
                {"type": each, "status": str(each == "Ready"), "lastHeartbeatTime": BORN, "message": each}
                for each in ("MemoryPressure", "DiskPressure", "PIDPressure", "Ready")
            ],
            "nodeInfo": {
                "architecture": "amd64",
                "containerRuntimeVersion": "containerd://2.1.5+bottlerocket",
                "kernelVersion": "6.12.58",
                "kubeletVersion": API_VERSION,
                "osImage": "Bottlerocket OS 1.62.0 (aws-k8s-1.35)",
            },
            "images": [
                {"names": [f"registry.example.com/team/app-{each}@sha256:{'0' * 64}"], "sizeBytes": 10**8}
                for each in range(50)
            ],
        },
    }


def cilium_node(node: int, owners: Mapping[str, str]) -> Thing:
    """What Cilium knows of a node.

    Args:
        node: The node.
        owners: Who has which address.
    """
    addresses = [address_of(node, each) for each in range(ADDRESSES_PER_NODE)]
    router, health = addresses[-1], addresses[-2]
    zone, subnet = _ZONES[node % 3], _POD_SUBNETS[node % 3]
    used = {**owners, router: "router", health: "health"}
    vpc = {"id": "vpc-0", "primary-cidr": "10.0.0.0/16", "cidrs": ["10.0.0.0/16", *_POD_SUBNETS]}
    interface = f"eni-{node:017x}"
    return {
        "metadata": meta(node_name(node), managedFields=[managed("cilium-operator", *SPEC_FIELDS)]),
        "spec": {
            "instance-id": f"i-{node:017x}",
            "addresses": [
                {"type": "InternalIP", "ip": node_address(node)},
                {"type": "CiliumInternalIP", "ip": router},
            ],
            "health": {"ipv4": health},
            "eni": {
                "availability-zone": f"{_REGION}{zone}",
                "first-interface-index": 1,
                "instance-type": INSTANCE_TYPE,
                "node-subnet-id": f"subnet-node-{zone}",
                "subnet-ids": list(POD_SUBNET_IDS),
                "vpc-id": "vpc-0",
            },
            "ipam": {"pool": {each: {"resource": interface} for each in addresses}},
        },
        "status": {
            "eni": {
                "enis": {
                    f"{interface}0": {
                        "id": f"{interface}0",
                        "ip": node_address(node),
                        "mac": "02:00:00:00:00:00",
                        "number": 0,
                        "subnet": {"id": f"subnet-node-{zone}", "cidr": "10.0.0.0/18"},
                        "vpc": vpc,
                        "security-groups": ["sg-0"],
                    },
                    interface: {
                        "id": interface,
                        "mac": "02:00:00:00:00:01",
                        "number": 1,
                        "ip": str(IPv4Network(subnet)[-2 - node // 3]),
                        "subnet": {"id": f"subnet-{zone}", "cidr": subnet},
                        "vpc": vpc,
                        "addresses": addresses,
                        "prefixes": [f"{addresses[start]}/28" for start in (0, 16, 32)],
                        "security-groups": ["sg-0"],
                        "tags": {"io.cilium/cilium-managed": "true"},
                    },
                }
            },
            "ipam": {
                "operator-status": {},
                "used": {each: {"owner": owner, "resource": interface} for each, owner in used.items()},
            },
        },
    }


def cilium_endpoint(pod: Thing, number: int) -> Thing:
    """The endpoint of a pod, with one of 30 identities."""
    name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
    app = pod["spec"]["serviceAccountName"]
    labels = [f"k8s:app.kubernetes.io/name={app}", f"k8s:io.kubernetes.pod.namespace={namespace}"]
    return {
        "metadata": meta(
            name,
            namespace,
            labels={"app.kubernetes.io/name": app},
            managedFields=[managed("cilium-agent", "status", "metadata", "ownerReferences")],
        ),
        "status": {
            "id": number + 1,
            "identity": {"id": 1000 + number % PODS_PER_NODE, "labels": labels},
            "networking": {
                "addressing": [{"ipv4": pod["status"]["podIP"]}],
                "node": pod["status"]["hostIP"],
            },
            "encryption": {},
            "external-identifiers": {"container-id": "0" * 64, "pod-name": name},
            "named-ports": [{"name": "http", "port": 8080, "protocol": "TCP"}],
            "policy": {"ingress": {"enforcing": True}, "egress": {"enforcing": True}},
            "state": "ready",
        },
    }


def identity(number: int) -> Thing:
    """An identity."""
    labels = {"k8s:app.kubernetes.io/name": f"app-{number}", "k8s:io.kubernetes.pod.namespace": "team-0"}
    return {"metadata": meta(str(1000 + number)), "security-labels": labels}
