"""What the server's decoder does with an object: it reads typed fields and drops the rest.

The words are from Go's ``encoding/json`` and its strict variant in https://github.com/kubernetes-sigs/json.
The result is what an answer of the server has: values in canonical form, and empty values left out where the
Go type says so. One difference stays: a required list that is missing is ``null`` in the server's answers,
and is missing here.
"""

# belief: K8S-decoding

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from typing import Any, Final

from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.schemas import times
from rehearsal.kubernetes.schemas.schema import Schema
from rehearsal.kubernetes.validation import quantities

_LIMITS: Final = {"int32": 2**31, "int64": 2**63, "int": 2**63}
_QUANTITY: Final = "^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$"
_ZERO: Final = {
    "string": "",
    "integer": 0,
    "number": 0,
    "boolean": False,
    "int-or-string": 0,
    "quantity": "0",
    "bytes": "",
}


class DecodingError(Exception):
    """A value that does not fit its type, in the decoder's words."""


@dataclass
class Decoded:
    """A decoded object, and the paths of the fields that its type does not have."""

    value: Object
    unknown: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Place:
    """Where the decoder is: the path, and what its messages name instead of it."""

    path: str = ""
    struct: str = ""
    stack: str = ""

    def field(self, struct: str, name: str, embedded: str) -> _Place:
        stack = f"{embedded}.{name}" if embedded else name
        return _Place(
            f"{self.path}.{name}" if self.path else name,
            struct.rpartition(".")[2],
            f"{self.stack}.{stack}" if self.stack else stack,
        )

    def at(self, text: str) -> _Place:
        return _Place(self.path + text, self.struct, self.stack)


def decode(value: Any, schema: Schema) -> Decoded:
    """Decode an object.

    Raises:
        DecodingError: A value has the wrong type.
    """
    walker = _Decoder()
    return Decoded(walker.decode(value, schema, _Place()), walker.unknown)


class _Decoder:
    def __init__(self) -> None:
        self.unknown: list[str] = []

    def decode(self, value: Any, schema: Schema, place: _Place) -> Any:
        """A value that is not null, decoded."""
        match schema.kind:
            case "any":
                return value
            case "object":
                return self._object(value, schema, place)
            case "map":
                return self._map(value, schema, place)
            case "list":
                return self._list(value, schema, place)
        return _scalar(value, schema, place)

    # belief: K8S-decoding
    def _object(self, value: Any, schema: Schema, place: _Place) -> Object:
        if not isinstance(value, dict):
            raise _mismatch(value, schema.go, place)
        result: Object = {}
        for name, each in value.items():
            described = schema.fields.get(name)
            if described is None:
                if schema.preserves:
                    result[name] = each
                else:
                    self.unknown.append(f"{place.path}.{name}" if place.path else name)
            elif each is not None:
                at = place.field(schema.go, name, described.embedded)
                decoded = self.decode(each, described, at)
                if decoded or not _is_left_out(described):
                    result[name] = decoded
        self._fill(result, schema, place)
        return result

    def _fill(self, result: Object, schema: Schema, place: _Place) -> None:
        """Add what Go has without being told: structs, and scalars that answers never leave out."""
        for name, described in schema.fields.items() if schema.go else ():
            if name in result or described.pointer:
                continue
            if described.kind == "object":
                result[name] = self.decode({}, described, place.field(schema.go, name, described.embedded))
            elif described.kind in _ZERO and (not described.omitted or described.kind == "int-or-string"):
                result[name] = _ZERO[described.kind]

    # belief: K8S-decoding
    def _map(self, value: Any, schema: Schema, place: _Place) -> Object:
        if not isinstance(value, dict):
            raise _mismatch(value, schema.go, place)
        return {key: self._member(each, schema.item, place.at(f".{key}")) for key, each in value.items()}

    # belief: K8S-decoding
    def _list(self, value: Any, schema: Schema, place: _Place) -> list[Any]:
        if not isinstance(value, list):
            raise _mismatch(value, schema.go, place)
        return [self._member(each, schema.item, place.at(f"[{i}]")) for i, each in enumerate(value)]

    def _member(self, value: Any, schema: Schema, place: _Place) -> Any:
        """An item of a list or a value of a map, where null is an empty value."""
        if value is not None:
            return self.decode(value, schema, place)
        if schema.kind == "object":
            return self.decode({}, schema, place)
        return _ZERO.get(schema.kind)


def _is_left_out(schema: Schema) -> bool:
    """Whether an answer leaves out an empty value."""
    if schema.kind in ("list", "map"):
        return schema.omitted
    return schema.kind in ("string", "integer", "number", "boolean", "bytes") and (
        schema.omitted and not schema.pointer
    )


# belief: K8S-decoding
def _scalar(value: Any, schema: Schema, place: _Place) -> Any:
    match schema.kind:
        case "string" | "boolean":
            wanted = str if schema.kind == "string" else bool
            if not isinstance(value, wanted):
                raise _mismatch(value, schema.go, place)
            return value
        case "integer":
            return _integer(value, schema.go, place)
        case "number":
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise _mismatch(value, schema.go, place)
            return value
        case "int-or-string":
            return value if isinstance(value, str) else _integer(value, "int32", place)
        case "bytes":
            if not isinstance(value, str):
                raise _mismatch(value, schema.go, place)
            return _base64(value)
        case "quantity":
            return _quantity(value)
    if not isinstance(value, str):
        raise _mismatch(value, "string", place)
    return _time(value, schema.kind == "micro-time")


# belief: K8S-decoding
def _integer(value: Any, go: str, place: _Place) -> int:
    limit = _LIMITS.get(go, 2**63)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _mismatch(value, go, place)
    if isinstance(value, float) or not -limit <= value < limit:
        raise _mismatch(value, go, place, f"number {value}")
    return value


# belief: K8S-decoding
def _quantity(value: Any) -> str:
    if isinstance(value, bool) or quantities.parsed(value) is None:
        raise DecodingError(f"quantities must match the regular expression '{_QUANTITY}'")
    return quantities.shown(value)


# belief: K8S-decoding
def _time(value: str, micro: bool) -> str:
    try:
        return times.canonical(value, micro=micro)
    except ValueError as error:
        raise DecodingError(str(error)) from None


# belief: K8S-decoding
def _base64(text: str) -> str:
    plain = re.sub(r"[\r\n]", "", text)
    if wrong := re.search(r"[^A-Za-z0-9+/=]|=(?!=?$)", plain):
        raise DecodingError(f"illegal base64 data at input byte {wrong.start()}")
    try:
        return base64.b64encode(base64.b64decode(plain, validate=True)).decode()
    except binascii.Error:
        raise DecodingError(f"illegal base64 data at input byte {len(plain) // 4 * 4}") from None


# belief: K8S-decoding
def _mismatch(value: Any, go: str, place: _Place, what: str = "") -> DecodingError:
    where = f"Go struct field {place.struct}.{place.stack}" if place.stack else "Go value"
    return DecodingError(f"json: cannot unmarshal {what or kind_of(value)} into {where} of type {go}")


def kind_of(value: Any) -> str:
    """What Go calls a JSON value."""
    match value:
        case bool():
            return "bool"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case None:
            return "null"
    return "object"


def go_text(value: Any) -> str:
    """A value as Go prints it."""
    match value:
        case None:
            return "<nil>"
        case bool():
            return str(value).lower()
        case dict():
            return "map[" + " ".join(f"{key}:{go_text(value[key])}" for key in sorted(value)) + "]"
        case list():
            return "[" + " ".join(map(go_text, value)) + "]"
    return str(value)
