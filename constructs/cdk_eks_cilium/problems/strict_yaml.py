"""YAML read strictly: each key once, and every error with its line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import yaml

from .problem import InputError, Problem

_ONCE: Final = "may give each key once"


class StrictLoader(yaml.SafeLoader):
    """PyYAML's safe loader, but a key given twice is an error and not the last one's win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """The mapping; a key that is there twice is refused with the line of the first."""
        lines: dict[Any, int] = {}
        for key_node, _ in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                continue
            key = self.construct_object(key_node, deep=True)
            line = key_node.start_mark.line + 1
            if isinstance(key, (str, int, float, bool)) and key in lines:
                raise yaml.constructor.ConstructorError(
                    None,
                    None,
                    f"{_ONCE}, and {key!r} is in line {lines[key]} already",
                    key_node.start_mark,
                )
            if isinstance(key, (str, int, float, bool)):
                lines[key] = line
        return super().construct_mapping(node, deep=True)


def read_document(text: bytes | str, name: str) -> Any:
    """What the one document in *text* says; None for an empty one.

    Args:
        text: YAML.
        name: The file to blame.

    Raises:
        InputError: If it is no such YAML, with the line where there is one.
    """
    try:
        return yaml.load(text, Loader=StrictLoader)  # noqa: S506  (a safe loader, made stricter)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InputError([_problem(name, error)], f"{name}: 1 problem") from None


def read_documents(text: bytes | str, name: str) -> Iterator[tuple[int, Any]]:
    """What each document in *text* says, with the line that it begins in; empty ones are left out.

    Args:
        text: YAML, documents apart by lines of ``---``.
        name: The file to blame.

    Raises:
        InputError: If it is no such YAML, with the line where there is one.
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
        return Problem(name, "is nested too deep", id="CEK0001")
    if not isinstance(error, yaml.YAMLError):
        # A date with a thirteenth month, an integer of thousands of digits.
        return Problem(name, f"has a value that is none ({error})", id="CEK0002")
    if not isinstance(error, yaml.MarkedYAMLError):
        return Problem(name, f"must be text ({' '.join(str(error).split())})", id="CEK0003")
    mark = error.problem_mark or error.context_mark
    where = f"{name} line {mark.line + 1}" if mark else name
    words = error.problem or error.context or "cannot be read"
    if "'\\t'" in words:
        return Problem(
            where,
            "must be indented with spaces, and there is a tab",
            fix="replace the tab by spaces",
            id="CEK0004",
        )
    if words.startswith(_ONCE):
        return Problem(where, f"{_ONCE}{words.removeprefix(_ONCE)}", fix="remove one of them", id="CEK0005")
    return Problem(where, f"must be YAML ({words})", id="CEK0006")
