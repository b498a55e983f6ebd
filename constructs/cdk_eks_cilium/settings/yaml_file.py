"""Reads a YAML file with one mapping in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cdk_eks_cilium.problems import InputError, Problem
from cdk_eks_cilium.problems.strict_yaml import read_document


def read_mapping(path: Path) -> dict[Any, Any]:
    """Read a YAML file with a mapping at its top; an empty file is an empty one.

    Raises:
        InputError: If the file cannot be read or is not such YAML, with the line where there is one.
    """
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        raise _unreadable(
            path, Problem(str(path), "must be a settings file, and there is none", id="CEK1091")
        ) from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise _unreadable(
            path, Problem(str(path), f"must be a readable file ({reason.lower()})", id="CEK1092")
        ) from None
    data = read_document(text, path.name)
    if data is None:
        return {}
    if not isinstance(data, dict):
        rule = "must have a mapping at its top, lines of 'key: value'"
        raise _unreadable(
            path,
            Problem(path.name, rule, data if len(repr(data)) < 80 else type(data).__name__, id="CEK1093"),
        )
    return data


def _unreadable(path: Path, problem: Problem) -> InputError:
    return InputError([problem], f"{path.name}: 1 problem")
