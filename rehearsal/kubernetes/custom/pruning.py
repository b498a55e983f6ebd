"""What the server does to a custom resource before it judges it: it drops fields and null, and sets defaults.

https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#field-pruning
"""

# belief: K8S-custom-resources-are-pruned

from __future__ import annotations

import copy
from typing import Any

from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.schemas.decoding import Decoded, decode
from rehearsal.kubernetes.schemas.schema import Schema


def pruned(body: Object, schema: Schema, metadata: Schema) -> Decoded:
    """The object without the fields that its schema does not have, and their paths.

    Args:
        body: The object.
        schema: The schema of its version.
        metadata: The schema of metadata, of the object and of embedded ones.

    Raises:
        DecodingError: Its metadata has a value of a wrong type.
    """
    unknown: list[str] = []
    result: Object = _prune(body, schema, metadata, "", unknown)
    return Decoded(result, sorted(unknown))


def _prune(value: Any, schema: Schema, metadata: Schema, path: str, unknown: list[str]) -> Any:
    if isinstance(value, list):
        items = enumerate(value)
        return [_prune(each, schema.item, metadata, f"{path}[{i}]", unknown) for i, each in items]
    if isinstance(value, float) and value.is_integer():
        return int(value)  # the server keeps 2.0 as 2
    if not isinstance(value, dict) or schema.kind not in ("object", "map"):
        return value
    result: Object = {}
    for name, each in value.items():
        at = f"{path}.{name}" if path else name
        if schema.metadata and name == "metadata":
            if each is None:
                continue
            decoded = decode(each, metadata)
            unknown += [f"{at}.{below}" for below in decoded.unknown]
            result[name] = decoded.value
        elif name in schema.fields:
            result[name] = _prune(each, schema.fields[name], metadata, at, unknown)
        elif schema.kind == "map":
            result[name] = _prune(each, schema.item, metadata, at, unknown)
        elif schema.preserves:
            result[name] = each
        else:
            unknown.append(at)
    return result


def with_defaults(value: Any, schema: Schema) -> Any:
    """A value with the defaults of its schema, and without null where null is not allowed."""
    if isinstance(value, list):
        return [with_defaults(each, schema.item) for each in value]
    if not isinstance(value, dict):
        return value
    result = {
        name: with_defaults(each, schema.below(name))
        for name, each in value.items()
        if each is not None or not _refuses_null(schema, name)
    }
    for name, described in schema.fields.items():
        if name not in result and "default" in described.raw:
            result[name] = with_defaults(copy.deepcopy(described.raw["default"]), described)
    return result


def _refuses_null(schema: Schema, name: str) -> bool:
    described = schema.fields.get(name) or schema.values
    return described is not None and bool(described.raw) and not described.raw.get("nullable")
