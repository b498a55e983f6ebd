"""The objects of the add-ons that EKS brings, in the shape the controllers look at."""

from __future__ import annotations

from typing import Any

from rehearsal.kubernetes.model import Object

SELF_MANAGED = ("vpc-cni", "coredns", "kube-proxy")
NAMESPACE = "kube-system"

_EVERYWHERE = [{"operator": "Exists"}]
# What EKS gives CoreDNS: custom taints keep it away, which is how clusters without plain nodes find out.
_COREDNS_TOLERATIONS = [
    {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"},
    {"key": "CriticalAddonsOnly", "operator": "Exists"},
]


def manifests(addon: str) -> list[Object]:
    """What an add-on consists of; nothing for add-ons that are not modelled.

    Modelled are ``vpc-cni``, ``kube-proxy``, ``coredns``, ``eks-pod-identity-agent`` and
    ``aws-ebs-csi-driver``.
    """
    match addon:
        case "vpc-cni":
            return [_account("aws-node"), _daemon_set("aws-node", "amazon-k8s-cni")]
        case "kube-proxy":
            return [_account("kube-proxy"), _daemon_set("kube-proxy", "eks/kube-proxy")]
        case "eks-pod-identity-agent":
            return [_daemon_set("eks-pod-identity-agent", "eks/eks-pod-identity-agent", account="default")]
        case "coredns":
            return [_account("coredns"), _coredns_config(), _coredns(), _dns_service()]
        case "aws-ebs-csi-driver":
            return [
                _account("ebs-csi-controller-sa"),
                _account("ebs-csi-node-sa"),
                _daemon_set("ebs-csi-node", "ebs-csi-driver", account="ebs-csi-node-sa"),
                _deployment(
                    "ebs-csi-controller", "ebs-csi-driver", "ebs-csi-controller-sa", _COREDNS_TOLERATIONS
                ),
            ]
    return []


def _metadata(name: str, labels: dict[str, str] | None = None) -> dict[str, Any]:
    return {"name": name, "namespace": NAMESPACE, "labels": labels or {"k8s-app": name}}


def _account(name: str) -> Object:
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": _metadata(name)}


def _workload(kind: str, name: str, labels: dict[str, str], pod: Object, **spec: Any) -> Object:
    template = {"metadata": {"labels": labels}, "spec": pod}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": _metadata(name, labels),
        "spec": {"selector": {"matchLabels": labels}, "template": template, **spec},
    }


def _daemon_set(name: str, image: str, account: str | None = None) -> Object:
    pod = {
        "hostNetwork": True,
        "serviceAccountName": account or name,
        "tolerations": _EVERYWHERE,
        "containers": [{"name": name, "image": image}],
    }
    return _workload("DaemonSet", name, {"k8s-app": name}, pod)


def _deployment(name: str, image: str, account: str, tolerations: list[dict[str, str]]) -> Object:
    pod = {
        "serviceAccountName": account,
        "tolerations": tolerations,
        "containers": [{"name": name, "image": image}],
    }
    return _workload("Deployment", name, {"app": name}, pod, replicas=2)


def _coredns_config() -> Object:
    corefile = (
        ".:53 {\n    errors\n    health\n    kubernetes cluster.local\n    forward . /etc/resolv.conf\n}\n"
    )
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": _metadata("coredns"),
        "data": {"Corefile": corefile},
    }


def _coredns() -> Object:
    volume = {"name": "config-volume", "configMap": {"name": "coredns"}}
    pod = {
        "serviceAccountName": "coredns",
        "tolerations": _COREDNS_TOLERATIONS,
        "containers": [{"name": "coredns", "image": "eks/coredns"}],
        "volumes": [volume],
    }
    return _workload("Deployment", "coredns", {"k8s-app": "kube-dns"}, pod, replicas=2)


def _dns_service() -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _metadata("kube-dns", {"k8s-app": "kube-dns"}),
        "spec": {
            "clusterIP": "172.20.0.10",
            "selector": {"k8s-app": "kube-dns"},
            "ports": [
                {"name": "dns", "port": 53, "protocol": "UDP"},
                {"name": "dns-tcp", "port": 53, "protocol": "TCP"},
            ],
        },
    }
