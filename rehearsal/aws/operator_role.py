"""Whether Cilium's operator has a role: by an annotation of its ServiceAccount, or by EKS Pod Identity.

EKS writes the role into a pod when the pod is made, and never later
(https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html).
"""

from __future__ import annotations

from typing import Any

from rehearsal.aws.account import Cluster

AGENT = "eks-pod-identity-agent"
_OPERATOR = "cilium-operator"
_NAMESPACE = "kube-system"
_ANNOTATION = "eks.amazonaws.com/role-arn"


# belief: EKS-pod-identity-when-made
def came_too_late(cluster: Cluster, association: dict[str, Any]) -> bool:
    """Whether the operator exists already while an association is being made."""
    return _is_the_operators(association) and _object(cluster, "Deployment", _OPERATOR) is not None


# belief: CILIUM-operator-credentials, EKS-pod-identity-agent
def problem(cluster: Cluster) -> str:
    """Why the operator lacks credentials of its own; empty if it has them or is not installed."""
    account = _object(cluster, "ServiceAccount", _OPERATOR)
    if account is None or _ANNOTATION in (account["metadata"].get("annotations") or {}):
        return ""
    own = [name for name, one in cluster.pod_identities.items() if _is_the_operators(one)]
    if not own:
        return "cilium-operator has no role: neither an annotation nor a Pod Identity association names one"
    if all(name in cluster.late_identities for name in own):
        return (
            "cilium-operator was made before its Pod Identity association and keeps the node's role; "
            "let the release wait for the association"
        )
    if _object(cluster, "DaemonSet", AGENT) is None:
        return f"cilium-operator gets no credentials: the add-on {AGENT} is not installed"
    return ""


def _is_the_operators(association: dict[str, Any]) -> bool:
    return (association["Namespace"], association["ServiceAccount"]) == (_NAMESPACE, _OPERATOR)


def _object(cluster: Cluster, kind: str, name: str) -> dict[str, Any] | None:
    return cluster.kubernetes.get(kind, name, _NAMESPACE)
