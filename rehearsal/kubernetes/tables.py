"""Answers as kubectl asks for them: tables with the columns of a type, and metadata alone.

The columns are what Kubernetes' printers have; a type without them has its name and when it was made:
https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/printers/internalversion/printers.go
"""

# belief: K8S-tables

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal.kubernetes.errors import ApiError
from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.resources import ResourceType
from rehearsal.kubernetes.table_cells import CELLS, age, member

_COLUMNS = Path(__file__).with_suffix("").with_name("table_columns.txt")
_META = "meta.k8s.io/v1"
_READ = (
    "application/json",
    "application/yaml",
    "application/vnd.kubernetes.protobuf",
    "application/*",
    "*/*",
)


@dataclass(frozen=True)
class _Column:
    """A column: its title, where its cells come from, and whether only wide tables have it."""

    title: str
    source: str
    wide: bool = False

    def cell(self, found: Object) -> Any:
        if not self.source:
            return found["metadata"]["name"] if self.title == "Name" else age(found)
        if self.source.startswith("@"):
            return CELLS[self.source[1:]](found)
        if self.source.startswith("#"):
            return member(found, self.source[2:]) or 0
        value = member(found, self.source[1:])
        return "<none>" if value is None and self.title not in ("Reason", "Message") else value

    def definition(self) -> Object:
        name = self.title == "Name"
        integer = self.source.startswith("#")
        return {
            "name": self.title,
            "type": "integer" if integer else "string",
            "format": "name" if name else "",
            "description": "",
            "priority": int(self.wide),
        }


# belief: K8S-tables
def wanted_form(accept: str) -> str:
    """What a client wants instead of plain objects: Table, PartialObjectMetadata or nothing.

    Raises:
        ApiError: 406, the client reads nothing that the server writes.
    """
    kinds = [kind.strip() for kind in accept.split(",")] if accept else ["*/*"]
    for kind in kinds:
        if not kind.startswith("application/json"):
            continue
        if match := re.search(r";\s*as=(\w+?)(List)?(;|$)", kind):
            if match[1] in ("Table", "PartialObjectMetadata"):
                return match[1]
        elif ";" not in kind or "as=" not in kind:
            return ""
    if not any(kind.partition(";")[0] in _READ for kind in kinds):
        words = "application/json, application/yaml, application/vnd.kubernetes.protobuf"
        message = f"only the following media types are accepted: {words}"
        raise ApiError(406, "NotAcceptable", message)
    return ""


def shown(form: str, resource: ResourceType, answer: Object, include: str) -> Object:
    """An object or a list in the form that a client wants.

    Args:
        form: What ``wanted_form`` says.
        resource: The type of the objects.
        answer: The object or the list.
        include: What a row has of its object: Object, None, or by default Metadata.
    """
    is_list = answer.get("kind") == f"{resource.kind}List" and "items" in answer
    if not form and is_list and not resource.custom:
        # The type of the list tells the types of its items.
        untyped = [
            {key: item[key] for key in item if key not in ("apiVersion", "kind")} for item in answer["items"]
        ]
        return answer | {"items": untyped}
    if not form or (answer.get("kind") != resource.kind and not is_list):
        return answer
    items = answer["items"] if is_list else [answer]
    if form == "Table":
        of_list = ("resourceVersion", "continue", "remainingItemCount")
        metadata = answer["metadata"]
        return {
            "kind": "Table",
            "apiVersion": _META,
            "metadata": {key: metadata[key] for key in of_list if key in metadata},
            "columnDefinitions": [column.definition() for column in _columns(resource)],
            "rows": list(_rows(resource, items, include)),
        }
    partial = [_partial(item) for item in items]
    if not is_list:
        return partial[0]
    return {
        "kind": "PartialObjectMetadataList",
        "apiVersion": _META,
        "metadata": answer["metadata"],
        "items": partial,
    }


def _rows(resource: ResourceType, items: list[Object], include: str) -> Iterator[Object]:
    columns = _columns(resource)
    for item in items:
        row: Object = {"cells": [column.cell(item) for column in columns]}
        if include == "Object":
            row["object"] = item
        elif include != "None":
            row["object"] = _partial(item)
        yield row


def _partial(item: Object) -> Object:
    return {"kind": "PartialObjectMetadata", "apiVersion": _META, "metadata": item["metadata"]}


@functools.cache
def _printed() -> dict[str, tuple[_Column, ...]]:
    found = {}
    for line in _COLUMNS.read_text().splitlines()[1:]:
        name, _, columns = line.partition(" | ")
        found[name] = tuple(_column(each) for each in columns.split())
    return found


def _column(text: str) -> _Column:
    title, _, source = text.partition("=")
    return _Column(title.lstrip("*").replace("_", " "), source, text.startswith("*"))


def _columns(resource: ResourceType) -> tuple[_Column, ...]:
    name = _Column("Name", "")
    if resource.custom:
        own = resource.columns or (("Age", ".metadata.creationTimestamp", 0),)
        return (name, *(_Column(title, _custom(path), bool(wide)) for title, path, wide in own))
    qualified = f"{resource.plural}.{resource.group}" if resource.group else resource.plural
    return _printed().get(qualified) or (name, _Column("Created At", ".metadata.creationTimestamp"))


def _custom(path: str) -> str:
    return "@age" if path == ".metadata.creationTimestamp" else path
