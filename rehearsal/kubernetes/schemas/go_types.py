"""What Kubernetes' Go types know beside the definitions: pointers, named types, and what answers leave out.

``go_types.tsv`` has a line for each type, with the fields that differ from what the definitions let expect:
``name@Embedded:Type``, where Embedded is the struct through which Go reaches the field. A type that begins
with ``*`` is a pointer to a scalar, and ``=`` is a struct that is there without being set. At the end, ``!``
and ``~`` mean that answers have, or leave out, an empty value. ``python -m scripts.go_types`` writes it.
"""

# belief: K8S-go-types

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

TABLE: Final = Path(__file__).with_suffix(".tsv")


class GoField(NamedTuple):
    """What the table says about a field; ``shown`` is None where the definition decides."""

    type: str = ""
    pointer: bool = False
    value: bool = False
    shown: bool | None = None
    embedded: str = ""


@cache
def _lines() -> dict[str, str]:
    rows = (line.partition("\t") for line in TABLE.read_text().splitlines())
    return {name: fields for name, _, fields in rows}


def go_fields(struct: str) -> dict[str, GoField]:
    """The fields of a type such as ``core.v1.PodSpec`` that the table names."""
    return dict(map(_parse, _lines().get(struct, "").split()))


def _parse(token: str) -> tuple[str, GoField]:
    where, _, kind = token.partition(":")
    name, _, embedded = where.partition("@")
    shown = {"!": True, "~": False}.get(kind[-1:])
    kind = kind.rstrip("!~")
    return name, GoField(kind.lstrip("*="), kind.startswith("*"), kind.startswith("="), shown, embedded)
