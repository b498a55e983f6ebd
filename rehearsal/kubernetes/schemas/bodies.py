"""JSON and YAML as the server reads them, with the keys that a mapping has twice."""

# belief: K8S-bodies

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

_GO: Final = {
    "Expecting value": "looking for beginning of value",
    "Expecting property name enclosed in double quotes": "looking for beginning of object key string",
    "Illegal trailing comma before end of object": "looking for beginning of object key string",
    "Illegal trailing comma before end of array": "looking for beginning of value",
    "Expecting ':' delimiter": "after object key",
    "Expecting ',' delimiter": "after object key:value pair",
    "Extra data": "after top-level value",
}
"""What Go says where Python's parser says something else."""


class BodyError(Exception):
    """A body that cannot be parsed, in the server's words."""


@dataclass
class Parsed:
    """The value of a body, and what a strict reader complains about."""

    value: Any
    complaints: list[str] = field(default_factory=list)


class _Twice(dict[str, Any]):
    """A mapping with a key twice; ``again`` are the keys that come another time."""

    again: list[str]


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    plain = dict(pairs)
    if len(plain) == len(pairs):
        return plain
    found, seen = _Twice(plain), set[str]()
    found.again = [key for key, _ in pairs if key in seen or seen.add(key)]  # type: ignore[func-returns-value]
    return found


# belief: K8S-bodies
def parse_json(body: bytes) -> Parsed:
    """The value of a JSON body.

    Raises:
        BodyError: It is not JSON, or too deep.
    """
    text = body.decode("utf-8", errors="replace")
    try:
        value = json.loads(text, object_pairs_hook=_mapping, parse_constant=_refuse_constant)
        # Half of a surrogate pair is not a character: Go puts U+FFFD in its place.
        value = _without_surrogates(value) if "\\u" in text else value
        return Parsed(value, [f'duplicate field "{path}"' for path in _repeated(value, "")])
    except json.JSONDecodeError as error:
        raise BodyError(_go_words(error)) from None
    except RecursionError:
        raise BodyError("exceeded max depth") from None


# belief: K8S-bodies
def parse_yaml(body: bytes) -> Parsed:
    """The value of a YAML body: its first document.

    Raises:
        BodyError: It is not YAML, or has what JSON cannot say.
    """
    if body.lstrip()[:1] == b"{":
        try:
            parsed = parse_json(body)
        except BodyError:
            pass  # YAML has mappings between braces, too
        else:
            if not parsed.complaints:
                return parsed
    text = body.decode("utf-8", errors="replace")
    try:
        loader = _Loader(text)
        node = loader.get_node() if loader.check_node() else None
        value = None if node is None else loader.construct_document(node)
        return Parsed(_as_json(value), [] if node is None else list(_repeated_in_yaml(node)))
    except yaml.YAMLError as error:
        raise BodyError(f"yaml: {_yaml_words(error)}") from None
    except RecursionError:
        raise BodyError("yaml: exceeded max depth") from None


class _Loader(yaml.SafeLoader):
    """YAML without what JSON has not: a date stays text, and keys become text."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        self.flatten_mapping(node)
        pairs = ((self.construct_object(key, deep=True), value) for key, value in node.value)
        return {_key(key): self.construct_object(value, deep=deep) for key, value in pairs}


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


# belief: K8S-bodies
def _refuse_constant(name: str) -> Any:
    raise BodyError(f"invalid character '{name.lstrip('-')[0]}' looking for beginning of value")


def _go_words(error: json.JSONDecodeError) -> str:
    if error.pos >= len(error.doc.rstrip()) or error.msg.startswith("Unterminated"):
        return "unexpected end of JSON input"
    position = error.pos
    if error.msg == "Expecting value" and error.doc[position] in ",":
        return "invalid character ',' looking for beginning of value"
    where = next((words for start, words in _GO.items() if error.msg.startswith(start)), "in string literal")
    return f"invalid character {json.dumps(error.doc[position])[1:-1]!r} {where}"


def _yaml_words(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    problem = problem.replace(
        "mapping values are not allowed here", "mapping values are not allowed in this context"
    )
    return f"line {mark.line + 1}: {problem}" if mark and mark.line else problem


def _repeated(value: Any, path: str) -> Iterator[str]:
    """The paths of keys that a mapping has twice."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _repeated(each, f"{path}.{key}" if path else key)
        if isinstance(value, _Twice):
            yield from (f"{path}.{key}" if path else key for key in value.again)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _repeated(each, f"{path}[{index}]")


def _repeated_in_yaml(node: yaml.Node) -> Iterator[str]:
    found = sorted(_repeated_keys(node))
    if found:
        lines = "".join(f'\n  line {line}: key "{key}" already set in map' for line, key in found)
        yield f"yaml: unmarshal errors:{lines}"


def _repeated_keys(node: yaml.Node) -> Iterator[tuple[int, str]]:
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _repeated_keys(item)
    elif isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            yield from _repeated_keys(value)
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    yield key.start_mark.line + 1, key.value
                seen.add(key.value)


# belief: K8S-bodies
def _as_json(value: Any) -> Any:
    """A value of YAML as JSON has it: keys are text."""
    match value:
        case dict():
            return {_key(key): _as_json(each) for key, each in value.items()}
        case list():
            return [_as_json(each) for each in value]
        case float() if not math.isfinite(value):
            raise BodyError(f"error converting YAML to JSON: json: unsupported value: {value}")
        case bytes():
            return value.decode("latin-1")
        case str() | bool() | int() | float() | None:
            return value
    raise BodyError(f"error converting YAML to JSON: {type(value).__name__} is not a value of JSON")


def _key(key: Any) -> str:
    match key:
        case str():
            return key
        case bool():
            return str(key).lower()
        case None:
            return "null"
    return str(key)


def _without_surrogates(value: Any) -> Any:
    match value:
        case str():
            return re.sub("[\ud800-\udfff]", "\ufffd", value)
        case _Twice():
            result = _Twice({_without_surrogates(k): _without_surrogates(v) for k, v in value.items()})
            result.again = value.again
            return result
        case dict():
            return {_without_surrogates(key): _without_surrogates(each) for key, each in value.items()}
        case list():
            return [_without_surrogates(each) for each in value]
    return value
