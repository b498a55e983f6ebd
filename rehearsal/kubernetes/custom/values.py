"""Whether a value fits a structural schema, in the words of the server's validator.

The words are from https://github.com/kubernetes/kube-openapi/tree/master/pkg/validation, as
``pkg/apiserver/validation/validation.go`` of https://github.com/kubernetes/apiextensions-apiserver turns them
into errors of fields.
"""

# belief: K8S-custom-resources-are-validated

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from typing import Any, Final

from rehearsal.kubernetes.custom import formats
from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.validation.fields import (
    OMITTED,
    Errors,
    FieldError,
    duplicate,
    invalid,
    required,
    shown,
)

NOWHERE: Final = ""
"""The path of what the server does not place, which its messages call ``<nil>``."""
ABSENT: Final = object()
_CLASS = re.compile(r"\[:(\w+):\]")
_CLASSES: Final = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "digit": "0-9",
    "lower": "a-z",
    "space": r"\s",
    "upper": "A-Z",
    "word": r"\w",
    "xdigit": "0-9A-Fa-f",
}


# belief: K8S-custom-resources-are-validated
def problems(value: Any, raw: Object, path: str, old: Any = ABSENT) -> Errors:
    """What is wrong with a value.

    Args:
        value: The value.
        raw: Its schema, as the CustomResourceDefinition has it.
        path: Its path.
        old: The value that it replaces: what stays as it is is not judged again.
    """
    if old is not ABSENT and _same(value, old):
        return
    if value is None and raw.get("nullable"):
        return
    yield from _type_problems(value, raw, path)
    match value:
        case str():
            yield from _string_problems(value, raw, path)
        case bool() | None:
            pass
        case int() | float():
            yield from _number_problems(value, raw, path)
        case list():
            yield from _list_problems(value, raw, path, old)
        case dict():
            yield from _object_problems(value, raw, path, old)
    allowed = raw.get("enum")
    if allowed is not None and not any(_same(value, each) for each in allowed):
        names = ", ".join(shown(each) for each in allowed)
        yield FieldError("FieldValueNotSupported", path, value, f"supported values: {names}")
    yield from _combinations(value, raw, path)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, bool) is not isinstance(other, bool):
        return False
    return bool(one == other)


