"""A settings file to begin with: every key with its default, below what the model says of it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any, Final, get_args

import yaml
from pydantic import BaseModel

from .loader import parse

_WIDTH: Final = 112
_HEAD: Final = (
    "The settings of an environment, as `cdk-eks-cilium settings init` begins them: every key with its "
    "default. Any may be left out, and an unknown one is an error. `cdk-eks-cilium settings check FILE` "
    "says all that is wrong; `cdk-eks-cilium settings schema` prints a JSON Schema for your editor."
)


def starting_file(given: Mapping[str, str] | None = None) -> str:
    """Return the text of a settings file with every key, its meaning and its default.

    Args:
        given: What differs from the defaults: ``name``, ``region`` or ``account``. With a region, the zones
            are its first three by letter; AWS is not asked whether the account has them.

    Raises:
        InputError: If that is not valid.
    """
    data: dict[str, Any] = dict(given or {})
    if "region" in data:
        data["network"] = {"availability_zones": [f"{data['region']}{letter}" for letter in "abc"]}
    settings = parse(data)
    lines = [*_comment(_HEAD, ""), *_fields(settings, "", deep=True)]
    return "\n".join(lines) + "\n"


def _fields(model: BaseModel, indent: str, *, deep: bool) -> Iterator[str]:
    """The keys of a part of the settings; those of its own parts, too, if *deep*."""
    for name, field in type(model).model_fields.items():
        if deep:
            yield ""
        value = getattr(model, name)
        yield from _comment(str(field.description), indent)
        if deep and isinstance(value, BaseModel):
            yield f"{indent}{name}:"
            yield from _fields(value, f"{indent}  ", deep=False)
        elif deep and isinstance(value, list) and value and isinstance(value[0], BaseModel):
            yield f"{indent}{name}:"
            for item in value:
                yield from _item(item, f"{indent}  ")
        else:
            for part in _models(field.annotation):
                yield from _meanings(part, indent)
            # A section of Cilium's values is left out: some defaults follow from others.
            left_out = isinstance(value, BaseModel)
            yield f"{indent}# {name}: {{}}" if left_out else f"{indent}{name}: {_inline(value)}"


def _item(item: BaseModel, indent: str) -> Iterator[str]:
    lines = list(_fields(item, f"{indent}  ", deep=False))
    first = next(number for number, line in enumerate(lines) if not line.lstrip().startswith("#"))
    lines[first] = f"{indent}- {lines[first].lstrip()}"
    yield from lines


def _models(kind: Any) -> Iterator[type[BaseModel]]:
    """The models that an annotation names."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
    for inner in get_args(kind):
        yield from _models(inner)


def _meanings(part: type[BaseModel], indent: str) -> Iterator[str]:
    """What the keys of a part mean that is not there."""
    for name, field in part.model_fields.items():
        yield from _comment(f"{name}: {field.description}", indent, "  ", "    ")


def _comment(text: str, indent: str, first: str = "", rest: str = "") -> Iterator[str]:
    width = _WIDTH - len(indent)
    for line in textwrap.wrap(
        text, width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False
    ):
        yield f"{indent}# {line}"


def _inline(value: Any) -> str:
    """A value in one line of YAML."""
    return yaml.safe_dump([value], default_flow_style=True, width=10_000, allow_unicode=True)[1:-2]
