"""What the models share: the base of the library's models, and how a section may be written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from cdk_eks_cilium.problems.model import Model as Closed

__all__ = ["Closed", "ShortForm", "each"]


@dataclass(frozen=True)
class ShortForm:
    """A section that may also be written as the text of one of its fields, as in ``encryption: wireguard``.

    Attributes:
        field: Name of that field.
    """

    field: str

    def _whole(self, given: Any) -> Any:
        return {self.field: given} if isinstance(given, str) else given

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._whole, handler(source))

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        section = handler(core)
        field = handler.resolve_ref_schema(section)["properties"][self.field]
        branches = field.get("anyOf", [field])
        texts = [word for branch in branches for word in branch.get("enum", [])]
        return {"anyOf": [{"type": "string", "enum": texts}, section]}


def each(check: Callable[[str], None]) -> Callable[[tuple[str, ...]], tuple[str, ...]]:
    """A validator of a tuple that calls *check* with every text in it."""

    def all_of(given: tuple[str, ...]) -> tuple[str, ...]:
        for text in given:
            check(text)
        return given

    return all_of
