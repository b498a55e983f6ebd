"""What is wrong with an input, in one grammar: *where: rule, got value; fix*.

Everything that checks input collects `Problem`s and raises them together, so that a person
corrects a file once instead of once per mistake.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final


class _Missing:
    """The absence of a value, where None is a value."""

    def __repr__(self) -> str:
        return "nothing"


MISSING: Final = _Missing()


@dataclass(frozen=True)
class Problem:
    """One mistake, with its fix.

    Attributes:
        where: The settings key (``network.pod_cidr``) or construct path of the mistake.
        rule: What must hold, as a clause: ``must be an IPv4 range from /16 to /28``.
        got: The invalid value. By default the text shows no value.
        fix: What to do instead, as a clause.
        id: The stable name of the rule, such as ``CEK1001``; ``docs/problems.md`` lists all of them. Two
            problems with the same text are equal, whatever their ids are.
    """

    where: str
    rule: str
    got: Any = MISSING
    fix: str = ""
    id: str = field(default="", kw_only=True, compare=False)

    def __str__(self) -> str:
        got = "" if self.got is MISSING else f", got {self.got!r}"
        fix = f"; {self.fix}" if self.fix else ""
        return f"{self.where}: {self.rule}{got}{fix}"

    @property
    def line(self) -> str:
        """The text followed by the id, as errors print it."""
        return f"{self} [{self.id}]" if self.id else str(self)

    def as_json(self) -> dict[str, str]:
        """The parts as text; a value that is not given, or a fix that is unknown, is left out."""
        got = {} if self.got is MISSING else {"got": repr(self.got)}
        fix = {"fix": self.fix} if self.fix else {}
        return {"id": self.id, "where": self.where, "rule": self.rule, **got, **fix}


class InputError(ValueError):
    """Invalid input. The text of the error has a line for each problem, which ends with the problem's id.

    Attributes:
        problems: Every mistake found, in the order of the input.
    """

    def __init__(self, problems: Iterable[Problem], title: str = "") -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        head = title or ("1 problem" if count == 1 else f"{count} problems")
        super().__init__("\n".join([head, *(f"  {problem.line}" for problem in self.problems)]))


class CallError(InputError):
    """The call is wrong, and not the content of its files: a file cannot be read or written."""


def refuse(problems: Iterable[Problem], title: str = "") -> None:
    """Raise every problem at once, if there is any.

    Raises:
        InputError: If *problems* is not empty.
    """
    found = tuple(problems)
    if found:
        raise InputError(found, title)


def refusal(rule: str, fix: str = "", *, got: Any = MISSING, id: str = "") -> InputError:
    """Return the error that a validator of a `model.Model` raises; the model adds the place and the value.

    Args:
        rule: What must hold, as a clause.
        fix: What to do instead, as a clause.
        got: The value to show. By default the whole value that the validator judges.
        id: The stable name of the rule.
    """
    return InputError([Problem("", rule, got, fix, id=id)])
