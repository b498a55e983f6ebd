"""Translates validation errors of pydantic to the project's grammar: *where: rule, got value; fix*."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from .nearest import did_you_mean
from .problem import MISSING, InputError, Problem

Location = tuple[str | int, ...]
"""Keys and list indexes that lead from the top of the data to a value."""

Written = Callable[[Location], str | None]
"""How the file writes the value at a place, such as ``NO`` for false; None where that is unknown."""


@dataclass(frozen=True)
class Word:
    """The rule that an error of pydantic stands for.

    Attributes:
        rule: A clause; values of the error's context replace the names in braces.
        id: The stable name of the rule.
    """

    rule: str
    id: str = field(default="", kw_only=True)


@dataclass(frozen=True)
class Dialect:
    """The words that one kind of data has for its errors.

    Attributes:
        unknown: The rule that an unknown name breaks; ``{owner}`` is the section or class around the name.
        top: The name of the whole data, for errors without any other place. By default empty: the caller
            adds a place.
        hides: Types of values that errors do not show.
        misplaced: The fix for each name in the class itself that belongs elsewhere.
    """

    unknown: Word = Word("is not a field of {owner}", id="CEK0007")
    top: str = ""
    hides: tuple[type, ...] = (BaseModel,)
    misplaced: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class Fix:
    """An annotation of a field: the fix for one kind of error in it.

    Attributes:
        kind: pydantic's name for the kind, such as ``too_short``.
        text: The fix, as a clause.
    """

    kind: str
    text: str


_LEAVE_OUT: Final = "leave the key out for its default"
_KEY_MARK: Final = "[key]"
_INT_OR_TEXT: Final = "int_or_text"
_LIST: Final = Word("must be a list", id="CEK0008")
_MAPPING: Final = Word("must be a mapping", id="CEK0009")
_NAMES: Final = Word("must be a mapping of names to values", id="CEK0010")
_UNBROKEN: Final = Word("must be text without broken characters", id="CEK0011")
_WORDS: Final = {
    "string_type": Word("must be text", id="CEK0012"),
    "string_unicode": _UNBROKEN,
    "string_too_long": Word("must have at most {max_length} characters", id="CEK0013"),
    "string_too_short": Word("must not be empty", id="CEK0014"),
    "int_type": Word("must be a whole number", id="CEK0015"),
    _INT_OR_TEXT: Word("must be a whole number or text", id="CEK0016"),
    "bool_type": Word("must be true or false", id="CEK0017"),
    "list_type": _LIST,
    "tuple_type": _LIST,
    "dict_type": _NAMES,
    "mapping_type": _NAMES,
    "model_type": _MAPPING,
    "model_attributes_type": _MAPPING,
    "missing": Word("must be given", id="CEK0018"),
    "invalid_key": Word("must have text as its name", id="CEK0019"),
    "literal_error": Word("must be {expected}", id="CEK0020"),
    "greater_than": Word("must be more than {gt}", id="CEK0021"),
    "greater_than_equal": Word("must be at least {ge}", id="CEK0022"),
    "less_than": Word("must be less than {lt}", id="CEK0023"),
    "less_than_equal": Word("must be at most {le}", id="CEK0024"),
    "too_short": Word("must list at least {min_length}", id="CEK0025"),
    "too_long": Word("must list at most {max_length}", id="CEK0026"),
}
_OTHER: Final = Word("{message}", id="CEK0027")
_BOOLEANS: Final = ("true", "false", "yes", "no", "on", "off")
_LONGEST_SHOWN: Final = 120


def unwritten(_: Location) -> str | None:
    """Return None: the data does not come from a file."""
    return None


def problems_of(
    error: ValidationError,
    model: type[BaseModel],
    dialect: Dialect,
    prefix: str = "",
    written: Written = unwritten,
) -> list[Problem]:
    """Return every error in the project's grammar.

    Args:
        prefix: The text before each place: ``CiliumValues.``, or a file and an object in it.
        written: How the file writes a value.
    """
    translator = _Translator(model, dialect, prefix, written)
    return [problem for each in _errors(error) for problem in translator.problems(each)]


def path(location: Location) -> str:
    """Write a location as a person would: ``node_groups[0].instance_types``."""
    text = ""
    for part in location:
        if isinstance(part, int):
            text += f"[{part}]"
        elif re.fullmatch(r"\w[\w-]*", part):
            part = part if len(part) <= _LONGEST_SHOWN else f"{part[:_LONGEST_SHOWN]}..."
            text += f".{part}" if text else part
        else:
            text += f"[{shown(part)!r}]"
    return text


def broken_text(where: str, value: str) -> Problem | None:
    """Return the problem of text with half a character (a lone surrogate), which YAML can escape."""
    if any("\ud800" <= character <= "\udfff" for character in value):
        return Problem(where, _UNBROKEN.rule, shown(value), id=_UNBROKEN.id)
    return None


class _Shown:
    """A value that prints as the beginning of its text, because the text is long."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def shown(value: Any) -> Any:
    """Return *value*, or for a long value an object that prints as its beginning."""
    try:
        text = repr(value)
    except ValueError:  # Python does not print integers beyond 4300 digits
        return _Shown("a number of thousands of digits")
    return value if len(text) <= _LONGEST_SHOWN else _Shown(f"{text[:_LONGEST_SHOWN]}...")


