"""How Cilium's operator gets its role: by an annotation of its ServiceAccount, or by EKS Pod Identity.

EKS writes the role into a pod when the pod is made, and never later
(https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html).
"""

from __future__ import annotations

from typing import Any

from rehearsal.aws.account import Account, Cluster
from rehearsal.aws.handler import as_bool
from rehearsal.aws.iam import Request
from rehearsal.aws.moto import Credentials

AGENT = "eks-pod-identity-agent"
_OPERATOR = "cilium-operator"
_NAMESPACE = "kube-system"
_ANNOTATION = "eks.amazonaws.com/role-arn"
_AUDIENCE = "sts.amazonaws.com"
_SERVICE = "pods.eks.amazonaws.com"


class RoleError(Exception):
    """The operator gets no credentials; the text says why."""


def assume(account: Account, cluster: Cluster) -> Credentials | None:
    """The operator's credentials; None if it is not installed.

    Raises:
        RoleError: It has no role, or its role does not trust it.
    """
    # belief: EKS-pod-identity-when-made
    if reason := problem(cluster):
        raise RoleError(reason)
    found = _object(cluster, "ServiceAccount", _OPERATOR)
    if found is None:
        return None
    role = (found["metadata"].get("annotations") or {}).get(_ANNOTATION)
    if role:
        reason, tags = _web_identity(account, cluster, role), {}
    else:
        (association,) = [one for one in cluster.pod_identities.values() if _is_the_operators(one)][:1]
        role = association["RoleArn"]
        tags = {} if as_bool(association.get("DisableSessionTags")) else _session_tags(account, cluster)
        reason = _pod_identity(account, role, tags)
    # belief: IAM-irsa-trust
    # belief: IAM-pod-identity-trust
    if reason:
        raise RoleError(f"cilium-operator gets no credentials: {reason}")
    if role not in cluster.operator_credentials:
        cluster.operator_credentials[role] = account.assume(role, _OPERATOR, tags, _subnets(cluster))
    return cluster.operator_credentials[role]


def _web_identity(account: Account, cluster: Cluster, role: str) -> str:
    """Why STS refuses the token of the ServiceAccount.

    https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html
    """
    issuer = str(account.eks_cluster(cluster.name).identity["oidc"]["issuer"]).removeprefix("https://")
    provider = account.arn("iam", f"oidc-provider/{issuer}", region=False)
    known = account.client("iam").list_open_id_connect_providers()["OpenIDConnectProviderList"]
    if provider not in [each["Arn"] for each in known]:
        return f"InvalidIdentityToken: No OpenIDConnect provider found in your account for https://{issuer}"
    # belief: IAM-web-identity-has-no-principal
    exchange = Request("sts:AssumeRoleWithWebIdentity", role)
    if blocked := account.access.blocked(_subnets(cluster), "sts", exchange):
        return blocked
    keys = {f"{issuer}:aud": _AUDIENCE, f"{issuer}:sub": f"system:serviceaccount:{_NAMESPACE}:{_OPERATOR}"}
    return account.access.distrust(role, "Federated", provider, "sts:AssumeRoleWithWebIdentity", keys)


def _pod_identity(account: Account, role: str, tags: dict[str, str]) -> str:
    """Why STS refuses EKS: https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html."""
    keys = {f"aws:RequestTag/{key}": value for key, value in tags.items()}
    keys["aws:SourceAccount"] = account.environment.account
    actions = ["sts:AssumeRole", *(["sts:TagSession"] if tags else [])]
    reasons = (account.access.distrust(role, "Service", _SERVICE, action, keys) for action in actions)
    return next(filter(None, reasons), "")


def _subnets(cluster: Cluster) -> tuple[str, ...]:
    """Where the operator's calls leave from: it shares the network of its node."""
    return tuple(sorted({node.subnet_id for node in cluster.nodes.values()}))


def _session_tags(account: Account, cluster: Cluster) -> dict[str, str]:
    """The tags of EKS: https://docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html#pod-id-abac-tags."""
    return {
        "eks-cluster-arn": account.arn("eks", f"cluster/{cluster.name}"),
        "eks-cluster-name": cluster.name,
        "kubernetes-namespace": _NAMESPACE,
        "kubernetes-pod-name": f"{_OPERATOR}-0",
        "kubernetes-pod-uid": "00000000-0000-0000-0000-000000000000",
        "kubernetes-service-account": _OPERATOR,
    }


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
