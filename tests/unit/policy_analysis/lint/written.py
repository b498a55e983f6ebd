"""Policies in short, and findings as tests compare them."""

from __future__ import annotations

from typing import Any

from cdk_eks_cilium.policy.documents import parse
from cdk_eks_cilium.policy.model import Policy
from cdk_eks_cilium.policy_analysis.lint import lint


def cnp(name: str = "web", namespace: str = "shop", labels: Any = None, **spec: Any) -> Policy:
    """A policy of a namespace, by default for app=web of shop."""
    return _policy("CiliumNetworkPolicy", {"name": name, "namespace": namespace}, labels, spec)


def ccnp(name: str = "all", labels: Any = None, **spec: Any) -> Policy:
    """A clusterwide policy, by default for app=web anywhere."""
    return _policy("CiliumClusterwideNetworkPolicy", {"name": name}, labels, spec)


def _policy(kind: str, metadata: dict[str, Any], labels: Any, spec: dict[str, Any]) -> Policy:
    annotation = spec.pop("ignore", None)
    if annotation is not None:
        metadata["annotations"] = {"cdk-eks-cilium/ignore": annotation}
    selector = {"matchLabels": {"app": "web"} if labels is None else labels}
    chosen = {} if "nodeSelector" in spec else {"endpointSelector": selector}
    return parse({"kind": kind, "metadata": metadata, "spec": {**chosen, **spec}})


def ports(*numbers: str, protocol: str | None = "TCP", **more: Any) -> list[dict[str, Any]]:
    """One entry of toPorts."""
    said = {} if protocol is None else {"protocol": protocol}
    return [{"ports": [{"port": number, **said} for number in numbers], **more}]


def names(*texts: str) -> dict[str, Any]:
    """An item that lets pods reach names, on TCP 443."""
    return {"toFQDNs": [_name(each) for each in texts], "toPorts": ports("443")}


def _name(text: str) -> dict[str, str]:
    return {"matchPattern" if "*" in text else "matchName": text}


def only(lint_id: str, *policies: Policy, **options: Any) -> list[tuple[str, str]]:
    """What one lint finds, as place and text."""
    return [(one.where.path, one.text) for one in lint(policies, **options) if one.id == lint_id]


def ids(*policies: Policy, **options: Any) -> list[str]:
    """The ids of everything found."""
    return [one.id for one in lint(policies, **options)]
