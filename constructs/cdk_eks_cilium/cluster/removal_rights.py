"""The Kubernetes rights of the handler that takes aws-node off: named objects, and the verbs it uses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from cdk_eks_cilium.cluster.rbac import RBAC, role_and_binding

_DELETE: Final = ("get", "delete")
_PATCH: Final = ("get", "patch")


@dataclass(frozen=True)
class Rules:
    """RBAC rules by scope.

    Attributes:
        namespaced: For a Role in kube-system.
        cluster: For a ClusterRole; often empty.
    """

    namespaced: list[dict[str, Any]]
    cluster: list[dict[str, Any]]


def removal_rules(strategy: str, daemon_sets: Sequence[str], *, extras: bool, list_nodes: bool) -> Rules:
    """The handler's rights.

    Args:
        strategy: ``remove``, ``patch`` or ``beside``.
        daemon_sets: Names of the DaemonSets.
        extras: Whether the handler also deletes the other objects of aws-node.
        list_nodes: Whether it names the nodes that would lose their network. RBAC cannot restrict a list to
            names.
    """
    verbs = _DELETE if strategy == "remove" else _PATCH
    namespaced = [_rule("apps", "daemonsets", list(daemon_sets), verbs)]
    cluster: list[dict[str, Any]] = []
    if extras:
        namespaced += [
            _rule("", "serviceaccounts", ["aws-node"], _DELETE),
            _rule("", "configmaps", ["amazon-vpc-cni"], _DELETE),
        ]
        cluster += [
            _rule(RBAC, "clusterroles", ["aws-node"], _DELETE),
            _rule(RBAC, "clusterrolebindings", ["aws-node"], _DELETE),
            _rule(
                "apiextensions.k8s.io",
                "customresourcedefinitions",
                ["eniconfigs.crd.k8s.amazonaws.com"],
                _DELETE,
            ),
        ]
    if list_nodes:
        cluster.append({"apiGroups": [""], "resources": ["nodes"], "verbs": ["list"]})
    return Rules(namespaced, cluster)


def kept_off_rules(daemon_sets: Sequence[str]) -> Rules:
    """The handler's rights on *daemon_sets*, which it keeps off every node by a selector and brings back."""
    return Rules([_rule("apps", "daemonsets", list(daemon_sets), _PATCH)], [])


def rbac_manifests(name: str, group: str, rules: Rules) -> list[dict[str, Any]]:
    """A Role with its binding and, where the rules need them, a ClusterRole with its binding."""
    manifests = role_and_binding(name, group, rules.namespaced, "kube-system")
    if rules.cluster:
        manifests += role_and_binding(name, group, rules.cluster)
    return manifests


def _rule(api_group: str, resource: str, names: list[str], verbs: Sequence[str]) -> dict[str, Any]:
    return {"apiGroups": [api_group], "resources": [resource], "resourceNames": names, "verbs": list(verbs)}
