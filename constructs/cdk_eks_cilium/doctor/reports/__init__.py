"""The outcome as text, JSON, SARIF and JUnit.

Each report is a text that ends with a line break. None of them knows the checks: they are given the titles of
categories.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from . import as_json, junit, sarif, text
from .report import NOT_KNOWN, Report, exit_status, summary

FORMATS: Final[Mapping[str, Callable[[Report], str]]] = {
    "text": text.render,
    "json": as_json.render,
    "sarif": sarif.render,
    "junit": junit.render,
}
"""The reports, by the names of their formats."""

__all__ = ["FORMATS", "NOT_KNOWN", "Report", "exit_status", "summary"]
