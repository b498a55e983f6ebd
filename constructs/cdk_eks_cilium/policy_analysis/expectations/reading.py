"""Reads a file of expectations, and remembers where each of them is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import yaml

from cdk_eks_cilium.problems import CallError, InputError, Problem
from cdk_eks_cilium.problems.bounds import SETTINGS, read_bounded
from cdk_eks_cilium.problems.strict_yaml import read_document, written

from .model import Expectation, ExpectationFile


@dataclass(frozen=True)
class WrittenExpectations:
    """Expectations with the lines of their file, from 1, in the same order.

    Attributes:
        file: The file, as it was named.
        expectations: The expectations.
        lines: The line where each begins.
    """

    file: str
    expectations: tuple[Expectation, ...]
    lines: tuple[int, ...]


def read_expectations(file: Path) -> WrittenExpectations:
    """Read a file of expectations.

    Raises:
        CallError: If it cannot be read.
        InputError: For everything wrong in it, all at once.
    """
    try:
        text = read_bounded(file, SETTINGS)
    except OSError as error:
        rule = f"must be a readable file ({(error.strerror or str(error)).lower()})"
        raise CallError([Problem(str(file), rule, id="CEK5308")]) from None
    data = read_document(text, str(file), SETTINGS)
    if not isinstance(data, Mapping):
        rule, fix = "must have a mapping at its top", "begin with 'expectations:'"
        raise InputError([Problem(str(file), rule, fix=fix, id="CEK5309")])
    read = ExpectationFile.read(dict(data), f"{file}: ", written=partial(written, text))
    return WrittenExpectations(str(file), read.expectations, tuple(_lines(text)))


def _lines(text: bytes | str) -> list[int]:
    """The lines of the items of ``expectations``, in a text that was read before."""
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
        if key.value == "expectations":
            return [item.start_mark.line + 1 for item in value.value]
    return []
