"""The typed values that an import wants, and what becomes of the refused ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cdk_eks_cilium.problems import MISSING, InputError, Problem
from cdk_eks_cilium.values.model import CiliumValues

from .remaining import Remaining


@dataclass(frozen=True)
class Wish:
    """A typed value that is wanted.

    Attributes:
        value: The value, as the model takes it.
        key: The chart value that it comes from, or several with spaces between.
        given: That chart value; `MISSING` where the file leaves it out.
        raw: Whether overrides may set the chart value, if the field cannot.
    """

    value: Any
    key: str
    given: Any = MISSING
    raw: bool = False


@dataclass
class Wanted:
    """Typed values by their dotted paths, and the model that they make."""

    wishes: dict[str, Wish] = field(default_factory=dict)

    def model(self, rest: Remaining) -> CiliumValues:
        """The typed values; what the model refuses goes back to the overrides, or is dropped."""
        while True:
            try:
                return CiliumValues.read(self._nested())
            except InputError as error:
                if not any(self.refuse(problem, rest) for problem in error.problems):
                    raise

    def refuse(self, problem: Problem, rest: Remaining, prefix: str = "") -> bool:
        """Drop the wish that a problem blames, with what became of it; False if it blames none."""
        path = self._blamed(problem.where.removeprefix(prefix))
        if path is None:
            return False
        wish = self.wishes.pop(path)
        if wish.raw and wish.given is not MISSING and not prefix:
            for key in wish.key.split():
                rest.put(key, wish.given)
        elif wish.given is not MISSING:
            rest.find("impossible", wish.key, reason(problem), wish.given)
        return True

    def _blamed(self, where: str) -> str | None:
        """The wish at a place, around it, or the last one within it."""
        around = [path for path in self.wishes if f"{where}.".startswith((f"{path}.", f"{path}["))]
        within = [path for path in self.wishes if path.startswith(f"{where}.")]
        return max(around, key=len) if around else within[-1] if within else None

    def _nested(self) -> dict[str, Any]:
        nested: dict[str, Any] = {}
        for path, wish in self.wishes.items():
            *sections, name = path.split(".")
            at = nested
            for section in sections:
                if not isinstance(at.get(section), dict):
                    at[section] = {}
                at = at[section]
            at[name] = dict(wish.value) if isinstance(wish.value, Mapping) else wish.value
        return nested


def reason(problem: Problem) -> str:
    """Why a value is dropped: the rule, with the way out."""
    return f"{problem.rule}; {problem.fix}" if problem.fix else problem.rule
