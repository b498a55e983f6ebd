"""ConfigMaps and Secrets.

``ValidateConfigMap`` and ``ValidateSecret`` of
https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/core/validation/validation.go.
"""

# belief: K8S-config-maps-and-secrets

from __future__ import annotations

import base64
import binascii
import json
from typing import Final

from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.validation import formats
from rehearsal.kubernetes.validation.fields import (
    IMMUTABLE,
    Errors,
    each,
    forbidden,
    invalid,
    required,
    too_long,
)
from rehearsal.kubernetes.validation.values import mapping, string_map, text

LIMIT: Final = 1024 * 1024
"""Bytes that the values of a ConfigMap or of a Secret may have together."""

_JSON_TYPES = {
    "kubernetes.io/dockercfg": ".dockercfg",
    "kubernetes.io/dockerconfigjson": ".dockerconfigjson",
}


def config_map(body: Object) -> Errors:
    """A ConfigMap."""
    data, binary = string_map(body, "data"), string_map(body, "binaryData")
    for key in data:
        yield from each(f"data[{key}]", key, formats.config_key(key))
        if key in binary:
            yield invalid(f"data[{key}]", key, "duplicate of key present in binaryData")
    for key in binary:
        yield from each(f"binaryData[{key}]", key, formats.config_key(key))
    size = sum(len(value.encode()) for value in data.values())
    if size + sum(len(_decoded(value)) for value in binary.values()) > LIMIT:
        yield too_long("[]", LIMIT)


def config_map_unchanged(body: Object, old: Object) -> Errors:
    """Data that is immutable never changes."""
    yield from _immutable(body, old, "data", "binaryData")


def _immutable(body: Object, old: Object, *fields: str) -> Errors:
    if old.get("immutable") is not True:
        return
    words = f"{IMMUTABLE} when `immutable` is set"
    if body.get("immutable") is not True:
        yield forbidden("immutable", words)
    for field in fields:
        if (body.get(field) or None) != (old.get(field) or None):
            yield forbidden(field, words)


def secret(body: Object) -> Errors:
    """A Secret, whose texts are encoded already."""
    data = string_map(body, "data")
    for key in data:
        yield from each(f"data[{key}]", key, formats.config_key(key))
    if sum(len(_decoded(value)) for value in data.values()) > LIMIT:
        yield too_long("data", LIMIT)
    yield from _of_type(body, data, text(body, "type", "Opaque"))


def _of_type(body: Object, data: dict[str, str], kind: str) -> Errors:
    match kind:
        case "kubernetes.io/service-account-token":
            annotation = "kubernetes.io/service-account.name"
            if not mapping(body, "metadata", "annotations").get(annotation):
                yield required(f"metadata.annotations[{annotation}]")
        case "kubernetes.io/dockercfg" | "kubernetes.io/dockerconfigjson":
            yield from _json(data, _JSON_TYPES[kind])
        case "kubernetes.io/basic-auth":
            if "username" not in data and "password" not in data:
                yield required("data[username]")
                yield required("data[password]")
        case "kubernetes.io/ssh-auth":
            if not data.get("ssh-privatekey"):
                yield required("data[ssh-privatekey]")
        case "kubernetes.io/tls":
            for key in ("tls.crt", "tls.key"):
                if key not in data:
                    yield required(f"data[{key}]")


def _json(data: dict[str, str], key: str) -> Errors:
    if key not in data:
        yield required(f"data[{key}]")
        return
    try:
        found = json.loads(_decoded(data[key]))
    except ValueError:
        found = None
    if not isinstance(found, dict):
        words = "unexpected end of JSON input" if not data[key] else "invalid character in JSON"
        yield invalid(f"data[{key}]", "<secret contents redacted>", words)


def _decoded(value: str) -> bytes:
    try:
        return base64.b64decode(value)
    except (binascii.Error, ValueError):
        return value.encode()


def secret_unchanged(body: Object, old: Object) -> Errors:
    """The type of a Secret never changes, and data that is immutable neither."""
    new, before = text(body, "type", "Opaque"), text(old, "type", "Opaque")
    if new != before:
        yield invalid("type", new, IMMUTABLE)
    yield from _immutable(body, old, "data")
