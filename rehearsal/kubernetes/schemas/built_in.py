"""The schemas of Kubernetes' own types, made from its OpenAPI definitions as they are asked for."""

# belief: K8S-schemas, K8S-go-types

from __future__ import annotations

from functools import cache, partial
from typing import Any, Final

from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.schemas.definitions import definitions, nearest, short_name
from rehearsal.kubernetes.schemas.go_types import GoField, go_fields
from rehearsal.kubernetes.schemas.schema import UNKNOWN, Kind, ListType, Schema

_REFERENCE: Final = "#/$defs/"
_SPECIAL: Final[dict[str, tuple[Kind, str]]] = {
    "resource.Quantity": ("quantity", "resource.Quantity"),
    "intstr.IntOrString": ("int-or-string", "intstr.IntOrString"),
    "v1.Time": ("time", "v1.Time"),
    "v1.MicroTime": ("micro-time", "v1.MicroTime"),
}
_SCALARS: Final[dict[str, Kind]] = {
    "string": "string",
    "integer": "integer",
    "boolean": "boolean",
    "number": "number",
}
# The defaults of keys: https://github.com/kubernetes/api/blob/master/core/v1/types.go (`+default="TCP"`)
_KEY_DEFAULTS: Final = {"protocol": "TCP"}


@cache
def object_schema(version: str, group: str, api_version: str, kind: str) -> Schema:
    """The schema of a type in a cluster's version, or of any object where the version lacks the type."""
    minor = nearest(version)
    name = definition_name(version, group, api_version, kind)
    return _definition(minor, name) if name else _anything(minor)


def definition_name(version: str, group: str, api_version: str, kind: str) -> str | None:
    """The name of a type's definition, or None."""
    return _by_type(nearest(version)).get((group, api_version, kind))


@cache
def meta_schema(version: str) -> Schema:
    """The schema of ``metadata``."""
    return _definition(nearest(version), "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta")


@cache
def _by_type(minor: int) -> dict[tuple[str, str, str], str]:
    return {
        (each["group"], each["version"], each["kind"]): name
        for name, definition in definitions(f"1.{minor}").items()
        for each in definition.get("x-kubernetes-group-version-kind", ())
    }


def _anything(minor: int) -> Schema:
    text = Schema("string")
    fields = {"apiVersion": text, "kind": text, "metadata": meta_schema(f"1.{minor}")}
    return Schema("object", load=lambda: dict(fields), preserves=True)


@cache
def _definition(minor: int, name: str) -> Schema:
    """The schema of a definition, where it is a struct."""
    return Schema("object", go=_go_name(name), load=partial(_fields, minor, name), omitted=False)


def _go_name(name: str) -> str:
    """``v1.PodSpec``: the package is called as the version."""
    return ".".join(name.split(".")[-2:])


def _fields(minor: int, name: str) -> dict[str, Schema]:
    definition = definitions(f"1.{minor}")[name]
    required = definition.get("required", ())
    known = go_fields(short_name(name))
    return {
        field: _property(minor, described, known.get(field, GoField()), field in required)
        for field, described in definition.get("properties", {}).items()
    }


def _property(minor: int, described: Object, go: GoField, required: bool) -> Schema:
    made = _described(minor, described)
    if go.type and made.kind not in ("object", "quantity", "int-or-string", "time", "micro-time"):
        made.go = go.type if go.type.startswith(("[]", "map[")) or go.type == "UID" else f"v1.{go.type}"
        made.go = {"UID": "types.UID"}.get(made.go, made.go)
    struct = made.kind in ("object", "any", "time", "micro-time", "quantity", "int-or-string")
    made.pointer = not go.value if struct else go.pointer
    made.omitted = not go.shown if go.shown is not None else not required
    made.embedded = go.embedded
    return made


def _described(minor: int, described: Object) -> Schema:
    """A schema of its own for a use of a type."""
    if reference := described.get("$ref"):
        return _referred(minor, reference.removeprefix(_REFERENCE), described)
    kind = _type(described)
    if kind == "array":
        values = _described(minor, described["items"])
        item = described["items"].get("$ref", "").removeprefix(_REFERENCE)
        return Schema(
            "list", f"[]{values.go}", values=values, **_list(described, definitions(f"1.{minor}").get(item))
        )
    if kind == "object":
        if isinstance(more := described.get("additionalProperties"), dict):
            values = _described(minor, more)
            return Schema("map", f"map[string]{values.go}", values=values, atomic=_is_atomic(described))
        return Schema("any")
    if kind == "string" and described.get("format") == "byte":
        return Schema("bytes", "[]uint8")
    scalar = _SCALARS[kind]
    formats = {"integer": described.get("format", "int64"), "boolean": "bool", "number": "float64"}
    return Schema(scalar, formats.get(scalar, scalar))


def _referred(minor: int, name: str, described: Object) -> Schema:
    if special := _SPECIAL.get(_go_name(name)):
        return Schema(special[0], special[1])
    definition = definitions(f"1.{minor}")[name]
    if "properties" not in definition:
        return Schema("any", go=_go_name(name))
    atomic = _is_atomic(described) or _is_atomic(definition)
    strategies = _strategies(described)
    load = _definition(minor, name).load
    return Schema("object", _go_name(name), load=load, atomic=atomic, strategies=strategies)


def _type(described: Object) -> str:
    kind = described.get("type", "object")
    return str(next(each for each in kind if each != "null") if isinstance(kind, list) else kind)


def _is_atomic(described: Object) -> bool:
    return described.get("x-kubernetes-map-type") == "atomic"


def _strategies(described: Object) -> frozenset[str]:
    return frozenset(filter(None, described.get("x-kubernetes-patch-strategy", "").split(",")))


def _list(described: Object, item: Object | None) -> dict[str, Any]:
    merge_key = described.get("x-kubernetes-patch-merge-key", "")
    strategies = _strategies(described)
    keys = tuple(described.get("x-kubernetes-list-map-keys", ()))
    list_type: ListType = described.get("x-kubernetes-list-type", "atomic")
    # Types of before the list types say only how a patch merges; an apply then does the same.
    if "x-kubernetes-list-type" not in described and "merge" in strategies:
        list_type, keys = ("map", (merge_key,)) if merge_key else ("set", ())
    return {
        "list_type": list_type,
        "keys": keys,
        "defaults": {key: value for key in keys if (value := _default_of_key(key, item or {})) is not None},
        "merge_key": merge_key,
        "strategies": strategies,
    }


def _default_of_key(key: str, item: Object) -> Any:
    """The value of a key that an item lacks: a required scalar has one in Go."""
    if key in _KEY_DEFAULTS:
        return _KEY_DEFAULTS[key]
    if key not in item.get("required", ()):
        return None
    return {"string": "", "integer": 0}.get(_type(item["properties"][key]))


__all__ = ["UNKNOWN", "meta_schema", "object_schema"]