@dataclass(frozen=True)
class _Translator:
    model: type[BaseModel]
    dialect: Dialect
    prefix: str
    written: Written

    def problems(self, error: ErrorDetails) -> list[Problem]:
        location, kind, context = _location(error), error["type"], error.get("ctx", {})
        where, got = self._where(path(location)), self._got(error["input"])
        reason = context.get("error")
        if isinstance(reason, InputError):
            # A validator of ours judged the value. Whole sections are not shown.
            whole = MISSING if isinstance(error["input"], Mapping) else got
            return [
                replace(
                    each,
                    where=self._where(_join(path(location), each.where)),
                    got=whole if each.got is MISSING else shown(each.got),
                )
                for each in reason.problems
            ]
        if kind == "extra_forbidden":
            word, fix = self.dialect.unknown, self._unknown(location)
        else:
            word, fix = _WORDS.get(kind, _OTHER), self._fix(kind, location, error["input"], context)
        if kind == "missing":
            got = MISSING
        rule = word.rule.format(owner=self._owner(location), message=_lower(error["msg"]), **_whole(context))
        return [Problem(where, rule, got, fix, id=word.id)]

    def _where(self, path: str) -> str:
        if not path:
            return self.prefix.rstrip(" .:") or self.dialect.top
        return f"{self.prefix.rstrip('.')}{path}" if path.startswith("[") else f"{self.prefix}{path}"

    def _got(self, value: Any) -> Any:
        return MISSING if isinstance(value, self.dialect.hides) else shown(value)

    def _owner(self, location: Location) -> str:
        names = [str(part) for part in location[:-1] if not isinstance(part, int)]
        kind = self.model.model_fields.get("kind")
        return names[-1] if names else str(kind.default) if kind else self.model.__name__

    def _unknown(self, location: Location) -> str:
        name = str(location[-1])
        owner = _model_at(self.model, location[:-1])
        dialect = self.dialect if len(location) == 1 else getattr(owner, "dialect", self.dialect)
        if name in dialect.misplaced:
            return str(dialect.misplaced[name])
        names = [info.alias or name for name, info in owner.model_fields.items()] if owner else []
        return did_you_mean(name, names) or (f"known fields are {', '.join(names)}" if names else "")

    def _fix(self, kind: str, location: Location, value: Any, context: Mapping[str, Any]) -> str:
        info = _field_at(self.model, location)
        for mark in info.metadata if info else ():
            if isinstance(mark, Fix) and mark.kind == kind:
                return mark.text
        if kind == "missing":
            return _lower((info.description or "").partition(". ")[0]) if info else ""
        if value is None:
            return _LEAVE_OUT
        if kind == "literal_error" and isinstance(value, str):
            choices = re.findall(r"'([^']+)'", context["expected"])
            return did_you_mean(value, choices, cutoff=0.65) if len(choices) > 1 else ""
        return _other_form(kind, value, self.written(location))


def _errors(error: ValidationError) -> list[ErrorDetails]:
    """Return the errors; a value that must be a number or text, and is neither, has one error for both."""
    found = error.errors(include_url=False)

    def failed(kind: str, branch: str) -> set[Location]:
        return {each["loc"][:-1] for each in found if (each["type"], each["loc"][-1:]) == (kind, (branch,))}

    neither = failed("int_type", "int") & failed("string_type", "str")
    merged: list[ErrorDetails] = []
    for each in found:
        if each["loc"][:-1] not in neither or each["loc"][-1] not in ("int", "str"):
            merged.append(each)
        elif each["loc"][-1] == "int":
            merged.append({**each, "loc": each["loc"][:-1], "type": _INT_OR_TEXT})
    return merged


def _location(error: ErrorDetails) -> Location:
    """Return the place of the error; an error in a key has the place of its value."""
    return tuple(part for part in error["loc"] if part != _KEY_MARK)


def _join(path: str, below: str) -> str:
    return f"{path}.{below}" if path and below else path or below


def _other_form(kind: str, value: Any, written: str | None) -> str:
    """Return how to write a value of the right meaning and the wrong type."""
    if kind == "string_type" and isinstance(value, bool | int | float | date):
        return f"quote it: '{str(value).lower() if written is None else written}'"
    if kind in ("list_type", "tuple_type"):
        return f"write it as a list: [{value}]" if isinstance(value, str) else "write '- ' before each item"
    quoted = isinstance(value, str) and (
        (kind == "int_type" and value.isdecimal()) or (kind == "bool_type" and value.lower() in _BOOLEANS)
    )
    return "leave the quotes out" if quoted else ""


def _field_at(model: type[BaseModel], location: Location) -> FieldInfo | None:
    owner = _model_at(model, location[:-1]) if location else None
    fields = owner.model_fields.items() if owner else ()
    return next((info for name, info in fields if location[-1] in (name, info.alias)), None)


def _model_at(model: type[BaseModel], location: Location) -> type[BaseModel] | None:
    """Return the model that has its fields at *location*, None inside free-form mappings."""
    names = tuple(part for part in location if isinstance(part, str))
    if not names:
        return model
    info = _field_at(model, names)
    return _model_in(info.annotation) if info else None


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part))), None)


def _whole(context: Mapping[str, Any]) -> dict[str, Any]:
    """Return the context with bounds such as 1.0 as whole numbers."""
    return {
        name: int(value) if isinstance(value, float) and value.is_integer() else value
        for name, value in context.items()
    }


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:].rstrip(".")
