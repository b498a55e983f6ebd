"""Manifests that the tests need, and where the API has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rehearsal.kubernetes.resources import BUILT_IN

Manifest = dict[str, Any]
HOME = "kube-system"
RBAC = "rbac.authorization.k8s.io/v1"
ENI_CONFIGS = "eniconfigs.crd.k8s.amazonaws.com"


def collection(group_version: str, plural: str, namespace: str = "") -> str:
    """Where the API has the objects of a type; *namespace* is empty for those outside of namespaces."""
    root = f"/apis/{group_version}" if "/" in group_version else f"/api/{group_version}"
    return f"{root}/namespaces/{namespace}/{plural}" if namespace else f"{root}/{plural}"


def collection_of(manifest: Mapping[str, Any]) -> str:
    """Where an object is created."""
    wanted = (manifest["apiVersion"], manifest["kind"])
    served = next(each for each in BUILT_IN if (each.group_version, each.kind) == wanted)
    return collection(served.group_version, served.plural, manifest["metadata"].get("namespace", ""))


def path_of(manifest: Mapping[str, Any]) -> str:
    """Where an object is."""
    return f"{collection_of(manifest)}/{manifest['metadata']['name']}"


def daemon_set_path(name: str = "aws-node") -> str:
    """Where a DaemonSet of kube-system is."""
    return f"{collection('apps/v1', 'daemonsets', HOME)}/{name}"


def daemon_set(
    name: str = "aws-node", namespace: str = HOME, *, finalizers: tuple[str, ...] = ()
) -> Manifest:
    metadata: Manifest = {"name": name, "namespace": namespace}
    if finalizers:
        metadata["finalizers"] = list(finalizers)
    labels = {"k8s-app": name}
    containers = [{"name": "main", "image": "registry.invalid/main:1"}]
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": metadata,
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": containers}},
        },
    }


def node(name: str, labels: Mapping[str, str] | None = None) -> Manifest:
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": dict(labels or {})}}


def extras() -> list[Manifest]:
    """What aws-node's own manifest brings beside its DaemonSet, cut down to what makes each of its kind."""
    home = {"name": "aws-node", "namespace": HOME}
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "aws-node"}
    subject = {"kind": "ServiceAccount", **home}
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}]
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": home},
        {"apiVersion": RBAC, "kind": "ClusterRole", "metadata": {"name": "aws-node"}, "rules": rules},
        {
            "apiVersion": RBAC,
            "kind": "ClusterRoleBinding",
            "metadata": {"name": "aws-node"},
            "roleRef": reference,
            "subjects": [subject],
        },
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "amazon-vpc-cni", "namespace": HOME},
            "data": {"enable-windows-ipam": "false"},
        },
        _eni_configs(),
    ]


def _eni_configs() -> Manifest:
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    group, version = ENI_CONFIGS.partition(".")[2], "v1alpha1"
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": ENI_CONFIGS},
        "spec": {
            "scope": "Cluster",
            "group": group,
            "names": {"plural": "eniconfigs", "singular": "eniconfig", "kind": "ENIConfig"},
            "versions": [
                {"name": version, "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
            ],
        },
    }
