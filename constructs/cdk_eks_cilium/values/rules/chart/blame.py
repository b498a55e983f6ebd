"""Which setting a chart value comes from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cdk_eks_cilium.problems import MISSING
from cdk_eks_cilium.values.model import CiliumValues
from cdk_eks_cilium.values.model.marks import plain
from cdk_eks_cilium.values.model.typed_fields import TYPED_FIELDS, is_used, value_at


class Blame:
    """Finds the setting behind a chart value.

    Args:
        values: The settings of Cilium.
        where: Their place, such as ``cilium``.
    """

    def __init__(self, values: CiliumValues, where: str) -> None:
        self.values = values
        self.where = where

    def first(self, paths: Iterable[str]) -> tuple[str, Any]:
        """The setting to name for several chart values, with its value: the first that somebody set.

        If nobody set any, it is the override for the first.
        """
        listed = list(paths)
        for path in listed:
            if (found := self.of(path)) is not None:
                return found
        return f"{self.where}.overrides.{listed[0]}", MISSING

    def settings(self, paths: Iterable[str]) -> frozenset[str]:
        """The names of all settings behind chart values that somebody set."""
        return frozenset(found[0] for path in paths if (found := self.of(path)) is not None)

    def of(self, path: str) -> tuple[str, Any] | None:
        """The setting that decides the chart value at *path*, with its value; None for a default."""
        return self._override(path) or self._typed(path)

    def _override(self, path: str) -> tuple[str, Any] | None:
        value: Any = self.values.overrides
        at = f"{self.where}.overrides"
        for name in path.split("."):
            if not isinstance(value, Mapping):
                return at, value
            if name not in value:
                return None
            value, at = value[name], f"{at}.{name}"
        return at, MISSING if isinstance(value, Mapping) else value

    def _typed(self, path: str) -> tuple[str, Any] | None:
        for field in TYPED_FIELDS:
            written = any(path in mark.keys.split() for mark in field.marks)
            if written and is_used(self.values, field.path):
                value = plain(value_at(self.values, field.path))
                return f"{self.where}.{field.path}", MISSING if isinstance(value, Mapping) else value
        return None
