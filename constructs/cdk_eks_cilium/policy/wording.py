"""Validation errors of pydantic in the project's grammar, under the names that Cilium uses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from cdk_eks_cilium.problems import MISSING, Problem

from .model import Part, Rule

_WORDS: Final = {
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "bool_type": "must be true or false",
    "tuple_type": "must be a list",
    "dict_type": "must be a mapping of names to values",
    "model_type": "must be a mapping",
    "model_attributes_type": "must be a mapping",
    "missing": "must be given",
    "invalid_key": "must have text for its name",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "too_short": "must list at least {min_length}",
    "too_long": "must list at most {max_length}",
    "string_too_long": "must have at most {max_length} characters",
    "string_too_short": "must not be empty",
}
_LONGEST_SHOWN: Final = 120


def problems_of(error: ValidationError, where: str, model: type[Part]) -> list[Problem]:
    """Every error in the project's grammar.

    Args:
        error: What pydantic found.
        where: What the data is, such as a file and an object in it.
        model: What the data should be.
    """
    # An ICMP type is text or a number; pydantic blames one that is neither for not being each.
    errors = [each for each in error.errors(include_url=False) if _branch(each) != "str"]
    return [_problem(each, where, model) for each in errors]


def _branch(error: ErrorDetails) -> str | None:
    """Which of both an ICMP type is not, ``int`` or ``str``."""
    end = error["loc"][-2:]
    return str(end[1]) if end in (("type", "int"), ("type", "str")) else None


def _problem(error: ErrorDetails, where: str, model: type[Part]) -> Problem:
    location = error["loc"][:-1] if _branch(error) or error["loc"][-1:] == ("[key]",) else error["loc"]
    at = f"{where}: {path(location)}" if location else where
    kind, context = error["type"], error.get("ctx", {})
    got = MISSING if isinstance(error["input"], Mapping | list | tuple | BaseModel) else error["input"]
    if _branch(error):
        return Problem(at, "must be a whole number or text", _shown(got))
    if "rule" in context:
        return Problem(at, context["rule"], _shown(got), context["fix"])
    if kind == "extra_forbidden":
        return Problem(at, f"is no field of {_owner_name(location, model)}", fix=_nearest(location, model))
    if kind == "literal_error":
        return Problem(at, f"must be {context['expected']}", _shown(got))
    if kind == "missing":
        return Problem(at, _WORDS[kind])
    rule = _WORDS[kind].format(**context) if kind in _WORDS else _lower(error["msg"])
    return Problem(at, rule, _shown(got), _fix(kind, error["input"]))


def path(location: tuple[str | int, ...]) -> str:
    """A location as Kubernetes writes it: ``spec.egress[0].toFQDNs``."""
    text = ""
    for part in location:
        if isinstance(part, int):
            text += f"[{part}]"
        elif re.fullmatch(r"[\w-]+", part):
            text += f".{part}" if text else part
        else:
            text += f"[{part!r}]"
    return text


def _fix(kind: str, value: Any) -> str:
    if kind == "string_type" and isinstance(value, bool | int | float):
        return f'quote it: "{str(value).lower()}"'
    if kind == "tuple_type":
        return "write it as a list, with '- ' before each item"
    if kind in ("int_type", "bool_type") and isinstance(value, str):
        return "leave the quotes out"
    return ""


def _nearest(location: tuple[str | int, ...], model: type[Part]) -> str:
    owner = _model_at(location[:-1], model)
    if owner is None:
        return ""
    # Old examples of Cilium's have their description beside spec, where kubectl refuses it.
    if len(location) == 1 and location[0] in {field.alias for field in Rule.model_fields.values()}:
        return "move it into spec"
    names = [field.alias or name for name, field in owner.model_fields.items()]
    folded = {name.lower(): name for name in names}
    near = get_close_matches(str(location[-1]).lower().replace("_", ""), list(folded), n=1, cutoff=0.6)
    return f"did you mean {folded[near[0]]!r}?" if near else f"known here are {', '.join(names)}"


def _owner_name(location: tuple[str | int, ...], model: type[Part]) -> str:
    names = [str(part) for part in location[:-1] if not isinstance(part, int)]
    if names:
        return names[-1]
    kind = model.model_fields.get("kind")
    return str(kind.default) if kind else model.__name__


def _model_at(location: tuple[str | int, ...], model: type[Part]) -> type[BaseModel] | None:
    at: type[BaseModel] | None = model
    for part in location:
        if isinstance(part, int):
            continue
        fields = at.model_fields.items() if at else ()
        field = next((field for name, field in fields if part in (name, field.alias)), None)
        at = _model_in(field.annotation) if field else None
    return at


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part))), None)


def _shown(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= _LONGEST_SHOWN else f"{value[:_LONGEST_SHOWN]}..."
    text = repr(value)
    return value if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:].rstrip(".")
