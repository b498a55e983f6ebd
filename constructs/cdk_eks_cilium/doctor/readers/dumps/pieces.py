"""What comes out of a file while it is read: documents in pieces, so that a large list is never whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

MIB: Final = 1024 * 1024
LARGEST_ITEM: Final = 64 * MIB
"""Characters of one object. etcd takes 1.5 MiB: https://etcd.io/docs/v3.6/dev-guide/limit/."""


class ContentError(Exception):
    """A file, or its rest, cannot be read; the text says why, for a person."""


@dataclass(frozen=True)
class Field:
    """A field of a document that is not streamed."""

    key: str
    value: Any


@dataclass(frozen=True)
class Item:
    """An element of a list that is streamed: ``items``, or a list of AWS."""

    key: str
    value: Any


@dataclass(frozen=True)
class Batch:
    """Elements of ``items`` that a `Pick` gave: with the fields to keep alone, and all of one kind."""

    values: list[dict[str, Any]]


@dataclass(frozen=True)
class Streamed:
    """A list that is streamed begins, perhaps without an element."""

    key: str


@dataclass(frozen=True)
class End:
    """The document ends."""


Piece = Field | Item | Batch | Streamed | End
Pieces = Iterator[Piece]

Pick = Callable[[str], list[dict[str, Any]] | None]
"""Gives the objects of a JSON array that are all of one kind, trimmed; None for another text."""

PickFor = Callable[[Any], Pick | None]
"""Gives what picks the elements that follow a first one; None where they must be whole."""


def whole(_: Any) -> None:
    """Picks nothing: every element is given as it is."""


def is_streamed(key: str) -> bool:
    """Whether a list is given out item by item.

    Lists of Kubernetes are ``items``. AWS begins the names of EC2's lists with a capital letter; no field of
    an object of Kubernetes does at its top.
    """
    return key == "items" or key[:1].isupper()
