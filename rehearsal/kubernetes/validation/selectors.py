"""Selectors of labels and of nodes.

https://github.com/kubernetes/apimachinery/blob/master/pkg/apis/meta/v1/validation/validation.go and
``ValidateNodeSelector`` of https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/core/validation/validation.go.
"""

# belief: K8S-selectors

from __future__ import annotations

from typing import Any

from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.selectors import matches_label_selector
from rehearsal.kubernetes.validation import formats
from rehearsal.kubernetes.validation.fields import Errors, each, forbidden, invalid, required
from rehearsal.kubernetes.validation.metadata import labels
from rehearsal.kubernetes.validation.values import entries, indexed, mapping, string_map, strings, text

_NO_OPERATOR = "not a valid selector operator"
_NEEDS_VALUES = "must be specified when `operator` is 'In' or 'NotIn'"
_TAKES_NO_VALUES = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"


def label_selector(found: Any, path: str) -> Errors:
    """A LabelSelector; a missing one is valid."""
    if not isinstance(found, dict):
        return
    yield from labels(found.get("matchLabels"), f"{path}.matchLabels")
    for where, expression in indexed(found, "matchExpressions", path):
        yield from _operator(expression, where)
        yield from each(
            f"{where}.key", text(expression, "key"), formats.qualified_name(text(expression, "key"))
        )
        yield from _values(expression, where)


def is_empty(found: Any) -> bool:
    """Whether a selector has neither labels nor expressions."""
    return isinstance(found, dict) and not found.get("matchLabels") and not found.get("matchExpressions")


def converts(found: Any) -> bool:
    """Whether a selector can be applied to labels; the server compares none with it if it cannot."""
    return next(label_selector(found, ""), None) is None


def _operator(expression: Object, where: str) -> Errors:
    values = expression.get("values")
    match text(expression, "operator"):
        case "In" | "NotIn":
            if not values:
                yield required(f"{where}.values", _NEEDS_VALUES)
        case "Exists" | "DoesNotExist":
            if values:
                yield forbidden(f"{where}.values", _TAKES_NO_VALUES)
        case other:
            yield invalid(f"{where}.operator", other, _NO_OPERATOR)


def _values(expression: Object, where: str) -> Errors:
    for index, value in enumerate(strings(expression, "values")):
        yield from each(f"{where}.values[{index}]", value, formats.label_value(value))


def node_selector(found: Any, path: str) -> Errors:
    """A NodeSelector, as a required node affinity."""
    selector = found if isinstance(found, dict) else {}
    if not entries(selector, "nodeSelectorTerms"):
        yield required(f"{path}.nodeSelectorTerms", "must have at least one node selector term")
    for where, term in indexed(selector, "nodeSelectorTerms", path):
        yield from node_selector_term(term, where)


def node_selector_term(term: Object, path: str, *, checks_values: bool = True) -> Errors:
    """A term of a NodeSelector; the server does not check the values of a preferred one."""
    for where, expression in indexed(term, "matchExpressions", path):
        if text(expression, "operator") in ("Gt", "Lt"):
            if len(strings(expression, "values")) != 1:
                words = "must be specified single value when `operator` is 'Lt' or 'Gt'"
                yield required(f"{where}.values", words)
        else:
            yield from _operator(expression, where)
        key = text(expression, "key")
        yield from each(f"{where}.key", key, formats.qualified_name(key))
        if checks_values:
            yield from _values(expression, where)
    for where, expression in indexed(term, "matchFields", path):
        yield from _field(expression, where)


def _field(expression: Object, where: str) -> Errors:
    operator, key = text(expression, "operator"), text(expression, "key")
    values = strings(expression, "values")
    if operator not in ("In", "NotIn"):
        yield invalid(f"{where}.operator", operator, _NO_OPERATOR)
    elif len(values) != 1:
        words = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
        yield required(f"{where}.values", words)
    if key != "metadata.name":
        yield invalid(f"{where}.key", key, "not a valid field selector key")
        return
    for index, value in enumerate(values):
        yield from each(f"{where}.values[{index}]", value, formats.subdomain(value))


def pod_labels(selector: Any, template: Object, path: str) -> Errors:
    """The labels of a pod template must match the selector of its workload."""
    found = mapping(template, "metadata").get("labels")
    chosen: Object | None = None
    if isinstance(selector, dict):
        labels_of = string_map(selector, "matchLabels")
        chosen = {"matchLabels": labels_of, "matchExpressions": entries(selector, "matchExpressions")}
    if not matches_label_selector(chosen, string_map({"": found}, "")):
        words = "`selector` does not match template `labels`"
        yield invalid(f"{path}.metadata.labels", found if isinstance(found, dict) else None, words)
