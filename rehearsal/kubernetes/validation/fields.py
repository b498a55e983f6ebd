"""Errors of single fields, in the words of apimachinery.

The kinds of errors and their words are from
https://github.com/kubernetes/apimachinery/blob/master/pkg/util/validation/field/errors.go.
"""

# belief: K8S-field-errors

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rehearsal.kubernetes.errors import ApiError
from rehearsal.kubernetes.errors import invalid as refused

Errors = Iterator["FieldError"]
"""What a validator yields."""

_WORDS: Final = {
    "FieldValueNotFound": "Not found",
    "FieldValueRequired": "Required value",
    "FieldValueDuplicate": "Duplicate value",
    "FieldValueInvalid": "Invalid value",
    "FieldValueTypeInvalid": "Invalid value",
    "FieldValueNotSupported": "Unsupported value",
    "FieldValueForbidden": "Forbidden",
    "FieldValueTooLong": "Too long",
    "FieldValueTooMany": "Too many",
    "InternalError": "Internal error",
}
_WITHOUT_VALUE = ("FieldValueRequired", "FieldValueForbidden", "FieldValueTooLong", "InternalError")
_ESCAPES = {
    '"': '\\"',
    "\\": "\\\\",
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
}

IMMUTABLE: Final = "field is immutable"
NOT_NEGATIVE: Final = "must be greater than or equal to 0"
OMITTED: Final = object()
"""In place of a value that the message leaves out."""


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one field.

    Attributes:
        type: The reason in ``details.causes``, as ``FieldValueInvalid``.
        field: The path, as ``spec.containers[0].name``.
        value: The value that is wrong; ``OMITTED`` leaves it out.
        detail: What is wrong with it; may be empty.
    """

    type: str
    field: str
    value: Any
    detail: str

    @property
    def body(self) -> str:
        """The message without the field."""
        words = _WORDS[self.type]
        if self.type not in _WITHOUT_VALUE and self.value is not OMITTED:
            words += f": {shown(self.value)}"
        return words + (f": {self.detail}" if self.detail else "")

    def __str__(self) -> str:
        return f"{self.field or '<nil>'}: {self.body}"

    @property
    def cause(self) -> dict[str, str]:
        """The entry of ``details.causes``."""
        return {"reason": self.type, "message": self.body, "field": self.field or "<nil>"}


def shown(value: Any) -> str:
    """A value as error messages show it: text as Go quotes it, anything else as JSON."""
    if isinstance(value, str):
        return quoted(value)
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    # Go's encoder escapes what could end a script in HTML.
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def quoted(text: str) -> str:
    """Text between double quotes, as ``%q`` of Go writes it (https://pkg.go.dev/strconv#Quote)."""
    return '"' + "".join(_escaped(character) for character in text) + '"'


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    code = ord(character)
    if character == " " or (character.isprintable() and code != 0x7F):
        return character
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def message(errors: Iterable[FieldError]) -> str:
    """All errors as one text: equal ones once, more than one in brackets."""
    words = list(dict.fromkeys(map(str, errors)))
    return words[0] if len(words) == 1 else f"[{', '.join(words)}]"


def refusal(kind: str, group: str, name: str, errors: Sequence[FieldError]) -> ApiError:
    """The refusal of an object with all its errors."""
    return refused(kind, group, name, message(errors), [error.cause for error in errors])


# belief: K8S-field-errors
def required(field: str, detail: str = "") -> FieldError:
    """The field is missing or empty."""
    return FieldError("FieldValueRequired", field, "", detail)


# belief: K8S-field-errors
def invalid(field: str, value: Any, detail: str) -> FieldError:
    """The value breaks a rule."""
    return FieldError("FieldValueInvalid", field, value, detail)


# belief: K8S-field-errors
def unsupported(field: str, value: Any, allowed: Iterable[str]) -> FieldError:
    """The value is not allowed; the message names the allowed values in the given order."""
    return FieldError(
        "FieldValueNotSupported", field, value, f"supported values: {', '.join(map(quoted, allowed))}"
    )


# belief: K8S-field-errors
def duplicate(field: str, value: Any) -> FieldError:
    """Another entry has the same value."""
    return FieldError("FieldValueDuplicate", field, value, "")


# belief: K8S-field-errors
def forbidden(field: str, detail: str) -> FieldError:
    """The field may not be set here."""
    return FieldError("FieldValueForbidden", field, "", detail)


# belief: K8S-field-errors
def not_found(field: str, value: Any, detail: str = "") -> FieldError:
    """The value names something that does not exist."""
    return FieldError("FieldValueNotFound", field, value, detail)


# belief: K8S-field-errors
def too_long(field: str, limit: int) -> FieldError:
    """The value has more bytes than ``limit``."""
    return FieldError("FieldValueTooLong", field, "", f"may not be more than {limit} bytes")


# belief: K8S-field-errors
def too_many(field: str, count: int, limit: int) -> FieldError:
    """The list has more than ``limit`` entries."""
    return FieldError(
        "FieldValueTooMany", field, count, f"must have at most {limit} item{'s' if limit != 1 else ''}"
    )


def each(field: str, value: Any, problems: Iterable[str]) -> Errors:
    """One invalid value for each of the problems."""
    for problem in problems:
        yield invalid(field, value, problem)


def one_of(field: str, value: str, allowed: Iterable[str]) -> Errors:
    """Refuse a value that is not allowed."""
    allowed = tuple(allowed)
    if value not in allowed:
        yield unsupported(field, value, allowed)


def not_negative(field: str, value: Any) -> Errors:
    """Refuse a number below zero; anything that is not a number passes."""
    if isinstance(value, int) and value < 0:
        yield invalid(field, value, NOT_NEGATIVE)


def unchanged(field: str, new: Any, old: Any) -> Errors:
    """Refuse a change; nothing and an empty value count as the same."""
    if (new or None) != (old or None):
        yield invalid(field, new, IMMUTABLE)
