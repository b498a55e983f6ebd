"""The OpenAPI v3 documents of the served types, which kubectl reads to explain, to validate and to patch.

https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-v3
"""

# belief: K8S-openapi

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, Final

from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.resources import ResourceType
from rehearsal.kubernetes.schemas.built_in import definition_name
from rehearsal.kubernetes.schemas.definitions import definitions, nearest

_REFERENCE: Final = "#/$defs/"
_META: Final = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
_PARAMETERS: Final = ("dryRun", "fieldManager", "fieldValidation", "force")
_PATCHES: Final = ("json-patch+json", "merge-patch+json", "strategic-merge-patch+json", "apply-patch+yaml")


def document(version: str, root: str, types: Iterable[ResourceType]) -> bytes:
    """The document of a group's version, as JSON.

    Args:
        version: The cluster's version, as ``1.35``.
        root: Its path, as ``apis/apps/v1``.
        types: Its types.
    """
    types, minor = list(types), nearest(version)
    paths: Object = {}
    schemas: Object = {}
    for served in types:
        paths |= dict([_path(root, served)])
        if served.custom:
            schemas |= {_custom_name(served): _custom(served)} | _reachable(minor, _META)
        elif name := definition_name(version, served.group, served.version, served.kind):
            schemas |= _reachable(minor, name)
    found = {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": f"v{version}"},
        "paths": paths,
        "components": {"schemas": schemas},
    }
    return json.dumps(found).encode()


def _path(root: str, served: ResourceType) -> tuple[str, Object]:
    """An address of a type, and how it is written there.

    kubectl asks for the operation PATCH whether the server judges fields. Reviews do not have it.
    """
    within = f"/{root}{'/namespaces/{namespace}' if served.namespaced else ''}/{served.plural}"
    namespace = [_parameter("namespace", "path")] if served.namespaced else []
    if "patch" not in served.verbs:
        return within, {"parameters": namespace, "post": _operation(served, "post", ("json",))}
    kinds = tuple(kind for kind in _PATCHES if not (served.custom and kind.startswith("strategic")))
    parameters = [_parameter("name", "path"), *namespace]
    return f"{within}/{{name}}", {"parameters": parameters, "patch": _operation(served, "patch", kinds)}


def revision(version: str, types: Iterable[ResourceType]) -> str:
    """A text that changes with the document of these types."""
    parts = [f"{served!r} {json.dumps(served.schema, sort_keys=True)}" for served in types]
    return hashlib.sha256("\n".join([str(nearest(version)), *parts]).encode()).hexdigest().upper()


def _operation(served: ResourceType, action: str, kinds: tuple[str, ...]) -> Object:
    return {
        "x-kubernetes-action": action,
        "x-kubernetes-group-version-kind": _group_version_kind(served),
        "parameters": [_parameter(name, "query") for name in _PARAMETERS],
        "requestBody": {"content": {f"application/{kind}": {"schema": {"type": "object"}} for kind in kinds}},
        "responses": {"200": {"description": "OK"}},
    }


def _parameter(name: str, where: str) -> Object:
    required = {"required": True} if where == "path" else {}
    return {"name": name, "in": where, "schema": {"type": "string"}} | required


def _group_version_kind(served: ResourceType) -> Object:
    return {"group": served.group, "version": served.version, "kind": served.kind}


@cache
def _reachable(minor: int, name: str) -> dict[str, Object]:
    """A definition and all that it refers to."""
    found: dict[str, Object] = {}
    waiting = [name]
    while waiting:
        each = waiting.pop()
        if each not in found:
            raw = definitions(f"1.{minor}")[each]
            found[each] = _converted(raw, top=True)
            waiting += _references(raw)
    return found


def _references(raw: Any) -> Iterator[str]:
    if isinstance(raw, dict):
        for name, value in raw.items():
            if name == "$ref" and isinstance(value, str):
                yield value.removeprefix(_REFERENCE)
            else:
                yield from _references(value)
    elif isinstance(raw, list):
        for value in raw:
            yield from _references(value)


def _converted(raw: Object, *, top: bool = False) -> Object:
    """A definition as OpenAPI 3 has it: without null among its types, and with references beside a text."""
    found: Object = {}
    for name, value in raw.items():
        match name:
            case "type" if isinstance(value, list):
                found["type"] = next(each for each in value if each != "null")
            case "$ref" if isinstance(value, str):
                found["allOf"] = [{"$ref": value.replace(_REFERENCE, "#/components/schemas/")}]
            case "properties" if isinstance(value, dict):
                found["properties"] = {field: _property(field, each) for field, each in value.items()}
            case "items" | "additionalProperties" if isinstance(value, dict):
                found[name] = _converted(value)
            case "oneOf" if top:
                found["oneOf"] = [_converted(each) for each in value]
            case _:
                found[name] = value
    return found


def _property(field: str, raw: Object) -> Object:
    # The bundle lists the one value that these have in an object of the type.
    plain = {k: v for k, v in raw.items() if k != "enum"} if field in ("apiVersion", "kind") else raw
    return _converted(plain)


def _custom_name(served: ResourceType) -> str:
    """``io.cilium.v2.CiliumNode``: the group's parts in reverse."""
    return ".".join([*reversed(served.group.split(".")), served.version, served.kind])


def _custom(served: ResourceType) -> Object:
    text = {"type": "string"}
    metadata = {"allOf": [{"$ref": f"#/components/schemas/{_META}"}]}
    common = {"apiVersion": text, "kind": text, "metadata": metadata}
    properties = {**(served.schema.get("properties") or {}), **common}
    kinds = {"x-kubernetes-group-version-kind": [_group_version_kind(served)]}
    return {"type": "object", **served.schema, "properties": properties, **kinds}
