"""What can break in a healthy cluster, by category: each breaks one thing, and names what must find it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules

from tests.unit.doctor.world import World


@dataclass(frozen=True)
class Mutation:
    """One thing that breaks.

    Attributes:
        title: What breaks, as a sentence for the test.
        apply: Breaks it.
        found_by: The ids of the checks that find something, all of them.
        words: Texts that the findings contain.
    """

    title: str
    apply: Callable[[World], None]
    found_by: tuple[str, ...]
    words: tuple[str, ...] = ()


def mutations() -> list[Mutation]:
    """The mutations of every module of this package, each named ``MUTATIONS``."""
    names = sorted(each.name for each in iter_modules(__path__))
    return [each for name in names for each in import_module(f"{__name__}.{name}").MUTATIONS]
