"""Pods that Cilium should know, and pods that it knows."""

from __future__ import annotations

from collections.abc import Mapping

from cdk_eks_cilium.doctor.engine.fields import at, name_of
from cdk_eks_cilium.doctor.engine.kinds import CILIUM_ENDPOINTS, PODS
from cdk_eks_cilium.doctor.engine.reader import Object
from cdk_eks_cilium.doctor.engine.seen import Seen


def endpoint_names(seen: Seen) -> frozenset[str]:
    """``NAMESPACE/NAME`` of every CiliumEndpoint; needs `CILIUM_ENDPOINTS`."""
    return frozenset(map(name_of, seen.list(CILIUM_ENDPOINTS)))


def pod_names(seen: Seen) -> Mapping[str, Object]:
    """The pods outside the host's network by ``NAMESPACE/NAME``; needs `PODS`."""
    return {name_of(pod): pod for pod in seen.list(PODS) if not at(pod, "spec.hostNetwork", False)}
