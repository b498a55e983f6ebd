"""Metrics in Prometheus' text format.

https://github.com/prometheus/docs/blob/main/docs/instrumenting/exposition_formats.md
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

_SAMPLE: Final = re.compile(r"([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?")
_LABEL: Final = re.compile(r'([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"')
_ESCAPED: Final = re.compile(r"\\(.)")


@dataclass(frozen=True)
class Sample:
    """A sample.

    Attributes:
        name: Its name.
        labels: Its labels.
        value: Its value.
    """

    name: str
    labels: Mapping[str, str]
    value: float


def samples(text: str, names: Iterable[str]) -> Iterator[Sample]:
    """The samples of some names, in their order. Comments, and lines of another form, are left out."""
    wanted = tuple(names)
    for line in text.splitlines():
        # Most lines are buckets of histograms, which nobody asks for.
        if not line.startswith(wanted):
            continue
        match = _SAMPLE.fullmatch(line.strip())
        if match is None or match[1] not in wanted:
            continue
        try:
            value = float(match[3])
        except ValueError:
            continue
        yield Sample(match[1], dict(_labels(match[2] or "")), value)


def _labels(text: str) -> Iterator[tuple[str, str]]:
    for name, value in _LABEL.findall(text):
        yield name, _ESCAPED.sub(lambda match: "\n" if match[1] == "n" else match[1], value)
