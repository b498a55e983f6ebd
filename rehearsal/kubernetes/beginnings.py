"""The status that the server itself gives to a new object."""

# belief: K8S-new-pods

from __future__ import annotations

from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.resources import ResourceType

_COUNTED = ("cpu", "memory")


# belief: K8S-new-pods
def begin(resource: ResourceType, body: Object) -> None:
    """Give a new object its first status, in place."""
    match resource.group, resource.kind:
        case "", "Pod":
            spec = body.get("spec")
            quality = _quality_of_service(spec if isinstance(spec, dict) else {})
            body["status"] = {"phase": "Pending", "qosClass": quality}
        case "", ("PersistentVolume" | "PersistentVolumeClaim"):
            body["status"] = {"phase": "Pending"}


def _quality_of_service(spec: Object) -> str:
    """https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/"""
    containers = [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]
    resources = [each.get("resources") or {} for each in containers if isinstance(each, dict)]
    limits = [{k: v for k, v in (each.get("limits") or {}).items() if k in _COUNTED} for each in resources]
    requests = [
        {k: v for k, v in (each.get("requests") or {}).items() if k in _COUNTED} for each in resources
    ]
    if not any(limits) and not any(requests):
        return "BestEffort"
    if all(len(limit) == len(_COUNTED) for limit in limits) and all(
        request in ({}, limit) for request, limit in zip(requests, limits, strict=True)
    ):
        return "Guaranteed"
    return "Burstable"
