"""Validators that pydantic's fields share, in the words of our errors."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from pydantic import AfterValidator, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from cdk_eks_cilium.problems import Problem, refusal, refuse


@dataclass(frozen=True)
class Shape:
    """Text of one form: a validator, and a pattern in the JSON Schema.

    Attributes:
        pattern: The regular expression that the whole text must match.
        rule: The same in words, as a clause.
        fix: What to write instead: a clause, or a function of the refused text.
        id: The stable name of the rule.
    """

    pattern: str
    rule: str
    fix: str | Callable[[str], str] = ""
    id: str = field(default="", kw_only=True)

    def check(self, value: str) -> str:
        """Return *value*, or refuse it."""
        if not re.fullmatch(self.pattern, value):
            raise refusal(self.rule, self.fix if isinstance(self.fix, str) else self.fix(value), id=self.id)
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(core), "pattern": f"^(?:{self.pattern})$"}


def refused_by(problems: Callable[[str, str], Iterable[Problem]]) -> AfterValidator:
    """Return a validator that refuses a value with its first problem."""

    def check(value: str) -> str:
        refuse(islice(problems("", value), 1))
        return value

    return AfterValidator(check)
