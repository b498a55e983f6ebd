"""Validation errors of pydantic in the project's grammar: *where: rule, got value; fix*."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from cdk_eks_cilium.problems import MISSING, Problem

from .model import Settings

Location = tuple[str | int, ...]
"""Keys and list indexes from the top of the settings to a value."""

_LEAVE_OUT: Final = "leave the key out for its default"
_KEY_MARK: Final = "[key]"
_WORDS: Final = {
    "string_type": "must be text",
    "string_unicode": "must be text without broken characters",
    "int_type": "must be a whole number",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "dict_type": "must be a mapping of names to values",
    "mapping_type": "must be a mapping of names to values",
    "model_type": "must be a mapping of settings",
    "missing": "must be given",
    "invalid_key": "must have text as its name",
    "extra_forbidden": "is no setting",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "too_short": "must list at least {min_length}",
    "too_long": "must list at most {max_length}",
}
_LONGEST_SHOWN: Final = 200


class _Shown:
    """A value whose text is too long to print whole."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def location_of(error: ErrorDetails) -> Location:
    """Return where the error is; an error in a key is where its value is."""
    return tuple(part for part in error["loc"] if part != _KEY_MARK)


def path(location: Location) -> str:
    """Write a location as a person would: ``node_groups[0].instance_types``."""
    text = ""
    for part in location:
        if isinstance(part, int):
            text += f"[{part}]"
        elif re.fullmatch(r"\w[\w-]*", part):
            text += f".{part}" if text else part
        else:
            text += f"[{part!r}]"
    return text or "settings"


def problem(error: ErrorDetails) -> Problem:
    """Return the error in the project's grammar."""
    location, kind, context = location_of(error), error["type"], error.get("ctx", {})
    where, got = path(location), shown(error["input"])
    if "rule" in context:
        given = context.get("got", MISSING)
        if given is MISSING and isinstance(error["input"], Mapping):
            # A whole section broke the rule, and the rule says by what.
            return Problem(where, context["rule"], fix=context["fix"])
        return Problem(where, context["rule"], got if given is MISSING else shown(given), context["fix"])
    if kind == "missing":
        return Problem(where, _WORDS[kind], fix=_describe(location))
    if kind == "extra_forbidden":
        return Problem(where, _WORDS[kind], got, _unknown(location))
    if kind == "literal_error":
        return Problem(
            where, f"must be {context['expected']}", got, _closest(error["input"], context["expected"])
        )
    rule = _WORDS[kind].format(**context) if kind in _WORDS else _lower(error["msg"])
    return Problem(where, rule, got, _fix(kind, location, error["input"]))


def broken_text(value: Any, location: Location = ()) -> Iterator[Problem]:
    """Yield a problem for each text in *value* that has half a character (a lone surrogate) in it."""
    if isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value):
        yield Problem(path(location), _WORDS["string_unicode"], shown(value))
    elif isinstance(value, Mapping):
        for key, below in value.items():
            yield from broken_text(key, location)
            yield from broken_text(below, (*location, key if isinstance(key, int) else ascii(key)[1:-1]))
    elif isinstance(value, list):
        for index, below in enumerate(value):
            yield from broken_text(below, (*location, index))


def meant(location: Location) -> Location | None:
    """Return the setting that an unknown key is most likely a misspelling of."""
    model = _model_at(location[:-1])
    names = list(model.model_fields) if model else []
    near = get_close_matches(str(location[-1]).lower().replace("-", "_"), names, n=1, cutoff=0.6)
    return (*location[:-1], near[0]) if near else None


def shown(value: Any) -> Any:
    """Return *value*, or something that prints as its beginning when it is long."""
    try:
        text = repr(value)
    except ValueError:  # Python does not print integers beyond 4300 digits
        return _Shown("a number of thousands of digits")
    return value if len(text) <= _LONGEST_SHOWN else _Shown(f"{text[:_LONGEST_SHOWN]}...")


def _fix(kind: str, location: Location, value: Any) -> str:
    if kind == "too_short" and location[-1] == "availability_zones":
        return "EKS spreads a control plane over two zones or more, add one"
    if value is None:
        return _LEAVE_OUT
    if kind == "string_type" and isinstance(value, (bool, int, float)):
        return f"quote it: '{str(value).lower()}'"
    if kind == "list_type" and isinstance(value, str):
        return f"write it as a list: [{value}]"
    quoted = isinstance(value, str) and (
        (kind == "int_type" and value.isdecimal())
        or (kind == "bool_type" and value.lower() in ("true", "false"))
    )
    return "leave the quotes out" if quoted else ""


def _describe(location: Location) -> str:
    model = _model_at(location[:-1])
    field = model.model_fields.get(str(location[-1])) if model else None
    text = field.description if field and field.description else ""
    return _lower(text.partition(". ")[0].rstrip("."))


def _unknown(location: Location) -> str:
    near = meant(location)
    if near:
        return f"did you mean {near[-1]!r}?"
    model = _model_at(location[:-1])
    return f"known here are {', '.join(model.model_fields)}" if model else ""


def _closest(value: Any, expected: str) -> str:
    if value is None:
        return _LEAVE_OUT
    choices = re.findall(r"'([^']+)'", expected)
    near = get_close_matches(str(value).lower(), choices, n=1, cutoff=0.6) if isinstance(value, str) else []
    return f"did you mean {near[0]!r}?" if near else ""


def _model_at(location: Location) -> type[BaseModel] | None:
    """Return the model whose fields are at *location*, None inside free-form mappings."""
    model: type[BaseModel] | None = Settings
    for part in location:
        if isinstance(part, int):
            continue
        field = model.model_fields.get(part) if model else None
        model = _model_in(field.annotation) if field else None
    return model


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part))), None)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:].rstrip(".")


def in_order_of(data: Mapping[str, Any], problems: Sequence[Problem]) -> list[Problem]:
    """Sort *problems* as their keys follow each other in *data*; what is not there comes last."""

    def position(one: Problem) -> list[int]:
        at: list[int] = []
        value: Any = data
        for part in re.findall(r"[^.\[\]']+", one.where):
            if isinstance(value, Mapping):
                keys = [str(key) for key in value]
                at.append(keys.index(part) if part in keys else len(keys))
                value = value.get(part)
            elif isinstance(value, list) and part.isdecimal():
                at.append(int(part))
                value = value[int(part)] if int(part) < len(value) else None
            else:
                break
        return at

    return sorted(problems, key=position)
