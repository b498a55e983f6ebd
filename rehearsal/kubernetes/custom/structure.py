"""Whether the schema of a CustomResourceDefinition is structural.

https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
"""

# belief: K8S-definitions-are-structural

from __future__ import annotations

import re
from typing import Any, Final

from rehearsal.kubernetes.custom.values import expression, problems
from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.validation.fields import (
    Errors,
    FieldError,
    forbidden,
    invalid,
    required,
    unsupported,
)

_TYPES: Final = ("array", "boolean", "integer", "number", "object", "string")
_JUNCTORS: Final = ("allOf", "anyOf", "oneOf")
_NOT_IN_JUNCTORS: Final = (
    "type",
    "description",
    "default",
    "nullable",
    "additionalProperties",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-embedded-resource",
    "x-kubernetes-int-or-string",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-map-type",
)
_KEY_WITHOUT_VALUE: Final = (
    "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property"
)
_UNSUPPORTED: Final = ("$ref", "definitions", "dependencies", "id", "additionalItems", "patternProperties")


# belief: K8S-definitions-are-structural
def problems_of_schema(schema: Object, path: str) -> Errors:
    """What is wrong with the schema of a version."""
    if not schema.get("type"):
        yield required(f"{path}.type", "must not be empty at the root")
    yield from _schema(schema, path)
    if schema.get("type") not in ("object", None):
        yield invalid(f"{path}.type", schema["type"], "must be object at the root")
    yield from _metadata(schema, path)


def _metadata(schema: Object, path: str) -> Errors:
    described = (schema.get("properties") or {}).get("metadata") or {}
    if set(described.get("properties") or {}) - {"name", "generateName"}:
        text = (
            "must not specify anything other than name and generateName, but metadata is implicitly specified"
        )
        yield forbidden(f"{path}.properties[metadata]", text)


def _schema(schema: Object, path: str) -> Errors:
    kind, any_kind = schema.get("type"), schema.get("x-kubernetes-int-or-string")
    for word in _UNSUPPORTED:
        if schema.get(word):
            yield forbidden(f"{path}.{word}", f"{word} is not supported")
    if kind and kind not in _TYPES:
        yield unsupported(f"{path}.type", kind, _TYPES)
    if schema.get("uniqueItems"):
        text = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"
        yield forbidden(f"{path}.uniqueItems", text)
    if pattern := schema.get("pattern"):
        yield from _pattern(pattern, f"{path}.pattern")
    yield from _parts(schema, path)
    for word in _JUNCTORS:
        for index, each in enumerate(schema.get(word) or ()):
            yield from _in_junctor(each, f"{path}.{word}[{index}]", bool(any_kind))
    if isinstance(refused := schema.get("not"), dict):
        yield from _in_junctor(refused, f"{path}.not", bool(any_kind))
    yield from _extensions(schema, path)
    if "default" in schema:
        yield from _default(schema, path)


def _pattern(pattern: str, path: str) -> Errors:
    try:
        expression(pattern)
    except re.error as error:
        open_ = error.msg.startswith("missing ), unterminated subpattern")
        words = f"missing closing ): `{pattern}`" if open_ else f"{error.msg}: `{pattern}`"
        text = f"must be a valid regular expression, but isn't: error parsing regexp: {words}"
        yield invalid(path, pattern, text)


def _parts(schema: Object, path: str) -> Errors:
    described, more = schema.get("properties") or {}, schema.get("additionalProperties")
    if described and more:
        text = "additionalProperties and properties are mutual exclusive"
        yield forbidden(f"{path}.additionalProperties", text)
    for name, each in described.items():
        at = f"{path}.properties[{name}]"
        yield from _typed(each, at, "specified object fields")
        yield from _schema(each, at)
    if isinstance(more, dict):
        yield from _typed(more, f"{path}.additionalProperties", "specified object fields")
        yield from _schema(more, f"{path}.additionalProperties")
    items = schema.get("items")
    if schema.get("type") == "array" and items is None:
        yield required(f"{path}.items", "must be specified")
    if isinstance(items, list):
        yield forbidden(f"{path}.items", "items must be a schema object and not an array")
    elif isinstance(items, dict):
        yield from _typed(items, f"{path}.items", "specified array items")
        yield from _schema(items, f"{path}.items")


