"""HorizontalPodAutoscalers.

https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/autoscaling/validation/validation.go.
"""

# belief: K8S-autoscalers

from __future__ import annotations

from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.validation import formats, quantities
from rehearsal.kubernetes.validation.compute import container_resource
from rehearsal.kubernetes.validation.fields import Errors, each, forbidden, invalid, one_of, required
from rehearsal.kubernetes.validation.metadata import needed_name
from rehearsal.kubernetes.validation.values import entries, has, indexed, mapping, number, text

_METRICS = {
    "ContainerResource": "containerResource",
    "External": "external",
    "Object": "object",
    "Pods": "pods",
    "Resource": "resource",
}
#: The order in which the server looks at them.
_FIELDS = ("object", "external", "pods", "resource", "containerResource")


def autoscaler(body: Object, old: Object | None) -> Errors:
    """A HorizontalPodAutoscaler; the version of a target that it had before stays valid."""
    spec = mapping(body, "spec")
    least, most = number(spec, "minReplicas"), number(spec, "maxReplicas") or 0
    if least is not None and least < 1:
        yield invalid("spec.minReplicas", least, "must be greater than or equal to 1")
    if most == 0:
        yield required("spec.maxReplicas", "must be set and greater than 0")
    elif most < 0:
        yield invalid("spec.maxReplicas", most, "must be greater than or equal to 1")
    if (1 if least is None else least) > most:
        yield invalid("spec.maxReplicas", most, "must be greater than or equal to `minReplicas`")
    target, known = mapping(spec, "scaleTargetRef"), mapping(old or {}, "spec", "scaleTargetRef")
    yield from _reference(target, "spec.scaleTargetRef")
    grouped = "/" in text(target, "apiVersion") or text(target, "kind") == "ReplicationController"
    same = all(target.get(field) == known.get(field) for field in ("apiVersion", "kind"))
    if not grouped and not (old and same):
        version = text(target, "apiVersion")
        yield invalid("spec.scaleTargetRef.apiVersion", version, "apiVersion must specify API group")
    for where, metric in indexed(spec, "metrics", "spec"):
        yield from _metric(metric, where)
    if least == 0 and not any(text(m, "type") in ("Object", "External") for m in entries(spec, "metrics")):
        words = "must specify at least one Object or External metric to support scaling to zero replicas"
        yield forbidden("spec.metrics", words)
    behavior = mapping(spec, "behavior")
    for direction in ("scaleUp", "scaleDown"):
        if has(behavior, direction):
            yield from _rules(mapping(behavior, direction), f"spec.behavior.{direction}")


def _reference(reference: Object, path: str) -> Errors:
    yield from needed_name(reference, "kind", path, formats.path_segment)
    yield from needed_name(reference, "name", path, formats.path_segment)
    version = text(reference, "apiVersion")
    if version.count("/") > 1:
        yield invalid(f"{path}.apiVersion", version, f"unexpected GroupVersion string: {version}")


def _metric(metric: Object, path: str) -> Errors:
    kind = text(metric, "type")
    if not kind:
        yield required(f"{path}.type", "must specify a metric source type")
    yield from one_of(f"{path}.type", kind, tuple(_METRICS))
    given = [field for field in _FIELDS if has(metric, field)]
    if given:
        yield from _source(mapping(metric, given[0]), given[0], f"{path}.{given[0]}")
    expected = _METRICS.get(kind)
    if expected and expected not in given:
        yield required(f"{path}.{expected}", "must populate information for the given metric source")
    if len(given) != 1:
        for field in given:
            if field != expected:
                yield forbidden(f"{path}.{field}", "must populate the given metric source only")


def _source(source: Object, kind: str, path: str) -> Errors:
    if kind == "object":
        yield from _reference(mapping(source, "describedObject"), f"{path}.describedObject")
    if kind in ("object", "external", "pods"):
        yield from _identifier(mapping(source, "metric"), f"{path}.metric")
    else:
        name = text(source, "name")
        if not name:
            yield required(f"{path}.name", "must specify a resource name")
        elif kind == "containerResource":
            yield from container_resource(name, f"{path}.name")
    if kind == "containerResource":
        container = text(source, "container")
        if not container:
            yield required(f"{path}.container", "must specify a container")
        else:
            yield from each(f"{path}.container", container, formats.label(container))
    target = mapping(source, "target")
    yield from _target(target, f"{path}.target")
    yield from _choice(target, kind, f"{path}.target")


def _identifier(metric: Object, path: str) -> Errors:
    name = text(metric, "name")
    if not name:
        yield required(f"{path}.name", "must specify a metric name")
    else:
        yield from each(f"{path}.name", name, formats.path_segment(name))


def _target(target: Object, path: str) -> Errors:
    kind = text(target, "type")
    if not kind:
        yield required(f"{path}.type", "must specify a metric target type")
    if kind not in ("Utilization", "Value", "AverageValue"):
        yield invalid(f"{path}.type", kind, "must be either Utilization, Value, or AverageValue")
    for field in ("value", "averageValue"):
        value = quantities.parsed(target.get(field))
        if value is not None and value <= 0:
            yield invalid(f"{path}.{field}", quantities.shown(target[field]), "must be positive")
    utilization = number(target, "averageUtilization")
    if utilization is not None and utilization < 1:
        yield invalid(f"{path}.averageUtilization", utilization, "must be greater than 0")


def _choice(target: Object, kind: str, path: str) -> Errors:
    value, average = has(target, "value"), has(target, "averageValue")
    match kind:
        case "object":
            if not value and not average:
                yield required(f"{path}.averageValue", "must set either a target value or averageValue")
        case "external":
            if not value and not average:
                words = "must set either a target value for metric or a per-pod target"
                yield required(f"{path}.averageValue", words)
            if value and average:
                words = "may not set both a target value for metric and a per-pod target"
                yield forbidden(f"{path}.value", words)
        case "pods":
            if not average:
                yield required(f"{path}.averageValue", "must specify a positive target averageValue")
        case _:
            utilization = has(target, "averageUtilization")
            words = "a target raw value and a target utilization"
            if not utilization and not average:
                where = f"{path}.averageUtilization"
                yield required(where, "must set either a target raw value or a target utilization")
            if utilization and average:
                yield forbidden(f"{path}.averageValue", f"may not set both {words}")


def _rules(rules: Object, path: str) -> Errors:
    window = number(rules, "stabilizationWindowSeconds")
    where = f"{path}.stabilizationWindowSeconds"
    if window is not None and window < 0:
        yield invalid(where, window, "must be greater than or equal to zero")
    if window is not None and window > 3600:
        yield invalid(where, window, "must be less than or equal to 3600")
    if has(rules, "selectPolicy"):
        yield from one_of(f"{path}.selectPolicy", text(rules, "selectPolicy"), ("Disabled", "Max", "Min"))
    for found, policy in indexed(rules, "policies", path):
        yield from one_of(f"{found}.type", text(policy, "type"), ("Percent", "Pods"))
        for field in ("value", "periodSeconds"):
            value = number(policy, field) or 0
            if value <= 0:
                yield invalid(f"{found}.{field}", value, "must be greater than zero")
        if (number(policy, "periodSeconds") or 0) > 1800:
            words = "must be less than or equal to 1800"
            yield invalid(f"{found}.periodSeconds", policy["periodSeconds"], words)
