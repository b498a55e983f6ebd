"""ResourceQuotas and LimitRanges as objects; ``quotas.py`` has what they refuse.

``ValidateResourceQuota`` and ``ValidateLimitRange`` of
https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/core/validation/validation.go.
"""

# belief: K8S-limit-objects

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.validation import formats, quantities
from rehearsal.kubernetes.validation.compute import (
    amount,
    container_resource,
    limited_resource,
    quota_resource,
)
from rehearsal.kubernetes.validation.fields import Errors, duplicate, each, forbidden, invalid, required
from rehearsal.kubernetes.validation.values import entries, indexed, mapping, strings, text

_SCOPES = (
    "Terminating",
    "NotTerminating",
    "BestEffort",
    "NotBestEffort",
    "PriorityClass",
    "CrossNamespacePodAffinity",
    "VolumeAttributesClass",
)
_PAIRS = ({"BestEffort", "NotBestEffort"}, {"Terminating", "NotTerminating"})
_WITHOUT_VALUES = tuple(scope for scope in _SCOPES if scope not in ("PriorityClass", "VolumeAttributesClass"))
_LIMITS = ("max", "min", "default", "defaultRequest", "maxLimitRequestRatio")


def quota(body: Object) -> Errors:
    """A ResourceQuota."""
    spec = mapping(body, "spec")
    for name, quantity in mapping(spec, "hard").items():
        where = f"spec.hard[{name}]"
        yield from quota_resource(name, where)
        yield from amount(name, quantity, where)
    scopes = strings(spec, "scopes")
    for scope in scopes:
        if scope not in _SCOPES:
            yield invalid("spec.scopes", scopes, "unsupported scope")
    if any(pair <= set(scopes) for pair in _PAIRS):
        yield invalid("spec.scopes", scopes, "conflicting scopes")
    yield from _scope_selector(spec)


def _scope_selector(spec: Object) -> Errors:
    path, selector = "spec.scopeSelector.matchExpressions", mapping(spec, "scopeSelector")
    for requirement in entries(selector, "matchExpressions"):
        scope, operator = text(requirement, "scopeName"), text(requirement, "operator")
        values = strings(requirement, "values")
        if scope not in _SCOPES:
            yield invalid(f"{path}.scopeName", scope, "unsupported scope")
        if scope in _WITHOUT_VALUES and operator != "Exists":
            words = (
                "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, "
                "ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, "
                "ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity"
            )
            yield invalid(f"{path}.operator", operator, words)
        if operator in ("In", "NotIn"):
            if not values:
                words = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"
                yield required(f"{path}.values", words)
        elif operator in ("Exists", "DoesNotExist"):
            if values:
                when = "`operator` is 'Exist' or 'DoesNotExist' for scope selector"
                words = f"must be {'no'} value when {when}"
                yield invalid(f"{path}.values", values, words)
        else:
            yield invalid(f"{path}.operator", operator, "not a valid selector operator")


def quota_unchanged(body: Object, old: Object) -> Errors:
    """The scopes of a quota never change."""
    new, before = strings(mapping(body, "spec"), "scopes"), strings(mapping(old, "spec"), "scopes")
    if set(new) != set(before):
        yield invalid("spec.scopes", new or None, "field is immutable")


def complete_limits(body: Object) -> None:
    """Fill in the defaults that follow from other limits of containers, in place."""
    for limit in entries(mapping(body, "spec"), "limits"):
        if text(limit, "type") != "Container":
            continue
        default = dict(mapping(limit, "max")) | mapping(limit, "default")
        request = dict(mapping(limit, "min")) | default | mapping(limit, "defaultRequest")
        for field, found in (("default", default), ("defaultRequest", request)):
            if found:
                limit[field] = found


def limit_range(body: Object) -> Errors:
    """A LimitRange."""
    seen: set[str] = set()
    for where, limit in indexed(mapping(body, "spec"), "limits", "spec"):
        kind = text(limit, "type")
        yield from _kind(kind, where)
        if kind in seen:
            yield duplicate(f"{where}.type", kind)
        seen.add(kind)
        of_pods = kind in ("Pod", "Container")
        for field in _LIMITS:
            if kind == "Pod" and field.startswith("default"):
                if mapping(limit, field):
                    yield forbidden(f"{where}.{field}", "may not be specified when `type` is 'Pod'")
                continue
            for name in mapping(limit, field):
                path = f"{where}.{field}[{name}]"
                yield from container_resource(name, path) if of_pods else limited_resource(name, path)
        if kind == "PersistentVolumeClaim" and not any(
            "storage" in mapping(limit, f) for f in ("min", "max")
        ):
            words = "either minimum or maximum storage value is required, but neither was provided"
            yield required(f"{where}.limits", words)
        for name in dict.fromkeys(_names(limit)):
            yield from _compared(limit, name, where)


def _kind(kind: str, where: str) -> Errors:
    problems = formats.qualified_name(kind)
    yield from each(f"{where}.type", kind, problems)
    if not problems and "/" not in kind and kind not in ("Pod", "Container", "PersistentVolumeClaim"):
        yield invalid(f"{where}.type", kind, "must be a standard limit type or fully qualified")


def _names(limit: Object) -> Iterator[str]:
    for field in _LIMITS:
        yield from mapping(limit, field)


def _compared(limit: Object, name: str, where: str) -> Errors:
    def of(field: str) -> tuple[Fraction | None, str]:
        quantity = mapping(limit, field).get(name)
        return quantities.parsed(quantity), quantities.shown(quantity)

    (least, low), (most, high) = of("min"), of("max")
    (usual, limited), (wanted, requested) = of("default"), of("defaultRequest")
    ratio, shown_ratio = of("maxLimitRequestRatio")
    if least is not None and most is not None and least > most:
        words = f"min value {low} is greater than max value {high}"
        yield invalid(f"{where}.min[{name}]", low, words)
    request = f"{where}.defaultRequest[{name}]"
    if wanted is not None and least is not None and least > wanted:
        yield invalid(
            request, requested, f"min value {low} is greater than default request value {requested}"
        )
    if wanted is not None and most is not None and wanted > most:
        yield invalid(
            request, requested, f"default request value {requested} is greater than max value {high}"
        )
    if wanted is not None and usual is not None and wanted > usual:
        words = f"default request value {requested} is greater than default limit value {limited}"
        yield invalid(request, requested, words)
    if usual is not None and least is not None and least > usual:
        yield invalid(
            f"{where}.default[{name}]", low, f"min value {low} is greater than default value {limited}"
        )
    if usual is not None and most is not None and usual > most:
        words = f"default value {limited} is greater than max value {high}"
        yield invalid(f"{where}.default[{name}]", high, words)
    if ratio is not None and ratio < 1:
        words = f"ratio {shown_ratio} is less than 1"
        yield invalid(f"{where}.maxLimitRequestRatio[{name}]", shown_ratio, words)
