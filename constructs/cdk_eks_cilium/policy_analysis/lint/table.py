"""Every lint by its id, and how they are run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from . import (
    dns,
    kubernetes,
    patterns,
    ports,
    requests,
    selectors,
    services,
    shadows,
    unused,
    validity,
    world,
)
from .context import LintContext
from .definition import Lint
from .finding import SEVERITIES, Hit, LintFinding, Severity
from .suppression import entries, spot_of


def _nothing(_: LintContext) -> Iterator[Hit]:
    """Exceptions are judged after all else, by `examine`."""
    return iter(())


_DOCUMENT: Final = "https://docs.cilium.io/en/stable/security/policy/"

EXCEPTIONS: Final = Lint(
    "CNP035",
    "Exceptions name a lint and a reason",
    "warning",
    "An exception that no lint answers to, or that nobody can judge, hides what it should explain.",
    _DOCUMENT,
    _nothing,
)
"""About exceptions that are none."""

UNUSED_EXCEPTIONS: Final = Lint(
    "CNP036",
    "Exceptions are for something",
    "note",
    "An exception that outlives what it was for hides the next finding.",
    _DOCUMENT,
    _nothing,
)
"""About exceptions without a finding."""

LINTS: Final[tuple[Lint, ...]] = tuple(
    sorted(
        (
            *validity.LINTS,
            *dns.LINTS,
            *patterns.LINTS,
            *services.LINTS,
            *unused.LINTS,
            *shadows.LINTS,
            *selectors.LINTS,
            *world.LINTS,
            *requests.LINTS,
            *kubernetes.LINTS,
            *ports.LINTS,
            EXCEPTIONS,
            UNUSED_EXCEPTIONS,
        ),
        key=lambda lint: lint.id,
    )
)
"""Every lint, by its id."""


@dataclass(frozen=True)
class CatalogueEntry:
    """A lint as documents tell of it.

    Attributes:
        id: ``CNP001`` and so on.
        title: What holds where nothing is found.
        severity: How bad a breach is, in general.
        why: The reason.
        source: The document that says so.
    """

    id: str
    title: str
    severity: Severity
    why: str
    source: str


def catalogue() -> tuple[CatalogueEntry, ...]:
    """Every lint with its reason, by its id."""
    return tuple(CatalogueEntry(each.id, each.title, each.severity, each.why, each.source) for each in LINTS)


@dataclass(frozen=True)
class Suppressed:
    """A finding that its policy makes an exception for.

    Attributes:
        finding: The finding.
        because: The reason, from the annotation.
    """

    finding: LintFinding
    because: str


@dataclass(frozen=True)
class LintReport:
    """What was found.

    Attributes:
        findings: What nobody made an exception for, in the order of the policies.
        suppressed: What somebody did.
    """

    findings: tuple[LintFinding, ...]
    suppressed: tuple[Suppressed, ...]

    @property
    def counts(self) -> dict[Severity, int]:
        """How many findings there are of each severity."""
        return {name: sum(one.severity == name for one in self.findings) for name in SEVERITIES}


def examine(context: LintContext) -> LintReport:
    """Run every lint."""
    reasons = {index: dict(entries(policy)) for index, policy in enumerate(context.policies)}
    known = {lint.id for lint in LINTS} - {EXCEPTIONS.id, UNUSED_EXCEPTIONS.id}
    found: list[tuple[Lint, Hit]] = []
    suppressed: list[tuple[Lint, Hit, str]] = []
    used: set[tuple[int, str]] = set()
    for lint in LINTS:
        for hit in lint.find(context):
            because = reasons[hit.index].get(lint.id)
            if because:
                used.add((hit.index, lint.id))
                suppressed.append((lint, hit, because))
            else:
                found.append((lint, hit))
    found += _about_exceptions(context, known, used)
    return LintReport(
        tuple(_finding(lint, hit) for lint, hit in sorted(_once(found), key=_order)),
        tuple(
            Suppressed(_finding(lint, hit), because)
            for lint, hit, because in sorted(suppressed, key=lambda one: _order(one[:2]))
        ),
    )


def _about_exceptions(
    context: LintContext, known: set[str], used: set[tuple[int, str]]
) -> Iterator[tuple[Lint, Hit]]:
    for index, policy in enumerate(context.policies):
        for name, because in entries(policy):
            spot = spot_of(index, policy)
            if name not in known:
                yield EXCEPTIONS, spot.hit("must name a lint", "write 'CNP001: reason'", got=repr(name))
            elif not because:
                yield EXCEPTIONS, spot.hit(f"must give a reason for {name}", f"write '{name}: reason'")
            elif (index, name) not in used:
                yield UNUSED_EXCEPTIONS, spot.hit("must be for a finding", "remove it", got=f"none of {name}")


def _once(found: Iterable[tuple[Lint, Hit]]) -> list[tuple[Lint, Hit]]:
    return list(dict.fromkeys(found))


def _order(one: tuple[Lint, Hit]) -> tuple[int, list[tuple[int, str]], str, str]:
    lint, hit = one
    parts = re.findall(r"\d+|\D+", hit.where.path)
    return hit.index, [(int(p), "") if p.isdecimal() else (-1, p) for p in parts], lint.id, hit.text


def _finding(lint: Lint, hit: Hit) -> LintFinding:
    return LintFinding(lint.id, hit.severity or lint.severity, hit.where, hit.text, lint.why, lint.source)
