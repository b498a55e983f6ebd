"""Label and field selectors, from query strings and from objects."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from rehearsal.kubernetes.errors import bad_request
from rehearsal.kubernetes.label_selectors import parse
from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.resources import ResourceType

Matcher = Callable[[Object], bool]

_ABOUT = "involvedObject"
# belief: K8S-field-labels
#: The fields besides name and namespace that the types with fields of their own select by.
FIELDS: dict[tuple[str, str], frozenset[str]] = {
    ("", "pods"): frozenset(
        {
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.podIPs",
            "status.nominatedNodeName",
        }
    ),
    ("", "nodes"): frozenset({"spec.unschedulable"}),
    ("", "replicationcontrollers"): frozenset({"status.replicas"}),
    ("", "events"): frozenset(
        {
            *(f"{_ABOUT}.{each}" for each in ("kind", "namespace", "name", "uid", "apiVersion")),
            *(f"{_ABOUT}.{each}" for each in ("resourceVersion", "fieldPath")),
            "reason",
            "reportingComponent",
            "source",
            "type",
        }
    ),
    ("", "namespaces"): frozenset({"status.phase"}),
    ("", "secrets"): frozenset({"type"}),
    ("", "services"): frozenset({"spec.clusterIP", "spec.type"}),
    ("batch", "jobs"): frozenset({"status.successful"}),
    ("certificates.k8s.io", "certificatesigningrequests"): frozenset({"spec.signerName"}),
}
_ALIASES = {"spec.host": "spec.nodeName"}
_COUNTED = {"status.successful", "status.replicas"}
_FLAGS = {"spec.unschedulable", "spec.hostNetwork"}


def label_matcher(selector: str) -> Matcher:
    """The test of a ``labelSelector`` query; an empty query matches everything.

    Raises:
        ApiError: 400, the selector cannot be read.
    """
    expressions = parse(selector)

    def matches(candidate: Object) -> bool:
        labels = candidate.get("metadata", {}).get("labels") or {}
        return all(matches_expression(expression, labels) for expression in expressions)

    return matches


# belief: K8S-selectors
def field_matcher(selector: str, resource: ResourceType | None = None) -> Matcher:
    """The test of a ``fieldSelector`` query: dotted paths, ``=``, ``==`` and ``!=``.

    Args:
        selector: The query.
        resource: The type of the objects, which decides which fields may be named; by default every field.

    Raises:
        ApiError: 400, the selector cannot be read, or names a field that the type does not select by.
    """
    wanted = []
    for field, equal, value in field_terms(selector):
        field = _ALIASES.get(field, field)
        if resource is not None:
            _check_field(resource, field)
        wanted.append((field, equal, value))

    def matches(candidate: Object) -> bool:
        return all((_value_at(candidate, path) == value) is equal for path, equal, value in wanted)

    return matches


# belief: K8S-selectors
def field_terms(selector: str) -> list[tuple[str, bool, str]]:
    """The terms of a field selector: the field, whether it must be equal, and the value.

    Raises:
        ApiError: 400, a term cannot be read.
    """
    terms = []
    for part in filter(None, re.split(r"(?<!\\),", selector)):
        match = re.fullmatch(r"(?P<field>[^=!]*?)(?P<op>==|!=|=)(?P<value>.*)", part)
        if not match:
            raise bad_request(f"invalid selector: '{selector}'; can't understand '{part}'")
        value = re.sub(r"\\([\\,=])", r"\1", match["value"])
        terms.append((match["field"], match["op"] != "!=", value))
    return terms


# belief: K8S-field-labels
def _check_field(resource: ResourceType, field: str) -> None:
    own = FIELDS.get((resource.group, resource.plural))
    general = {"metadata.name"} | ({"metadata.namespace"} if resource.namespaced else set())
    if resource.custom:
        known = {"metadata.name", "metadata.namespace", *resource.selectable}
        if field not in known:
            raise bad_request(f"field label not supported: {field}")
    elif own is not None:
        if field not in general | {"metadata.name", *own}:
            raise bad_request(f"field label not supported: {field}")
    elif field not in ("metadata.name", "metadata.namespace"):
        words = '"metadata.name", "metadata.namespace"'
        raise bad_request(f'"{field}" is not a known field selector: only {words}')


def matches_label_selector(selector: Mapping[str, Any] | None, labels: Mapping[str, str]) -> bool:
    """Whether a ``LabelSelector`` object matches these labels; None matches nothing, ``{}`` everything."""
    if selector is None:
        return False
    if any(labels.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    return all(matches_expression(item, labels) for item in selector.get("matchExpressions") or ())


# belief: K8S-selectors
def matches_expression(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether one ``matchExpressions`` entry, of a label or node selector, holds for these labels."""
    key, operator, values = expression["key"], expression["operator"], expression.get("values") or []
    value = labels.get(key)
    match operator:
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case "Gt" | "Lt":
            if value is None or not value.lstrip("-").isdigit():
                return False
            return int(value) > int(values[0]) if operator == "Gt" else int(value) < int(values[0])
        case _:
            raise bad_request(f"{operator!r} is not a valid label selector operator")


def _value_at(candidate: Object, path: str) -> str:
    if path in _COUNTED:
        return str(_member(candidate, path) or 0)
    value = _member(candidate, path)
    if isinstance(value, bool) or path in _FLAGS:
        return "true" if value else "false"
    return "" if value is None else str(value)


def _member(candidate: Object, path: str) -> Any:
    value: Any = candidate
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value