def _typed(schema: Object, path: str, what: str) -> Errors:
    free = schema.get("x-kubernetes-int-or-string") or schema.get("x-kubernetes-preserve-unknown-fields")
    if not schema.get("type") and not free:
        yield required(f"{path}.type", f"must not be empty for {what}")


def _in_junctor(schema: Object, path: str, any_kind: bool) -> Errors:
    """What a schema inside of anyOf and the like may not have."""
    for word in _NOT_IN_JUNCTORS:
        if schema.get(word) in (None, "", [], {}, False):
            continue
        # `anyOf: [{type: integer}, {type: string}]` is allowed beside int-or-string.
        if not (word == "type" and any_kind and schema["type"] in ("integer", "string")):
            yield forbidden(f"{path}.{word}", "must be empty to be structural")
    for name, each in (schema.get("properties") or {}).items():
        yield from _in_junctor(each, f"{path}.properties[{name}]", any_kind=False)
    if isinstance(items := schema.get("items"), dict):
        yield from _in_junctor(items, f"{path}.items", any_kind=False)
    for word in _JUNCTORS:
        for index, each in enumerate(schema.get(word) or ()):
            yield from _in_junctor(each, f"{path}.{word}[{index}]", any_kind)
    if isinstance(refused := schema.get("not"), dict):
        yield from _in_junctor(refused, f"{path}.not", any_kind)


def _extensions(schema: Object, path: str) -> Errors:
    list_type, keys = schema.get("x-kubernetes-list-type"), schema.get("x-kubernetes-list-map-keys") or []
    items = schema.get("items") if isinstance(schema.get("items"), dict) else {}
    if list_type is not None:
        if list_type not in ("atomic", "set", "map"):
            yield unsupported(f"{path}.x-kubernetes-list-type", list_type, ("atomic", "set", "map"))
        elif schema.get("type") != "array":
            text = "must be array if x-kubernetes-list-type is specified"
            yield invalid(f"{path}.type", schema.get("type", ""), text)
        elif list_type == "set":
            yield from _set_items(items or {}, f"{path}.items")
        elif list_type == "map":
            yield from _map_keys(items or {}, keys, path)
    map_type = schema.get("x-kubernetes-map-type")
    if map_type not in (None, "atomic", "granular"):
        yield unsupported(f"{path}.x-kubernetes-map-type", map_type, ("atomic", "granular"))
    if schema.get("x-kubernetes-embedded-resource"):
        yield from _embedded(schema, path)


def _set_items(items: Object, path: str) -> Errors:
    if items.get("type") == "object" and items.get("x-kubernetes-map-type") != "atomic":
        text = "must be atomic as item of a list with x-kubernetes-list-type=set"
        yield invalid(f"{path}.x-kubernetes-map-type", items.get("x-kubernetes-map-type"), text)
    if items.get("type") == "array" and items.get("x-kubernetes-list-type") not in (None, "atomic"):
        text = "must be atomic as item of a list with x-kubernetes-list-type=set"
        yield invalid(f"{path}.x-kubernetes-list-type", items.get("x-kubernetes-list-type"), text)


def _map_keys(items: Object, keys: list[str], path: str) -> Errors:
    at, described = f"{path}.x-kubernetes-list-map-keys", items.get("properties") or {}
    if not keys:
        yield required(at, "must not be empty if x-kubernetes-list-type is map")
    if set(keys) - set(described):
        yield invalid(at, keys, "entries must all be names of item properties")
    for key in keys:
        each = described.get(key)
        if each is not None and "default" not in each and key not in (items.get("required") or ()):
            yield required(f"{path}.items.properties[{key}].default", _KEY_WITHOUT_VALUE)


def _embedded(schema: Object, path: str) -> Errors:
    if schema.get("type") != "object":
        text = "must be object if x-kubernetes-embedded-resource is true"
        yield invalid(f"{path}.type", schema.get("type", ""), text)
    if not schema.get("properties") and not schema.get("x-kubernetes-preserve-unknown-fields"):
        text = (
            "must not be empty if x-kubernetes-embedded-resource is true without "
            "x-kubernetes-preserve-unknown-fields"
        )
        yield required(f"{path}.properties", text)


# belief: K8S-definitions-are-structural
def _default(schema: Object, path: str) -> Errors:
    value: Any = schema["default"]
    for problem in problems(value, schema, ""):
        field = f".{problem.field}" if problem.field else ""
        yield FieldError(problem.type, f"{path}.default{field}", problem.value, problem.detail)
