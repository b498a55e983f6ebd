"""Reads the request bodies that clients send as protobuf.

Helm stores its releases through client-go's typed client, which speaks protobuf for built-in types even
when answers come as JSON; newer kubectls do so for ``kubectl create KIND``. The envelope follows
k8s.io/apimachinery/pkg/runtime/generated.proto, and the messages follow the Go types under k8s.io/api, in a
table that ``scripts/protobuf_fields.py`` writes. Unknown fields are skipped.
"""

# belief: K8S-protobuf

from __future__ import annotations

import base64
import datetime
import functools
import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal.kubernetes.errors import ApiError, bad_request
from rehearsal.kubernetes.model import Object

MAGIC = b"k8s\0"

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_TABLE = Path(__file__).with_name("protobuf_fields.txt")
# The packages of the table that are not called as their groups.
_PACKAGES = {"": "core", "autoscaling/v1": "autoscalingv1", "autoscaling/v2": "autoscalingv2"}
_OPTIONS = ("DeleteOptions",)


@dataclass(frozen=True)
class _Field:
    """A field of a message: its JSON name, its type, and the marks of the table."""

    name: str
    kind: str
    marks: str


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
        message = _message_of(api_version, kind)
        if message not in _lines():
            raise ApiError(415, "UnsupportedMediaType", f"{kind} is understood as JSON only, not as protobuf")
        return {"apiVersion": api_version, "kind": kind} | _message(envelope.get(2, b""), message)
    except (IndexError, ValueError, struct.error) as error:
        raise bad_request(f"the protobuf body cannot be read: {error}") from error


def _message_of(api_version: str, kind: str) -> str:
    """The name of the message of a kind."""
    if kind in _OPTIONS:
        return f"meta.{kind}"
    group = api_version.rpartition("/")[0]
    package = _PACKAGES.get(api_version) or _PACKAGES.get(group) or group.partition(".")[0]
    return f"{package}.{kind}"


@functools.cache
def _lines() -> dict[str, str]:
    pairs = (line.partition(" ") for line in _TABLE.read_text().splitlines())
    return {name: fields for name, _, fields in pairs}


@functools.cache
def _known(message: str) -> dict[int, _Field]:
    """The fields of a message by their numbers."""
    found = {}
    for entry in _lines()[message].split():
        number, _, rest = entry.partition(":")
        marked, _, kind = rest.partition("=")
        name = marked.rstrip("*[]{}^#")
        found[int(number)] = _Field(name, kind, marked[len(name) :])
    return found


def _message(data: bytes, message: str) -> Object:
    result: Object = {}
    known = _known(message)
    for number, raw in _fields(data):
        field = known.get(number)
        if field is None:
            continue
        if "^" in field.marks and field.name != "metadata":
            result |= _message(raw, field.kind)
        elif "{}" in field.marks:
            entry = dict(_fields(raw))
            key = entry.get(1, b"").decode()
            result.setdefault(field.name, {})[key] = _entry(entry.get(2, b""), field)
        elif "[]" in field.marks:
            result.setdefault(field.name, []).append(_value(raw, field.kind))
        # What is not a pointer travels even when it is unset: as an empty text, 0 or false.
        elif (value := _value(raw, field.kind)) is not None and (value or "*" in field.marks or value == {}):
            result[field.name] = value
    return result


def _entry(raw: bytes, field: _Field) -> Any:
    if "#" in field.marks:
        return [each.decode() for _, each in _fields(raw)]
    return _value(raw, field.kind)


def _value(raw: Any, kind: str) -> Any:
    match kind:
        case "":
            return raw.decode()
        case "int":
            return raw - (1 << 64) if raw >= 1 << 63 else raw
        case "bool":
            return bool(raw)
        case "double":
            return struct.unpack("<d", raw)[0]
        case "bytes":
            return base64.b64encode(raw).decode()
        case "time":
            seconds = dict(_fields(raw)).get(1)
            if not seconds:
                return None
            return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        case "quantity":
            return dict(_fields(raw)).get(1, b"").decode()
        case "duration":
            return f"{dict(_fields(raw)).get(1, 0) / 1e9:g}s"
        case "int-or-string":
            parts = dict(_fields(raw))
            return parts.get(3, b"").decode() if parts.get(1) else parts.get(2, 0)
        case "raw":
            content = dict(_fields(raw)).get(1, b"")
            return json.loads(content) if content else None
    return _message(raw, kind)


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
