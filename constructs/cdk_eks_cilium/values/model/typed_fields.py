"""Every field of the typed values with the marks of its declaration, found by a walk through the models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import Any, Final, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from cdk_eks_cilium.versions.behaviour import Behaviour

from .cilium_values import CiliumValues
from .marks import Chart, Owns, Since

Section = type[BaseModel]


@dataclass(frozen=True)
class TypedField:
    """A field, wherever it is among the sections.

    Attributes:
        section: The model that declares it.
        path: Its dotted path, ``hubble.tls.method``.
        first: Which charts have it, if its own declaration names them.
        known: Which charts have it, by its own declaration or its sections'; None for every chart.
        marks: The chart values that it answers for or that it is written to.
        hint: How to use it instead of a raw value.
        whole: Whether its section is written as a whole, because it may be left out.
    """

    section: Section
    path: str
    first: Behaviour | None
    known: Behaviour | None
    marks: tuple[Owns, ...]
    hint: str
    whole: bool

    @property
    def owned(self) -> tuple[Owns, ...]:
        """The chart values that overrides must leave to the field, and what to use instead."""
        marks = (mark for mark in self.marks if not isinstance(mark, Chart) or mark.owned)
        return tuple(Owns(mark.keys, mark.reason, mark.fix or self.hint) for mark in marks)


def sections_in(kind: Any) -> Iterator[Section]:
    """The sections in a type: the type itself, or the members of a list, a union or an annotation."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
    for inner in get_args(kind):
        yield from sections_in(inner)


def is_list(field: FieldInfo) -> bool:
    """Whether a field holds any number of sections."""
    return "tuple" in str(field.annotation)


def _walk(
    section: Section,
    above: str = "",
    call: str = "{}",
    since: Behaviour | None = None,
    *,
    whole: bool = False,
) -> Iterator[TypedField]:
    """The fields of *section*, which *call* makes, and of the sections in it."""
    for name, field in section.model_fields.items():
        inner = None if is_list(field) else next(sections_in(field.annotation), None)
        here = call.format(f"{name}={inner.__name__}({{}})" if inner else f"{name}={{}}")
        first = next((mark.behaviour for mark in field.metadata if isinstance(mark, Since)), None)
        yield TypedField(
            section=section,
            path=f"{above}{name}",
            first=first,
            known=first or since,
            marks=tuple(mark for mark in field.metadata if isinstance(mark, Owns)),
            hint=f"use {here.format('...') if above or inner else name}",
            whole=whole,
        )
        if inner:
            optional = type(None) in get_args(field.annotation)
            yield from _walk(inner, f"{above}{name}.", here, first or since, whole=optional)


TYPED_FIELDS: Final = tuple(_walk(CiliumValues))
"""All fields, with the fields of a section after the section."""

FIRST: Final[Mapping[str, Behaviour]] = dict(
    sorted(((field.path, field.first) for field in TYPED_FIELDS if field.first), key=itemgetter(0))
)
"""Which charts have a typed value. Every chart has a value that is not here."""


def value_at(values: CiliumValues, path: str) -> Any:
    """The typed value at a dotted path; None below a section that is None."""
    value: Any = values
    for name in path.split("."):
        value = None if value is None else getattr(value, name)
    return value


def is_used(values: CiliumValues, path: str) -> bool:
    """Whether the typed value at a dotted path differs from its section's default."""
    above, _, name = path.rpartition(".")
    section = value_at(values, above) if above else values
    if section is None:
        return False
    model: type[BaseModel] = type(section)
    return bool(getattr(section, name) != _default(model, name))


@cache
def _default(section: type[BaseModel], name: str) -> Any:
    return section.model_fields[name].get_default(call_default_factory=True)
