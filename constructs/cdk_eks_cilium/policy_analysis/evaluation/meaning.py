"""Answers with a third value: what depends on something that nobody described is unknown.

They combine as in Kleene's logic: an unknown part matters only where the known parts leave the answer open.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Meaning:
    """Whether something holds.

    Attributes:
        matches: Whether it does; None if that is unknown.
        missing: What somebody must describe so that an unknown answer becomes known, such as
            ``Namespace tools``; empty for a known answer.
    """

    matches: bool | None
    missing: tuple[str, ...] = ()

    @property
    def why(self) -> str:
        """What an unknown answer depends on, in words."""
        return " and ".join(self.missing)


YES: Final = Meaning(True)
NO: Final = Meaning(False)


def unknown(*missing: str) -> Meaning:
    """An answer that depends on what is missing."""
    return Meaning(None, tuple(dict.fromkeys(missing)))


def known(answer: bool) -> Meaning:
    """An answer without doubt."""
    return YES if answer else NO


def any_of(answers: Iterable[Meaning]) -> Meaning:
    """Whether one of some things holds."""
    missing: list[str] = []
    for each in answers:
        if each.matches:
            return YES
        missing += each.missing
    return unknown(*missing) if missing else NO


def all_of(answers: Iterable[Meaning]) -> Meaning:
    """Whether all of some things hold."""
    missing: list[str] = []
    for each in answers:
        if each.matches is False:
            return NO
        missing += each.missing
    return unknown(*missing) if missing else YES
