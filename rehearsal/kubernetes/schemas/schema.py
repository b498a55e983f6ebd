"""The schema of a value: one model for Kubernetes' own types and for custom resources."""

# belief: K8S-schemas

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, Literal

from rehearsal.kubernetes.model import Object

Kind = Literal[
    "object",
    "map",
    "list",
    "string",
    "integer",
    "number",
    "boolean",
    "bytes",
    "quantity",
    "int-or-string",
    "time",
    "micro-time",
    "any",
]
"""``object`` has named fields and ``map`` has any; a value of kind ``any`` tells by itself what it is."""

ListType = Literal["atomic", "set", "map"]


@dataclass(eq=False)
class Schema:
    """What is known of a value.

    Attributes:
        kind: The shape of the value.
        go: The Go type, as the server's messages write it; empty in custom resources.
        load: Makes ``fields``, at their first use.
        values: The schema of the items of a list or of the values of a map.
        atomic: Whether a mapping is one field as a whole, and is set as a whole.
        list_type: How a list merges in an apply.
        keys: The fields that identify an item of a list of type ``map``.
        defaults: The values of keys that an item lacks.
        merge_key: The field that identifies an item in a strategic merge patch.
        strategies: The words of ``x-kubernetes-patch-strategy``.
        pointer: Whether the Go field is a pointer, so that an empty value is not the same as a missing one.
        omitted: Whether the server leaves an empty value out of its answers.
        embedded: The Go struct through which a field is reached, which messages name.
        preserves: Whether an object keeps the fields that its schema does not name.
        metadata: Whether an object has ``apiVersion``, ``kind`` and ``metadata`` of its own.
        raw: The part of the CustomResourceDefinition that this is; empty for Kubernetes' own types.
    """

    kind: Kind
    go: str = ""
    load: Callable[[], dict[str, Schema]] | None = None
    values: Schema | None = None
    atomic: bool = False
    list_type: ListType = "atomic"
    keys: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    merge_key: str = ""
    strategies: frozenset[str] = frozenset()
    pointer: bool = False
    omitted: bool = True
    embedded: str = ""
    preserves: bool = False
    metadata: bool = False
    raw: Object = field(default_factory=dict)

    @cached_property
    def fields(self) -> dict[str, Schema]:
        """The named fields of an object."""
        return self.load() if self.load else {}

    def below(self, name: str) -> Schema:
        """The schema of a member of a mapping."""
        return self.fields.get(name) or self.values or UNKNOWN

    @property
    def item(self) -> Schema:
        """The schema of an item of a list."""
        return self.values or UNKNOWN


UNKNOWN: Final = Schema("any")
"""The schema of a value that nobody describes: its mappings have fields, its lists are one field."""

ATOMIC: Final = Schema("any", atomic=True)
