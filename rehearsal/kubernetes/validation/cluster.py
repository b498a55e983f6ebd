"""Namespaces, nodes, classes of priority and leases.

``ValidateNamespace`` and ``ValidateNode`` of
https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/core/validation/validation.go,
https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/scheduling/validation/validation.go and
https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/coordination/validation/validation.go.
"""

# belief: K8S-cluster-objects

from __future__ import annotations

from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.validation import addresses, formats
from rehearsal.kubernetes.validation.compute import amount
from rehearsal.kubernetes.validation.fields import (
    NOT_NEGATIVE,
    Errors,
    each,
    forbidden,
    invalid,
    one_of,
    unchanged,
    unsupported,
)
from rehearsal.kubernetes.validation.placement import taints
from rehearsal.kubernetes.validation.release import Release
from rehearsal.kubernetes.validation.values import has, mapping, number, strings, text

_SYSTEM_PRIORITIES = {"system-node-critical": 2_000_001_000, "system-cluster-critical": 2_000_000_000}
_HIGHEST = 1_000_000_000


def namespace(body: Object) -> Errors:
    """A Namespace."""
    for name in strings(mapping(body, "spec"), "finalizers"):
        yield from each("spec.finalizers", name, formats.qualified_name(name))
        if "/" not in name and name not in ("kubernetes", "orphan", "foregroundDeletion"):
            words = "name is neither a standard finalizer name nor is it fully qualified"
            yield invalid("spec.finalizers", name, words)


def node(body: Object, release: Release) -> Errors:
    """A Node. The server names taints below the metadata."""
    spec = mapping(body, "spec")
    yield from taints(spec, "metadata")
    for field in ("capacity", "allocatable"):
        for name, quantity in mapping(body, "status", field).items():
            yield from amount(name, quantity, f"status.{field}.{name}")
    for index, block in enumerate(strings(spec, "podCIDRs")):
        where = f"spec.podCIDRs[{index}]"
        yield from each(where, block, addresses.cidr_problems(block, release.minor))


def node_unchanged(body: Object, old: Object) -> Errors:
    """A Node's range of pods and its provider's id, once set, stay."""
    new, before = mapping(body, "spec"), mapping(old, "spec")
    if strings(before, "podCIDRs") and strings(new, "podCIDRs") != strings(before, "podCIDRs"):
        yield forbidden("spec.podCIDRs", 'node updates may not change podCIDR except from "" to valid')
    provider = text(before, "providerID")
    if provider and text(new, "providerID") != provider:
        yield forbidden("spec.providerID", 'node updates may not change providerID except from "" to valid')


def priority_class(body: Object) -> Errors:
    """A PriorityClass."""
    name, value = text(mapping(body, "metadata"), "name"), number(body, "value") or 0
    if name.startswith("system-"):
        if problem := _system_priority(name, value, body):
            words = "priority class names with 'system-' prefix are reserved for system use only. error: "
            yield forbidden("metadata.name", words + problem)
    elif value > _HIGHEST:
        words = f"maximum allowed value of a user defined priority is {_HIGHEST}"
        yield forbidden("value", words)
    if has(body, "preemptionPolicy"):
        policy = text(body, "preemptionPolicy")
        yield from one_of("preemptionPolicy", policy, ("PreemptLowerPriority", "Never"))


def _system_priority(name: str, value: int, body: Object) -> str | None:
    known = _SYSTEM_PRIORITIES.get(name)
    if known is None:
        return f"{name} is not a known system priority class"
    if value != known:
        return f"value of {name} PriorityClass must be {known}"
    return f"globalDefault of {name} PriorityClass must be false" if body.get("globalDefault") else None


def priority_class_unchanged(body: Object, old: Object) -> Errors:
    """The value of a class never changes."""
    if body.get("value") != old.get("value"):
        yield forbidden("value", "may not be changed in an update.")
    default = "PreemptLowerPriority"
    new, before = (text(found, "preemptionPolicy", default) for found in (body, old))
    yield from unchanged("preemptionPolicy", new, before)


def lease(body: Object) -> Errors:
    """A Lease."""
    spec = mapping(body, "spec")
    duration, transitions = number(spec, "leaseDurationSeconds"), number(spec, "leaseTransitions")
    if duration is not None and duration <= 0:
        yield invalid("spec.leaseDurationSeconds", duration, "must be greater than 0")
    if transitions is not None and transitions < 0:
        yield invalid("spec.leaseTransitions", transitions, NOT_NEGATIVE)
    strategy = text(spec, "strategy")
    if strategy and "/" not in strategy and strategy != "OldestEmulationVersion":
        yield unsupported("spec.strategy.strategy", strategy, ("OldestEmulationVersion",))
    elif strategy:
        yield from each("spec.strategy.strategy", strategy, formats.qualified_name(strategy))
    if text(spec, "preferredHolder") and not strategy:
        words = "may only be specified if `strategy` is defined"
        yield forbidden("spec.preferredHolder", words)
