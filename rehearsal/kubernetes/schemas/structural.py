"""The schemas of custom resources, made from the structural schema that a CustomResourceDefinition has.

https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
"""

# belief: K8S-structural-schemas

from __future__ import annotations

from typing import Final

from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.schemas.schema import Kind, ListType, Schema

_KINDS: Final[dict[str, Kind]] = {
    "string": "string",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
}


def custom_schema(raw: Object, metadata: Schema) -> Schema:
    """The schema of a version's objects.

    Args:
        raw: ``openAPIV3Schema`` of the version.
        metadata: The schema of every object's metadata.
    """
    return _object(raw, metadata, whole=True)


def _object(raw: Object, metadata: Schema, *, whole: bool) -> Schema:
    def load() -> dict[str, Schema]:
        fields = {name: structural(each, metadata) for name, each in (raw.get("properties") or {}).items()}
        if whole:
            text = Schema("string")
            fields |= {"apiVersion": text, "kind": text, "metadata": metadata}
        return fields

    preserves = bool(raw.get("x-kubernetes-preserve-unknown-fields"))
    atomic = raw.get("x-kubernetes-map-type") == "atomic"
    return Schema("object", load=load, preserves=preserves, atomic=atomic, metadata=whole, raw=raw)


def structural(raw: Object, metadata: Schema) -> Schema:
    """The schema of a part."""
    more = raw.get("additionalProperties")
    atomic = raw.get("x-kubernetes-map-type") == "atomic"
    if raw.get("x-kubernetes-int-or-string"):
        return Schema("int-or-string", raw=raw)
    match raw.get("type"):
        case "object" if raw.get("x-kubernetes-embedded-resource"):
            return _object(raw, metadata, whole=True)
        case "object" if isinstance(more, dict) or more is True:
            values = structural(more, metadata) if isinstance(more, dict) else Schema("any", preserves=True)
            return Schema("map", values=values, atomic=atomic, raw=raw)
        case "object":
            return _object(raw, metadata, whole=False)
        case "array":
            return _list(raw, metadata)
        case str() as scalar if scalar in _KINDS:
            return Schema(_KINDS[scalar], raw=raw)
    return Schema("any", preserves=True, atomic=atomic, raw=raw)


def _list(raw: Object, metadata: Schema) -> Schema:
    items = raw.get("items") or {}
    keys = tuple(raw.get("x-kubernetes-list-map-keys") or ())
    described = items.get("properties") or {}
    defaults = {key: described[key]["default"] for key in keys if "default" in (described.get(key) or {})}
    list_type: ListType = raw.get("x-kubernetes-list-type") or "atomic"
    values = structural(items, metadata)
    return Schema("list", values=values, list_type=list_type, keys=keys, defaults=defaults, raw=raw)
