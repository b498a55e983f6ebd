"""The objects of EKS's add-ons, in the shape that the controllers read."""

from __future__ import annotations

from typing import Any

from rehearsal.kubernetes.model import Object

SELF_MANAGED = ("vpc-cni", "coredns", "kube-proxy")
NAMESPACE = "kube-system"

_EVERYWHERE = [{"operator": "Exists"}]
# EKS's tolerations of CoreDNS: a node with a custom taint does not run it.
_COREDNS_TOLERATIONS = [
    {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"},
    {"key": "CriticalAddonsOnly", "operator": "Exists"},
]


# belief: EKS-add-on-objects
def manifests(addon: str, *, dns: str = "") -> list[Object]:
    """The objects of an add-on; empty for an add-on that is not modelled.

    Args:
        dns: Address of the Service kube-dns.
    """
    match addon:
        case "vpc-cni":
            return [_account("aws-node"), _daemon_set("aws-node", "amazon-k8s-cni")]
        case "kube-proxy":
            return [_account("kube-proxy"), _daemon_set("kube-proxy", "eks/kube-proxy")]
        case "eks-pod-identity-agent":
            return [_daemon_set("eks-pod-identity-agent", "eks/eks-pod-identity-agent", account="default")]
        case "coredns":
            return _coredns(dns)
        case "aws-ebs-csi-driver":
            return [
                _account("ebs-csi-controller-sa"),
                _account("ebs-csi-node-sa"),
                _daemon_set("ebs-csi-node", "ebs-csi-driver", account="ebs-csi-node-sa"),
                _ebs_controller(),
            ]
    return []


def _object(kind: str, name: str, label: dict[str, str] | None = None, **content: Any) -> Object:
    metadata = {"name": name, "namespace": NAMESPACE, "labels": label or {"k8s-app": name}}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, **content}


def _account(name: str) -> Object:
    return _object("ServiceAccount", name)


def _workload(kind: str, name: str, label: dict[str, str], pod: Object, **spec: Any) -> Object:
    spec |= {"selector": {"matchLabels": label}, "template": {"metadata": {"labels": label}, "spec": pod}}
    return _object(kind, name, label, spec=spec) | {"apiVersion": "apps/v1"}


def _pod(name: str, image: str, account: str, tolerations: list[dict[str, str]], **more: Any) -> Object:
    containers = [{"name": name, "image": image}]
    return {"serviceAccountName": account, "tolerations": tolerations, "containers": containers, **more}


def _daemon_set(name: str, image: str, account: str | None = None) -> Object:
    pod = _pod(name, image, account or name, _EVERYWHERE, hostNetwork=True)
    return _workload("DaemonSet", name, {"k8s-app": name}, pod)


def _ebs_controller() -> Object:
    name = "ebs-csi-controller"
    pod = _pod(name, "ebs-csi-driver", f"{name}-sa", _COREDNS_TOLERATIONS)
    return _workload("Deployment", name, {"app": name}, pod, replicas=2)


def _coredns(dns: str) -> list[Object]:
    corefile = (
        ".:53 {\n    errors\n    health\n    kubernetes cluster.local\n    forward . /etc/resolv.conf\n}\n"
    )
    label = {"k8s-app": "kube-dns"}
    volumes = [{"name": "config-volume", "configMap": {"name": "coredns"}}]
    pod = _pod("coredns", "eks/coredns", "coredns", _COREDNS_TOLERATIONS, volumes=volumes)
    ports = [
        {"name": "dns", "port": 53, "protocol": "UDP"},
        {"name": "dns-tcp", "port": 53, "protocol": "TCP"},
    ]
    return [
        _account("coredns"),
        _object("ConfigMap", "coredns", data={"Corefile": corefile}),
        _workload("Deployment", "coredns", label, pod, replicas=2),
        _object("Service", "kube-dns", label, spec={"clusterIP": dns, "selector": label, "ports": ports}),
    ]
