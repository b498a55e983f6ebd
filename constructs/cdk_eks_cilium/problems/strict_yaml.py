"""Strict YAML: each key at most once, and every error with its line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import yaml

from .problem import InputError, Problem

_ONCE: Final = "must have each key once"


class StrictLoader(yaml.SafeLoader):
    """PyYAML's safe loader, but a repeated key is an error, where PyYAML lets the last value win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Return the mapping; refuse a repeated key, with the line of the first."""
        lines: dict[Any, int] = {}
        for key_node, _ in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                continue
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, (str, int, float, bool)):
                continue
            if key in lines:
                again = f"{_ONCE}, and line {lines[key]} has {key!r} already"
                raise yaml.constructor.ConstructorError(None, None, again, key_node.start_mark)
            lines[key] = key_node.start_mark.line + 1
        return super().construct_mapping(node, deep=True)


def read_document(text: bytes | str, name: str) -> Any:
    """Return the content of the only document in *text*; None for an empty document.

    Raises:
        InputError: If *text* is not valid YAML of this kind, with the line where PyYAML knows it.
    """
    try:
        return yaml.load(text, Loader=StrictLoader)  # noqa: S506  (a safe loader, made stricter)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InputError([_problem(name, error)], f"{name}: 1 problem") from None


def read_documents(text: bytes | str, name: str) -> Iterator[tuple[int, Any]]:
    """Yield the first line and the content of each document in *text*, except of empty documents.

    Raises:
        InputError: If *text* is not valid YAML of this kind, with the line where PyYAML knows it.
    """
    try:
        loader = StrictLoader(text)
        while loader.check_node():
            node = loader.get_node()
            value = loader.construct_document(node) if node is not None else None
            if node is not None and value is not None:
                yield node.start_mark.line + 1, value
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InputError([_problem(name, error)], f"{name}: 1 problem") from None


def _problem(name: str, error: Exception) -> Problem:
    if isinstance(error, RecursionError):
        return Problem(name, "must not be nested so deep", id="CEK0001")
    if not isinstance(error, yaml.YAMLError):
        # A date with a thirteenth month, an integer of thousands of digits.
        return Problem(name, f"must not have an invalid value ({error})", id="CEK0002")
    if not isinstance(error, yaml.MarkedYAMLError):
        return Problem(name, f"must be text ({' '.join(str(error).split())})", id="CEK0003")
    mark = error.problem_mark or error.context_mark
    where = f"{name} line {mark.line + 1}" if mark else name
    words = error.problem or error.context or "cannot be read"
    if "'\\t'" in words:
        return Problem(
            where,
            "must be indented with spaces, not with a tab",
            fix="replace the tab with spaces",
            id="CEK0004",
        )
    if words.startswith(_ONCE):
        return Problem(where, f"{_ONCE}{words.removeprefix(_ONCE)}", fix="remove one of them", id="CEK0005")
    return Problem(where, f"must be YAML ({words})", id="CEK0006")
