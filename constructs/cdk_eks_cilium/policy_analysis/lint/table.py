"""Every lint by its id, and how they are run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from . import (
    agents,
    conflicts,
    dns,
    dns_isolation,
    hosts,
    kubernetes,
    patterns,
    ports,
    requests,
    selectors,
    service_ports,
    services,
    shadows,
    tier_dangers,
    tiers,
    unused,
    validity,
    world,
)
from .context import LintContext
from .definition import Lint
from .finding import SEVERITIES, Hit, LintFinding, Severity
from .suppression import entries, spot_of


def _nothing(_: LintContext) -> Iterator[Hit]:
    """Nothing: `examine` judges exceptions after everything else."""
    return iter(())


_DOCUMENT: Final = "https://docs.cilium.io/en/stable/security/policy/"

EXCEPTIONS: Final = Lint(
    "CNP035",
    "Exceptions name a lint and a reason",
    "warning",
    "An exception for an unknown lint, or without a reason, explains nothing.",
    _DOCUMENT,
    _nothing,
)
"""About invalid exceptions."""

UNUSED_EXCEPTIONS: Final = Lint(
    "CNP036",
    "Exceptions have a finding",
    "note",
    "An exception that outlives its finding hides the next finding.",
    _DOCUMENT,
    _nothing,
)
"""About exceptions without a finding."""

_MODULES: Final = (
    agents,
    conflicts,
    dns,
    dns_isolation,
    hosts,
    kubernetes,
    patterns,
    ports,
    requests,
    selectors,
    service_ports,
    services,
    shadows,
    tier_dangers,
    tiers,
    unused,
    validity,
    world,
)

_DECLARED: Final = [one for module in _MODULES for one in vars(module).values() if isinstance(one, Lint)]

LINTS: Final = tuple(sorted((*_DECLARED, EXCEPTIONS, UNUSED_EXCEPTIONS), key=lambda lint: lint.id))
"""Every lint, by its id."""


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
    """The findings of all lints.

    Attributes:
        findings: The findings without an exception, in the order of the policies.
        suppressed: The findings with an exception.
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
        tuple(_finding(context, lint, hit) for lint, hit in sorted(dict.fromkeys(found), key=_order)),
        tuple(
            Suppressed(_finding(context, lint, hit), because)
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
                yield (
                    UNUSED_EXCEPTIONS,
                    spot.hit("must have a finding", "remove it", got=f"no finding of {name}"),
                )


def _order(one: tuple[Lint, Hit]) -> tuple[int, list[tuple[int, str]], str, str]:
    lint, hit = one
    parts = re.findall(r"\d+|\D+", hit.where.path)
    return hit.index, [(int(p), "") if p.isdecimal() else (-1, p) for p in parts], lint.id, hit.text


def _finding(context: LintContext, lint: Lint, hit: Hit) -> LintFinding:
    usual: Severity = "note" if lint.by_objects and context.unrendered else lint.severity
    severity = hit.severity or usual
    return LintFinding(lint.id, severity, hit.where, hit.text, lint.why, lint.source, hit.index)
