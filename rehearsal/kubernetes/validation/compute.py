"""Requests and limits of containers, and the names of resources.

``validateResourceRequirements`` and ``helpers.go`` of https://github.com/kubernetes/kubernetes/tree/master/pkg/apis/core.
"""

# belief: K8S-compute-resources

from __future__ import annotations

from typing import Any, Final

from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.validation import formats, quantities
from rehearsal.kubernetes.validation.fields import NOT_NEGATIVE, Errors, each, forbidden, invalid, required
from rehearsal.kubernetes.validation.values import mapping

_CONTAINER: Final = ("cpu", "memory", "ephemeral-storage")
_QUOTA: Final = (
    "cpu",
    "memory",
    "ephemeral-storage",
    *(f"{kind}.{name}" for kind in ("requests", "limits") for name in ("cpu", "memory", "ephemeral-storage")),
    "requests.storage",
    "pods",
    "services",
    "replicationcontrollers",
    "resourcequotas",
    "secrets",
    "persistentvolumeclaims",
    "configmaps",
    "services.nodeports",
    "services.loadbalancers",
)
_STANDARD: Final = (*_QUOTA, "storage")
#: Whole numbers only.
_COUNTED: Final = (
    "pods",
    "services",
    "replicationcontrollers",
    "resourcequotas",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "services.nodeports",
    "services.loadbalancers",
)


def requirements(found: Any, path: str) -> Errors:
    """The requests and limits of a container."""
    limits, requests = mapping(found, "limits"), mapping(found, "requests")
    for name, quantity in limits.items():
        where = f"{path}.limits[{name}]"
        yield from container_resource(name, where)
        yield from amount(name, quantity, where)
    for name, quantity in requests.items():
        where = f"{path}.requests[{name}]"
        yield from container_resource(name, where)
        yield from amount(name, quantity, where)
        yield from _within(name, quantity, limits.get(name), path)
    names = {*limits, *requests}
    if not names & {"cpu", "memory"} and any(name.startswith("hugepages-") for name in names):
        yield forbidden(path, "HugePages require cpu or memory")


def _within(name: str, request: Any, limit: Any, path: str) -> Errors:
    wanted, most = quantities.parsed(request), quantities.parsed(limit)
    if wanted is None:
        return
    if most is None:
        if not _overcommits(name):
            yield required(f"{path}.limits", "Limit must be set for non overcommitable resources")
    elif wanted != most and not _overcommits(name):
        words = f"must be equal to {name} limit of {quantities.shown(limit)}"
        yield invalid(f"{path}.requests", quantities.shown(request), words)
    elif wanted > most:
        words = f"must be less than or equal to {name} limit of {quantities.shown(limit)}"
        yield invalid(f"{path}.requests", quantities.shown(request), words)


def _native(name: str) -> bool:
    return "/" not in name or "kubernetes.io/" in name


def _overcommits(name: str) -> bool:
    """Whether requests may be below limits: not of devices and huge pages."""
    return _native(name) and not name.startswith("hugepages-")


def _extended(name: str) -> bool:
    return (
        not _native(name)
        and not name.startswith("requests.")
        and not formats.qualified_name(f"requests.{name}")
    )


def _named(name: str, path: str) -> Errors:
    problems = formats.qualified_name(name)
    yield from each(path, name, problems)
    if not problems and "/" not in name and name not in _STANDARD and not name.startswith("hugepages-"):
        yield invalid(path, name, "must be a standard resource type or fully qualified")


def container_resource(name: str, path: str) -> Errors:
    """The name of a resource of a container."""
    yield from _named(name, path)
    if "/" not in name:
        if name not in _CONTAINER and not name.startswith("hugepages-"):
            yield invalid(path, name, "must be a standard resource for containers")
    elif not _native(name) and not _extended(name):
        yield invalid(path, name, "doesn't follow extended resource name standard")


def limited_resource(name: str, path: str) -> Errors:
    """The name of a resource in a LimitRange of anything but pods and containers."""
    yield from _named(name, path)


def quota_resource(name: str, path: str) -> Errors:
    """The name of a resource of a quota."""
    yield from _named(name, path)
    huge = name.startswith(("hugepages-", "requests.hugepages-"))
    if "/" not in name and name not in _QUOTA and not huge:
        yield invalid(path, name, "must be a standard resource for quota")


def amount(name: str, quantity: Any, path: str) -> Errors:
    """The amount of a resource: not negative, and whole where it counts something."""
    value = quantities.parsed(quantity)
    if value is None:
        return
    if value < 0:
        yield invalid(path, quantities.shown(quantity), NOT_NEGATIVE)
    whole = name in _COUNTED or _extended(name)
    if whole and value.denominator != 1:
        yield invalid(path, quantities.shown(quantity), "must be an integer")


def requirements_of(container: Object, path: str) -> Errors:
    """The requests and limits of a container, at its path."""
    yield from requirements(mapping(container, "resources"), f"{path}.resources")
