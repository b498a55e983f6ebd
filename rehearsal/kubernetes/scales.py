"""The subresource ``scale``: a workload's replicas as ``autoscaling/v1`` shows and takes them."""

# belief: K8S-scale

from __future__ import annotations

import copy
from typing import Any

from rehearsal.kubernetes.errors import bad_request, invalid
from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.resources import ResourceType

_COPIED = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")


def scale_of(resource: ResourceType, found: Object) -> Object:
    """The scale of an object."""
    wanted, present, selector = resource.scale
    replicas = _at(found, wanted) or 0
    status: Object = {"replicas": _at(found, present) or 0}
    if text := _selector(found) if not resource.custom else _at(found, selector):
        status["selector"] = text
    metadata = {key: found["metadata"][key] for key in _COPIED if key in found["metadata"]}
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": metadata,
        "spec": {"replicas": replicas} if replicas else {},
        "status": status,
    }


# belief: K8S-scale
def scaled(resource: ResourceType, found: Object, scale: Any) -> Object:
    """The object with the replicas of a scale.

    Raises:
        ApiError: 400, it is not a scale; 422, the number is negative.
    """
    if not isinstance(scale, dict) or scale.get("kind", "Scale") != "Scale":
        kind = scale.get("kind") if isinstance(scale, dict) else type(scale).__name__
        raise bad_request(f"expected input object type to be Scale, but {kind}")
    replicas = (scale.get("spec") or {}).get("replicas") or 0
    if not isinstance(replicas, int) or isinstance(replicas, bool):
        raise bad_request("spec.replicas must be a number")
    if replicas < 0:
        problem, field = f"Invalid value: {replicas}: must be greater than or equal to 0", "spec.replicas"
        causes = [{"reason": "FieldValueInvalid", "message": problem, "field": field}]
        name = found["metadata"]["name"]
        raise invalid("Scale", "autoscaling", name, f"{field}: {problem}", causes)
    new = copy.deepcopy(found)
    *path, last = resource.scale[0].split(".")
    node = new
    for name in path:
        node = node.setdefault(name, {})
    node[last] = replicas
    version = (scale.get("metadata") or {}).get("resourceVersion")
    if version:
        new["metadata"]["resourceVersion"] = version
    return new


def _at(found: Object, path: str) -> Any:
    value: Any = found
    for name in path.split(".") if path else ():
        value = value.get(name) if isinstance(value, dict) else None
    return value if path else None


def _selector(found: Object) -> str:
    return selector_text(found.get("spec", {}).get("selector") or {})


def selector_text(selector: Object) -> str:
    """A workload's selector, as a query would write it."""
    is_plain = not {"matchLabels", "matchExpressions"} & set(selector)
    labels = selector if is_plain else selector.get("matchLabels") or {}
    parts = [f"{key}={value}" for key, value in sorted(labels.items())]
    for each in [] if is_plain else selector.get("matchExpressions") or []:
        values = ",".join(sorted(each.get("values") or ()))
        match each["operator"]:
            case "In" | "NotIn" as operator:
                parts.append(f"{each['key']} {operator.lower()} ({values})")
            case "Exists":
                parts.append(each["key"])
            case _:
                parts.append(f"!{each['key']}")
    return ",".join(parts)
