"""What a pod asks of its nodes: affinity, tolerations, and how its pods spread.

https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/core/validation/validation.go.
"""

# belief: K8S-placement

from __future__ import annotations

from typing import Any, Final

from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.validation import formats
from rehearsal.kubernetes.validation.fields import (
    Errors,
    FieldError,
    duplicate,
    each,
    forbidden,
    invalid,
    one_of,
    required,
    unsupported,
)
from rehearsal.kubernetes.validation.selectors import label_selector, node_selector, node_selector_term
from rehearsal.kubernetes.validation.values import entries, has, indexed, mapping, number, strings, text

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
EFFECTS: Final = ("NoSchedule", "PreferNoSchedule", "NoExecute")


def affinity(pod: Object, path: str) -> Errors:
    """The affinity of a pod to nodes and to other pods."""
    found, path = mapping(pod, "affinity"), f"{path}.affinity"
    nodes = mapping(found, "nodeAffinity")
    if has(nodes, _REQUIRED):
        yield from node_selector(nodes[_REQUIRED], f"{path}.nodeAffinity.{_REQUIRED}")
    for where, term in indexed(nodes, _PREFERRED, f"{path}.nodeAffinity"):
        yield from _weight(term, where)
        yield from node_selector_term(mapping(term, "preference"), f"{where}.preference", checks_values=False)
    for kind in ("podAffinity", "podAntiAffinity"):
        for where, term in indexed(mapping(found, kind), _REQUIRED, f"{path}.{kind}"):
            yield from _pods(term, where)
        for where, term in indexed(mapping(found, kind), _PREFERRED, f"{path}.{kind}"):
            yield from _weight(term, where)
            yield from _pods(mapping(term, "podAffinityTerm"), f"{where}.podAffinityTerm")


def _weight(term: Object, path: str) -> Errors:
    weight = number(term, "weight") or 0
    if not 1 <= weight <= 100:
        yield invalid(f"{path}.weight", weight, "must be in the range 1-100")


def _pods(term: Object, path: str) -> Errors:
    yield from label_selector(term.get("labelSelector"), f"{path}.labelSelector")
    yield from label_selector(term.get("namespaceSelector"), f"{path}.namespaceSelector")
    for name in strings(term, "namespaces"):
        yield from each(f"{path}.namespace", name, formats.label(name))
    yield from _label_keys(term, path)
    key = text(term, "topologyKey")
    if not key:
        yield required(f"{path}.topologyKey", "can not be empty")
    yield from each(f"{path}.topologyKey", key, formats.qualified_name(key))


def _label_keys(term: Object, path: str) -> Errors:
    selector = term.get("labelSelector")
    for field in ("matchLabelKeys", "mismatchLabelKeys"):
        keys = strings(term, field)
        if keys and selector is None:
            yield forbidden(f"{path}.{field}", "must not be specified when labelSelector is not set")
            continue
        for index, key in enumerate(keys):
            yield from each(f"{path}.{field}[{index}]", key, formats.qualified_name(key))
    matched, unmatched = strings(term, "matchLabelKeys"), strings(term, "mismatchLabelKeys")
    for index, key in enumerate(matched):
        if key in unmatched:
            words = "exists in both matchLabelKeys and mismatchLabelKeys"
            yield invalid(f"{path}.matchLabelKeys[{index}]", key, words)


def tolerations(found: Object, path: str) -> Errors:
    """The taints that a pod tolerates."""
    for where, toleration in indexed(found, "tolerations", path):
        yield from _toleration(toleration, where)


def _toleration(toleration: Object, path: str) -> Errors:
    key, operator = text(toleration, "key"), text(toleration, "operator")
    effect, value = text(toleration, "effect"), text(toleration, "value")
    if key:
        yield from each(f"{path}.key", key, formats.qualified_name(key))
    elif operator != "Exists":
        words = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
        yield invalid(f"{path}.operator", operator, words)
    if has(toleration, "tolerationSeconds") and effect != "NoExecute":
        words = "effect must be 'NoExecute' when `tolerationSeconds` is set"
        yield invalid(f"{path}.effect", effect, words)
    match operator:
        case "Equal" | "":
            if problems := formats.label_value(value):
                yield invalid(f"{path}.operator", value, ";".join(problems))
        case "Exists":
            if value:
                words = "value must be empty when `operator` is 'Exists'"
                yield invalid(f"{path}.operator", value, words)
        case "Lt" | "Gt":
            yield unsupported(f"{path}.operator", operator, ("Equal", "Exists", "Lt", "Gt"))
        case _:
            yield unsupported(f"{path}.operator", operator, ("Equal", "Exists"))
    if effect:
        yield from one_of(f"{path}.effect", effect, EFFECTS)


# belief: K8S-placement
def taints(node: Object, path: str) -> Errors:
    """The taints of a node."""
    seen: set[tuple[str, str]] = set()
    for where, taint in indexed(node, "taints", path):
        key, effect, value = text(taint, "key"), text(taint, "effect"), text(taint, "value")
        yield from each(f"{where}.key", key, formats.qualified_name(key))
        if problems := formats.label_value(value):
            yield invalid(f"{where}.value", value, ";".join(problems))
        if not effect:
            yield required(f"{where}.effect")
        else:
            yield from one_of(f"{where}.effect", effect, EFFECTS)
        if (key, effect) in seen:
            shown = {"Key": key, "Value": value, "Effect": effect, "TimeAdded": taint.get("timeAdded")}
            words = "taints must be unique by key and effect pair"
            yield FieldError("FieldValueDuplicate", where, shown, words)
        seen.add((key, effect))


def spread(pod: Object, path: str) -> Errors:
    """How the pods of a workload spread over zones or nodes."""
    constraints = entries(pod, "topologySpreadConstraints")
    for index, (where, constraint) in enumerate(indexed(pod, "topologySpreadConstraints", path)):
        skew = number(constraint, "maxSkew") or 0
        if skew <= 0:
            yield invalid(f"{where}.maxSkew", skew, "must be greater than zero")
        key, action = text(constraint, "topologyKey"), text(constraint, "whenUnsatisfiable")
        if not key:
            yield required(f"{where}.topologyKey", "can not be empty")
        yield from one_of(f"{where}.whenUnsatisfiable", action, ("DoNotSchedule", "ScheduleAnyway"))
        later = [(text(c, "topologyKey"), text(c, "whenUnsatisfiable")) for c in constraints[index + 1 :]]
        if (key, action) in later:
            yield duplicate(f"{where}.{{topologyKey, whenUnsatisfiable}}", f"{{{key}, {action}}}")
        yield from _domains(constraint.get("minDomains"), f"{where}.minDomains", action)
        for field in ("nodeAffinityPolicy", "nodeTaintsPolicy"):
            if has(constraint, field):
                yield from one_of(f"{where}.{field}", text(constraint, field), ("Honor", "Ignore"))
        yield from _label_keys(constraint, where)
        yield from label_selector(constraint.get("labelSelector"), f"{where}.labelSelector")


def _domains(count: Any, path: str, action: str) -> Errors:
    if not isinstance(count, int):
        return
    if count <= 0:
        yield invalid(path, count, "must be greater than zero")
    if action != "DoNotSchedule":
        words = f"can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}"
        yield invalid(path, count, words)
