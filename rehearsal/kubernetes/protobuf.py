"""Reads the few request bodies that clients send as protobuf.

Helm stores its releases through client-go's typed client, which speaks protobuf for built-in types even
when answers come as JSON; newer kubectls do so for ``kubectl create KIND``. The envelope and the field
numbers are those of Kubernetes' ``generated.proto`` files (in k8s.io/apimachinery/pkg/runtime and under
k8s.io/api); fields that are not in the tables are skipped.
"""

from __future__ import annotations

import base64
import datetime
from collections.abc import Iterator
from typing import Any

from rehearsal.kubernetes.errors import ApiError, bad_request
from rehearsal.kubernetes.model import Object

MAGIC = b"k8s\0"

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5

# A field is (name, type); a type is a scalar's name, "map:<scalar>", or the fields of a message.
# A name that ends in [] repeats.
Schema = dict[int, tuple[str, Any]]

_OWNER: Schema = {
    1: ("kind", "string"),
    3: ("name", "string"),
    4: ("uid", "string"),
    5: ("apiVersion", "string"),
    6: ("controller", "bool"),
    7: ("blockOwnerDeletion", "bool"),
}
_METADATA: Schema = {
    1: ("name", "string"),
    2: ("generateName", "string"),
    3: ("namespace", "string"),
    5: ("uid", "string"),
    6: ("resourceVersion", "string"),
    7: ("generation", "int"),
    8: ("creationTimestamp", "time"),
    11: ("labels", "map:string"),
    12: ("annotations", "map:string"),
    13: ("ownerReferences[]", _OWNER),
    14: ("finalizers[]", "string"),
}
_ATTRIBUTES: Schema = {
    1: ("namespace", "string"),
    2: ("verb", "string"),
    3: ("group", "string"),
    4: ("version", "string"),
    5: ("resource", "string"),
    6: ("subresource", "string"),
    7: ("name", "string"),
}
_RULE: Schema = {
    1: ("verbs[]", "string"),
    2: ("apiGroups[]", "string"),
    3: ("resources[]", "string"),
    4: ("resourceNames[]", "string"),
    5: ("nonResourceURLs[]", "string"),
}
_ROLE: Schema = {1: ("metadata", _METADATA), 2: ("rules[]", _RULE)}
_BINDING: Schema = {
    1: ("metadata", _METADATA),
    2: (
        "subjects[]",
        {1: ("kind", "string"), 2: ("apiGroup", "string"), 3: ("name", "string"), 4: ("namespace", "string")},
    ),
    3: ("roleRef", {1: ("apiGroup", "string"), 2: ("kind", "string"), 3: ("name", "string")}),
}
_KINDS: dict[str, Schema] = {
    "Secret": {
        1: ("metadata", _METADATA),
        2: ("data", "map:bytes"),
        3: ("type", "string"),
        4: ("stringData", "map:string"),
        5: ("immutable", "bool"),
    },
    "ConfigMap": {
        1: ("metadata", _METADATA),
        2: ("data", "map:string"),
        3: ("binaryData", "map:bytes"),
        4: ("immutable", "bool"),
    },
    "Namespace": {
        1: ("metadata", _METADATA),
        2: ("spec", {1: ("finalizers[]", "string")}),
        3: ("status", {1: ("phase", "string")}),
    },
    "ServiceAccount": {1: ("metadata", _METADATA), 4: ("automountServiceAccountToken", "bool")},
    "Role": _ROLE,
    "ClusterRole": _ROLE,
    "RoleBinding": _BINDING,
    "ClusterRoleBinding": _BINDING,
    "SelfSubjectAccessReview": {
        1: ("metadata", _METADATA),
        2: ("spec", {1: ("resourceAttributes", _ATTRIBUTES)}),
    },
    "SelfSubjectRulesReview": {1: ("metadata", _METADATA), 2: ("spec", {1: ("namespace", "string")})},
    "DeleteOptions": {
        1: ("gracePeriodSeconds", "int"),
        2: ("preconditions", {1: ("uid", "string"), 2: ("resourceVersion", "string")}),
        3: ("orphanDependents", "bool"),
        4: ("propagationPolicy", "string"),
        5: ("dryRun[]", "string"),
    },
}


def decode(body: bytes) -> Object:
    """The object in a protobuf body, as JSON would carry it.

    Raises:
        ApiError: 415 for a kind that is not in the table, 400 for a body that cannot be read.
    """
    if not body.startswith(MAGIC):
        raise bad_request("the body does not begin like Kubernetes protobuf")
    try:
        envelope = dict(_fields(body[len(MAGIC) :]))
        type_meta = dict(_fields(envelope.get(1, b"")))
        api_version, kind = type_meta.get(1, b"").decode(), type_meta.get(2, b"").decode()
        if kind not in _KINDS:
            raise ApiError(415, "UnsupportedMediaType", f"{kind} is understood as JSON only, not as protobuf")
        return {"apiVersion": api_version, "kind": kind} | _message(envelope.get(2, b""), _KINDS[kind])
    except (IndexError, ValueError) as error:
        raise bad_request(f"the protobuf body cannot be read: {error}") from error


def _message(data: bytes, schema: Schema) -> Object:
    result: Object = {}
    for number, raw in _fields(data):
        name, kind = schema.get(number, ("", ""))
        if not name:
            continue
        if isinstance(kind, str) and kind.startswith("map:"):
            entry = dict(_fields(raw))
            key = entry.get(1, b"").decode()
            result.setdefault(name, {})[key] = _value(entry.get(2, b""), kind.removeprefix("map:"))
        elif name.endswith("[]"):
            result.setdefault(name.removesuffix("[]"), []).append(_value(raw, kind))
        else:
            value = _value(raw, kind)
            # An unset string travels as an empty one, which JSON leaves out.
            if value != "" and value is not None:
                result[name] = value
    return result


def _value(raw: Any, kind: Any) -> Any:
    if isinstance(kind, dict):
        return _message(raw, kind)
    match kind:
        case "string":
            return raw.decode()
        case "bytes":
            return base64.b64encode(raw).decode()
        case "bool":
            return bool(raw)
        case "time":
            seconds = dict(_fields(raw)).get(1)
            if not seconds:
                return None
            return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        case _:
            return raw


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    position = 0
    while position < len(data):
        tag, position = _varint(data, position)
        number, wire = tag >> 3, tag & 7
        if wire == _VARINT:
            value, position = _varint(data, position)
            yield number, value
            continue
        if wire == _BYTES:
            length, position = _varint(data, position)
        elif wire in (_FIXED64, _FIXED32):
            length = 8 if wire == _FIXED64 else 4
        else:
            raise ValueError(f"wire type {wire}")
        if position + length > len(data):
            raise ValueError("a field is longer than the body")
        yield number, data[position : position + length]
        position += length


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return value, position