def type_of(value: Any) -> str:
    """The type of a value, as the schema calls it."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "integer" if value.is_integer() else "number"
        case str():
            return "string"
        case list():
            return "array"
    return "object"


def _type_problems(value: Any, raw: Object, path: str) -> Errors:
    wanted = "integer,string" if raw.get("x-kubernetes-int-or-string") else raw.get("type", "")
    found = type_of(value)
    if wanted and found not in wanted.split(",") and not (wanted == "number" and found == "integer"):
        yield _mistyped(path, found, wanted)
        if (found, wanted) == ("number", "integer"):
            yield invalid(NOWHERE, "", f"Checked value must be of type integer (default format) in {path}")
        return
    form = raw.get("format")
    if isinstance(value, str) and wanted == "string" and form and not formats.fits(value, form):
        yield _mistyped(path, value, form)


# belief: K8S-custom-resources-are-validated
def _mistyped(path: str, found: str, wanted: str) -> FieldError:
    return FieldError(
        "FieldValueTypeInvalid", path, found, f'{path} in body must be of type {wanted}: "{found}"'
    )


# belief: K8S-custom-resources-are-validated
def _string_problems(value: str, raw: Object, path: str) -> Errors:
    if (most := raw.get("maxLength")) is not None and len(value) > most:
        yield FieldError("FieldValueTooLong", path, OMITTED, f"may not be more than {most} bytes")
    elif len(value) < raw.get("minLength", 0):
        yield invalid(path, value, f"{path} in body should be at least {raw['minLength']} chars long")
    elif (pattern := raw.get("pattern")) and not expression(pattern).search(value):
        yield invalid(path, value, f"{path} in body should match '{pattern}'")


@cache
def expression(pattern: str) -> re.Pattern[str]:
    """A regular expression of Go (https://github.com/google/re2/wiki/Syntax) for Python.

    Raises:
        re.error: It is not one.
    """
    result, inside, position = "", False, 0
    while position < len(pattern):
        character = pattern[position]
        if inside and (named := _CLASS.match(pattern, position)):
            character = _CLASSES.get(named[1], named[0])
            position = named.end() - 1
        elif character == "\\":
            character = pattern[position : position + 2].replace("\\z", "\\Z")
            position += 1
        elif character == "[" and not inside:
            inside = True
        elif inside and character in "[&~|":
            character = f"\\{character}"  # Python keeps these in sets for operators
        elif character == "]" and inside and result[-1:] not in ("[", "^"):
            inside = False
        elif character == "$" and not inside:
            character = "\\Z"  # Python's also matches before a newline at the end
        result += character
        position += 1
    return re.compile(result, re.ASCII)


def _number_problems(value: float, raw: Object, path: str) -> Errors:
    if (form := raw.get("format")) in ("int32", "int64") and type_of(value) == "integer":
        limit = 2 ** (int(form[3:]) - 1)
        if not -limit <= value < limit:
            detail = f"Checked value must be of type integer with format {form} in {path}"
            yield invalid(NOWHERE, "", detail)
    step = raw.get("multipleOf")
    if step is not None and not value:  # the server takes zero for a wrong factor
        yield invalid(
            path, value, f"factor MultipleOf declared for {path} must be positive: {_number(value)}"
        )
    elif step is not None and Decimal(str(value)) % Decimal(str(step)):
        yield invalid(path, value, f"{path} in body should be a multiple of {_number(step)}")
    for word, exclusive, low, text in (
        ("maximum", "exclusiveMaximum", False, "less"),
        ("minimum", "exclusiveMinimum", True, "greater"),
    ):
        limit = raw.get(word)
        if limit is None:
            continue
        strict = bool(raw.get(exclusive))
        inside = value > limit if low else value < limit
        if not inside and (strict or value != limit):
            than = f"{text} than" if strict else f"{text} than or equal to"
            yield invalid(path, value, f"{path} in body should be {than} {_number(limit)}")


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else str(value)


# belief: K8S-custom-resources-are-validated
def _too_many(path: str, count: int, most: int) -> FieldError:
    return FieldError("FieldValueTooMany", path, count, f"must have at most {most} items")


def _list_problems(value: list[Any], raw: Object, path: str, old: Any) -> Errors:
    if (least := raw.get("minItems")) is not None and len(value) < least:
        yield invalid(path, len(value), f"{path} in body should have at least {least} items")
    if (most := raw.get("maxItems")) is not None and len(value) > most:
        yield _too_many(path, len(value), most)
    items = raw.get("items")
    if isinstance(items, dict):
        for index, each in enumerate(value):
            yield from problems(each, items, f"{path}[{index}]", correlated(each, index, raw, old))


def correlated(item: Any, index: int, raw: Object, old: Any) -> Any:
    """The item of the old list that an item replaces."""
    if not isinstance(old, list):
        return ABSENT
    keys = raw.get("x-kubernetes-list-map-keys")
    if raw.get("x-kubernetes-list-type") == "map" and keys and isinstance(item, dict):
        wanted = [item.get(key) for key in keys]
        same = (o for o in old if isinstance(o, dict) and [o.get(key) for key in keys] == wanted)
        return next(same, ABSENT)
    return ABSENT


def _object_problems(value: Object, raw: Object, path: str, old: Any) -> Errors:
    if (least := raw.get("minProperties")) is not None and len(value) < least:
        yield invalid(path, len(value), f"{path} in body should have at least {least} properties")
    if (most := raw.get("maxProperties")) is not None and len(value) > most:
        yield _too_many(path, len(value), most)
    for name in raw.get("required") or ():
        if name not in value:
            yield required(_at(path, name))
    described, more = raw.get("properties") or {}, raw.get("additionalProperties")
    for name, each in value.items():
        below = described.get(name, more)
        if isinstance(below, dict):
            before = old.get(name, ABSENT) if isinstance(old, dict) else ABSENT
            yield from problems(each, below, _at(path, name), before)


def _at(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _combinations(value: Any, raw: Object, path: str) -> Errors:
    for each in raw.get("allOf") or ():
        yield from problems(value, each, path)
    for word, text in (
        ("anyOf", "at least one schema (anyOf)"),
        ("oneOf", "one and only one schema (oneOf)"),
    ):
        schemas = raw.get(word)
        if not schemas:
            continue
        found = [list(problems(value, each, path)) for each in schemas]
        valid = sum(not each for each in found)
        if valid == 0:
            none = ". Found none valid" if word == "oneOf" else ""
            yield invalid(NOWHERE, "", f'"{path}" must validate {text}{none}')
            yield from min(found, key=len)
        elif valid > 1 and word == "oneOf":
            yield invalid(NOWHERE, "", f'"{path}" must validate {text}. Found {valid} valid alternatives')
    if (refused := raw.get("not")) is not None and not list(problems(value, refused, path)):
        yield invalid(NOWHERE, "", f'"{path}" must not validate the schema (not)')


def repeated(value: Any, raw: Object, path: str) -> Errors:
    """The items that a set or a list with keys has twice."""
    if isinstance(value, dict):
        described, more = raw.get("properties") or {}, raw.get("additionalProperties")
        for name, each in value.items():
            if isinstance(below := described.get(name, more), dict):
                yield from repeated(each, below, _at(path, name))
    elif isinstance(value, list):
        items = raw.get("items") or {}
        for index, each in enumerate(value):
            yield from repeated(each, items, f"{path}[{index}]")
        yield from _repeated_items(value, raw, path)


def _repeated_items(value: list[Any], raw: Object, path: str) -> Iterator[FieldError]:
    list_type = raw.get("x-kubernetes-list-type")
    if list_type not in ("set", "map"):
        return
    seen: list[Any] = []
    for index, item in enumerate(value):
        at = f"{path}[{index}]"
        if list_type == "map":
            if not isinstance(item, dict):
                yield invalid(at, item, "must be an object for an array of list-type map")
                continue
            keys = sorted(raw.get("x-kubernetes-list-map-keys") or ())
            item = {key: item[key] for key in keys if key in item}
        if any(_same(item, each) for each in seen):
            yield duplicate(at, item)
        seen.append(item)
