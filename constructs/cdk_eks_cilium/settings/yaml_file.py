"""Reads a YAML file with one mapping."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from cdk_eks_cilium.problems import CallError, InputError, Problem
from cdk_eks_cilium.problems.bounds import SETTINGS, read_bounded
from cdk_eks_cilium.problems.strict_yaml import read_document, written
from cdk_eks_cilium.problems.wording import Written, unwritten


def read_mapping(path: Path) -> tuple[dict[Any, Any], Written]:
    """Read a YAML file with a mapping at its top, and how it writes each value; an empty file is empty.

    Raises:
        CallError: If the file cannot be read.
        InputError: If it is not YAML of this kind, with the line where it is known.
    """
    try:
        text = read_bounded(path, SETTINGS)
    except FileNotFoundError:
        raise _unreadable(path, Problem(str(path), "must be a file that exists", id="CEK1087")) from None
    except OSError as error:
        rule = f"must be a readable file ({(error.strerror or str(error)).lower()})"
        raise _unreadable(path, Problem(str(path), rule, id="CEK1088")) from None
    data = read_document(text, path.name, SETTINGS)
    if data is None:
        return {}, unwritten
    if not isinstance(data, dict):
        rule = "must have a mapping at its top, lines of 'key: value'"
        got = data if len(repr(data)) < 80 else type(data).__name__
        raise InputError([Problem(path.name, rule, got, id="CEK1089")], f"{path.name}: 1 problem")
    return data, partial(written, text)


def _unreadable(path: Path, problem: Problem) -> CallError:
    return CallError([problem], f"{path.name or path}: 1 problem")
