"""Reads a YAML file strictly: one mapping, each key once, every error with its line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from cdk_eks_cilium.problems import InputError, Problem


class _StrictLoader(yaml.SafeLoader):
    """PyYAML's safe loader, but a key given twice is an error and not the last one's win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
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
                    f"may give each key once, and {key!r} is in line {lines[key]} already",
                    key_node.start_mark,
                )
            if isinstance(key, (str, int, float, bool)):
                lines[key] = line
        return super().construct_mapping(node, deep=True)


def read_mapping(path: Path) -> dict[Any, Any]:
    """Read a YAML file with a mapping at its top; an empty file is an empty one.

    Raises:
        InputError: If the file cannot be read or is not such YAML, with the line where there is one.
    """
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        raise _unreadable(path, Problem(str(path), "must be a settings file, and there is none")) from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise _unreadable(path, Problem(str(path), f"must be a readable file ({reason.lower()})")) from None
    try:
        data = yaml.load(text, Loader=_StrictLoader)  # noqa: S506  (a safe loader, made stricter)
    except yaml.YAMLError as error:
        raise _unreadable(path, _yaml_problem(path, error)) from None
    except (ValueError, RecursionError) as error:
        # A date with a thirteenth month, an integer of thousands of digits, a hundred brackets in a row.
        words = (
            "is nested too deep"
            if isinstance(error, RecursionError)
            else f"has a value that is none ({error})"
        )
        raise _unreadable(path, Problem(path.name, words)) from None
    if data is None:
        return {}
    if not isinstance(data, dict):
        rule = "must have a mapping at its top, lines of 'key: value'"
        raise _unreadable(
            path, Problem(path.name, rule, data if len(repr(data)) < 80 else type(data).__name__)
        )
    return data


def _unreadable(path: Path, problem: Problem) -> InputError:
    return InputError([problem], f"{path.name}: 1 problem")


def _yaml_problem(path: Path, error: yaml.YAMLError) -> Problem:
    if not isinstance(error, yaml.MarkedYAMLError):
        return Problem(path.name, f"must be text ({' '.join(str(error).split())})")
    mark = error.problem_mark or error.context_mark
    where = f"{path.name} line {mark.line + 1}" if mark else path.name
    words = error.problem or error.context or "cannot be read"
    if "'\\t'" in words:
        return Problem(
            where, "must be indented with spaces, and there is a tab", fix="replace the tab by spaces"
        )
    if words.startswith("may give"):
        return Problem(where, words, fix="remove one of them")
    return Problem(where, f"must be YAML ({words})")
