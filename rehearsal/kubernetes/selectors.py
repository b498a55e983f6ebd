"""Label and field selectors, from query strings and from objects."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from rehearsal.kubernetes.errors import bad_request
from rehearsal.kubernetes.model import Object

Matcher = Callable[[Object], bool]

_SET = re.compile(r"^(?P<key>\S+)\s+(?P<op>in|notin)\s*\((?P<values>[^)]*)\)$")
_EQUALITY = re.compile(r"^(?P<key>[^=!\s]+)\s*(?P<op>==|=|!=)\s*(?P<value>.*)$")


def label_matcher(selector: str) -> Matcher:
    """The test of a ``labelSelector`` query; an empty query matches everything.

    Raises:
        ApiError: 400, a part of the selector cannot be read.
    """
    # A comma between parentheses belongs to a set.
    parts = [part.strip() for part in re.split(r",(?![^(]*\))", selector)]
    expressions = [_expression(part) for part in parts if part]

    def matches(candidate: Object) -> bool:
        labels = candidate.get("metadata", {}).get("labels") or {}
        return all(matches_expression(expression, labels) for expression in expressions)

    return matches


# belief: K8S-selectors
def field_matcher(selector: str) -> Matcher:
    """The test of a ``fieldSelector`` query: dotted paths, ``=``, ``==`` and ``!=``.

    Raises:
        ApiError: 400, a part of the selector cannot be read.
    """
    wanted: list[tuple[list[str], bool, str]] = []
    for part in filter(None, (part.strip() for part in selector.split(","))):
        match = _EQUALITY.match(part)
        if not match:
            raise bad_request(f"invalid field selector {part!r}")
        wanted.append((match["key"].split("."), match["op"] != "!=", match["value"]))

    def matches(candidate: Object) -> bool:
        return all((_value_at(candidate, path) == value) is equal for path, equal, value in wanted)

    return matches


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


# belief: K8S-selectors
def _expression(part: str) -> Object:
    """A part of a label selector as an entry of ``matchExpressions``."""
    if match := _SET.match(part):
        values = [value.strip() for value in match["values"].split(",")]
        return {"key": match["key"], "operator": "In" if match["op"] == "in" else "NotIn", "values": values}
    if match := _EQUALITY.match(part):
        operator = "NotIn" if match["op"] == "!=" else "In"
        return {"key": match["key"], "operator": operator, "values": [match["value"].strip()]}
    if re.fullmatch(r"!?\s*[\w./-]+", part):
        return {"key": part.lstrip("! "), "operator": "DoesNotExist" if part.startswith("!") else "Exists"}
    raise bad_request(f"unable to parse requirement: {part!r}")


def _value_at(candidate: Object, path: list[str]) -> str:
    value: Any = candidate
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return "" if value is None else str(value)
