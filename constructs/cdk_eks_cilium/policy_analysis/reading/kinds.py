"""The kinds that answers depend on, with the groups of the API that they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cdk_eks_cilium.policy.documents import KIND_GROUPS, KINDS, Document
from cdk_eks_cilium.policy_analysis.pod_makers import POD_MAKERS

JUDGED: Final[Mapping[str, frozenset[str]]] = {
    **{kind: frozenset({KIND_GROUPS.get(kind, "cilium.io")}) for kind in KINDS},
    # Before Kubernetes 1.16, which removed it, NetworkPolicy and Deployment were in extensions, too.
    "NetworkPolicy": frozenset({"networking.k8s.io", "extensions"}),
    "CiliumCIDRGroup": frozenset({"cilium.io"}),
    **dict.fromkeys(("Namespace", "Node", "Pod", "Service", "Endpoints"), frozenset({""})),
    "EndpointSlice": frozenset({"discovery.k8s.io"}),
    **{kind: maker.groups for kind, maker in POD_MAKERS.items()},
}
"""The kinds that are read, each with its groups; the core group is empty."""


def group_of(document: Document) -> str:
    """The group of the API that an object belongs to; empty for the core group."""
    group, slash, _ = str(document.data.get("apiVersion") or "").partition("/")
    return group if slash else ""


def is_judged(document: Document) -> bool:
    """Whether answers depend on an object. One without apiVersion is taken by its kind."""
    return _among(JUDGED, document)


def is_unjudged(document: Document) -> bool:
    """Whether an object matters for answers, but is not judged: something unknown that makes pods."""
    return not is_judged(document) and _has_containers(document.data)


def _among(kinds: Mapping[str, frozenset[str]], document: Document) -> bool:
    groups = kinds.get(document.kind, frozenset())
    return bool(groups) and (not document.data.get("apiVersion") or group_of(document) in groups)


def _has_containers(data: Mapping[str, Any]) -> bool:
    """Whether an object has the template of a pod, where kinds of custom resources have it, too."""
    value: Any = data
    for key in ("spec", "template", "spec", "containers"):
        value = value.get(key) if isinstance(value, Mapping) else None
    return isinstance(value, list)
