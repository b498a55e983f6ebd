"""Reads the few request bodies that clients send as protobuf.

Helm stores its releases through client-go's typed client, which speaks protobuf for built-in types even
when answers come as JSON; newer kubectls do so for ``kubectl create KIND``. The envelope and the field
numbers follow Kubernetes' ``generated.proto`` files (in k8s.io/apimachinery/pkg/runtime and under
k8s.io/api). Unknown fields are skipped.
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

# The fields of each message in the order of their numbers, `-` for a field that is skipped. A field is a
# string unless its name is followed by a scalar or a message. `[]` marks a list, `{}` a map with string keys.
_MESSAGES = {
    "ObjectMeta": "name generateName namespace - uid resourceVersion generation:int creationTimestamp:time "
    "- - labels{} annotations{} ownerReferences[]:OwnerReference finalizers[]",
    "OwnerReference": "kind - name uid apiVersion controller:bool blockOwnerDeletion:bool",
    "PolicyRule": "verbs[] apiGroups[] resources[] resourceNames[] nonResourceURLs[]",
    "Subject": "kind apiGroup name namespace",
    "RoleRef": "apiGroup kind name",
    "ResourceAttributes": "namespace verb group version resource subresource name",
    "AccessReviewSpec": "resourceAttributes:ResourceAttributes",
    "RulesReviewSpec": "namespace",
    "NamespaceSpec": "finalizers[]",
    "NamespaceStatus": "phase",
    "Preconditions": "uid resourceVersion",
}
_ROLE = "metadata:ObjectMeta rules[]:PolicyRule"
_BINDING = "metadata:ObjectMeta subjects[]:Subject roleRef:RoleRef"
_KINDS = {
    "Secret": "metadata:ObjectMeta data{}:bytes type stringData{} immutable:bool",
    "ConfigMap": "metadata:ObjectMeta data{} binaryData{}:bytes immutable:bool",
    "Namespace": "metadata:ObjectMeta spec:NamespaceSpec status:NamespaceStatus",
    "ServiceAccount": "metadata:ObjectMeta - - automountServiceAccountToken:bool",
    "Role": _ROLE,
    "ClusterRole": _ROLE,
    "RoleBinding": _BINDING,
    "ClusterRoleBinding": _BINDING,
    "SelfSubjectAccessReview": "metadata:ObjectMeta spec:AccessReviewSpec",
    "SelfSubjectRulesReview": "metadata:ObjectMeta spec:RulesReviewSpec",
    "DeleteOptions": "gracePeriodSeconds:int preconditions:Preconditions orphanDependents:bool "
    "propagationPolicy dryRun[]",
}


# belief: K8S-protobuf
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


def _message(data: bytes, fields: str) -> Object:
    result: Object = {}
    known = dict(enumerate(fields.split(), start=1))
    for number, raw in _fields(data):
        name, _, kind = known.get(number, "-").partition(":")
        if name.endswith("{}"):
            entry = dict(_fields(raw))
            key = entry.get(1, b"").decode()
            result.setdefault(name[:-2], {})[key] = _value(entry.get(2, b""), kind)
        elif name.endswith("[]"):
            result.setdefault(name[:-2], []).append(_value(raw, kind))
        # An unset string travels as an empty one, which JSON leaves out.
        elif name != "-" and (value := _value(raw, kind)) not in ("", None):
            result[name] = value
    return result


def _value(raw: Any, kind: str) -> Any:
    match kind:
        case "":
            return raw.decode()
        case "int":
            return raw
        case "bytes":
            return base64.b64encode(raw).decode()
        case "bool":
            return bool(raw)
        case "time":
            seconds = dict(_fields(raw)).get(1)
            if not seconds:
                return None
            return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return _message(raw, _MESSAGES[kind])


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
