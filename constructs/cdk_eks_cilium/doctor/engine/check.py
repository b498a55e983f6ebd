"""A check: a function with what people and programs need to know about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from inspect import getdoc

from .finding import Outcome
from .readings import Reading
from .seen import Seen

Judge = Callable[[Seen], Iterator[Outcome]]


@dataclass(frozen=True)
class Check:
    """A check.

    Attributes:
        id: Its name in output, options and documentation: lower-case words with hyphens.
        title: What it finds true of a healthy cluster, as a clause.
        reads: Everything that it reads.
        symptom: What people see where it fails, as a clause; the documentation lists checks by it.
        judge: The function. Its docstring is the cause, for the documentation.
        answers: The beliefs that it checks on a cluster, and the known faults that it recognizes.
        links: Where its facts are written.
        gate: Whether it takes part in the gate of a deploy: it reads little, and holds for every new cluster.
    """

    id: str
    title: str
    reads: tuple[Reading, ...]
    symptom: str
    judge: Judge
    answers: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    gate: bool = False

    @property
    def cause(self) -> str:
        """Why it fails and what that means, in sentences."""
        return getdoc(self.judge) or ""

    @property
    def category(self) -> str:
        """The package that it is in, such as ``nodes``."""
        return self.judge.__module__.rsplit(".", 2)[-2]


def check(
    id: str,
    title: str,
    *,
    reads: tuple[Reading, ...],
    symptom: str,
    answers: tuple[str, ...] = (),
    links: tuple[str, ...] = (),
    gate: bool = False,
) -> Callable[[Judge], Check]:
    """Turn the decorated function into a check; see `Check` for the arguments."""

    def decorate(judge: Judge) -> Check:
        return Check(id, title, reads, symptom, judge, answers, links, gate)

    return decorate
