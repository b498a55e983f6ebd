"""Expressions and texts that tell readings apart, and RE2 itself where it is installed."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
from hypothesis import strategies as st

PARTS = [
    *"abKs/ ()[]|.^$*+?\\-:,1}<>=!é\n_",
    *("{2}", "{1,3}", "{2,}", "{,3}", "{0}", "{01}", "[ab]", "[^a]", "[a-z]", "[^/]"),
    *("[:alpha:]", "[:^digit:]", "[[:alpha:]]", "[[:^space:]]", "(?i)", "(?s)", "(?m)", "(?U)", "(?-i:"),
    *("(?:", "(?P<n>", "(?<m>", "(?=", "(?!", "(?)", "(?i-)", r"\d", r"\w", r"\W", r"\s", r"\b", r"\B"),
    *(r"\A", r"\z", r"\Z", r"\Q", r"\E", r"\pN", r"\p{L}", r"\p{^Lu}", r"\P{Xx}", r"\x41", r"\x{41}"),
    *(r"\1", r"\12", r"\0", r"\_", r"\-", r"\k", r"\."),
]

LETTERS = "abABkKsSſ\u212a/\n 0éÉ-._\t\v"


def expressions() -> st.SearchStrategy[str]:
    """Parts of expressions in a row, valid or not."""
    return st.lists(st.sampled_from(PARTS), max_size=8).map("".join)


def texts() -> st.SearchStrategy[str]:
    """Short texts of letters that classes and flags tell apart."""
    return st.text(LETTERS, max_size=6)


def real() -> ModuleType:
    """RE2 by its own binding, which has no wheels for some platforms."""
    module: Any = pytest.importorskip("re2")
    return _Quiet(module)  # type: ignore[return-value]


class _Quiet:
    """The binding without its log."""

    def __init__(self, module: Any) -> None:
        self.error = module.error
        self._module = module
        self._options = module.Options()
        self._options.log_errors = False

    def compile(self, text: str) -> Any:
        """The compiled expression."""
        return self._module.compile(text, self._options)
