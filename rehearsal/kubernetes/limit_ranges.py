"""LimitRanges: the requests and limits that containers get, and what they may ask for at all.

https://kubernetes.io/docs/concepts/policy/limit-range/; the words are from
https://github.com/kubernetes/kubernetes/blob/master/plugin/pkg/admission/limitranger/admission.go. Ratios of
limits to requests are not evaluated.
"""

# belief: K8S-limit-ranges

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rehearsal.kubernetes.backend import Objects
from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.quotas import pod_usage
from rehearsal.kubernetes.validation import quantities
from rehearsal.kubernetes.validation.values import entries, mapping, text

_SET_BY = "kubernetes.io/limit-ranger"


def complete(store: Objects, namespace: str, pod: Object) -> None:
    """Fill in the requests and limits of a pod's containers, in place."""
    set_here = []
    for limit in _limits(store, namespace, "Container"):
        spec = mapping(pod, "spec")
        for field, word in (("containers", "container"), ("initContainers", "init container")):
            for container in entries(spec, field):
                name = f"{word} {text(container, 'name')}"
                for kind, source in (("requests", "defaultRequest"), ("limits", "default")):
                    if added := _fill(container, kind, mapping(limit, source)):
                        set_here.append(f"{', '.join(added)} {kind.removesuffix('s')} for {name}")
    if set_here and isinstance(metadata := pod.get("metadata"), dict):
        metadata["annotations"] = mapping(metadata, "annotations") | {
            _SET_BY: f"LimitRanger plugin set: {'; '.join(set_here)}"
        }


def _fill(container: Object, kind: str, defaults: Object) -> list[str]:
    resources = mapping(container, "resources")
    found = mapping(resources, kind)
    # A container without a request has its limit as one.
    given = {*found, *(mapping(resources, "limits") if kind == "requests" else ())}
    missing = {name: quantity for name, quantity in defaults.items() if name not in given}
    if missing:
        container["resources"] = resources | {kind: found | missing}
    return sorted(missing)


# belief: K8S-limit-ranges
def problem(store: Objects, namespace: str, pod: Object) -> str | None:
    """What a pod asks for that its namespace does not allow, or None."""
    found = list(_container_problems(store, namespace, pod)) + list(_pod_problems(store, namespace, pod))
    if not found:
        return None
    return found[0] if len(found) == 1 else f"[{', '.join(dict.fromkeys(found))}]"


def _container_problems(store: Objects, namespace: str, pod: Object) -> Iterator[str]:
    spec = mapping(pod, "spec")
    for limit in _limits(store, namespace, "Container"):
        for container in [*entries(spec, "containers"), *entries(spec, "initContainers")]:
            resources = mapping(container, "resources")
            limits = mapping(resources, "limits")
            yield from _compared(limit, "Container", limits | mapping(resources, "requests"), limits)


def _pod_problems(store: Objects, namespace: str, pod: Object) -> Iterator[str]:
    for limit in _limits(store, namespace, "Pod"):
        usage = {name: quantities.of(amount) for name, amount in pod_usage(pod).items()}
        requests, limits = (
            {
                name.removeprefix(f"{kind}."): value
                for name, value in usage.items()
                if name.startswith(f"{kind}.")
            }
            for kind in ("requests", "limits")
        )
        yield from _compared(limit, "Pod", requests, limits)


def _compared(limit: Object, kind: str, requests: Object, limits: Object) -> Iterator[str]:
    for name, least in mapping(limit, "min").items():
        words = f"minimum {name} usage per {kind} is {quantities.shown(least)}"
        if name not in requests:
            yield f"{words}.  No request is specified"
        elif _less(requests[name], least):
            yield f"{words}, but request is {quantities.shown(requests[name])}"
        elif name in limits and _less(limits[name], least):
            yield f"{words}, but limit is {quantities.shown(limits[name])}"
    for name, most in mapping(limit, "max").items():
        words = f"maximum {name} usage per {kind} is {quantities.shown(most)}"
        if name not in limits:
            yield f"{words}.  No limit is specified"
        elif _less(most, limits[name]):
            yield f"{words}, but limit is {quantities.shown(limits[name])}"
        elif name in requests and _less(most, requests[name]):
            yield f"{words}, but request is {quantities.shown(requests[name])}"


def _less(one: Any, other: Any) -> bool:
    return (quantities.parsed(one) or 0) < (quantities.parsed(other) or 0)


def _limits(store: Objects, namespace: str, kind: str) -> Iterator[Object]:
    for found in store.find("", "limitranges", namespace):
        for limit in entries(mapping(found, "spec"), "limits"):
            if text(limit, "type") == kind:
                yield limit
