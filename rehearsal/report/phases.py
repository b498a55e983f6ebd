"""The findings of the end state by the phase after which they were judged."""

# no belief: the report

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from rehearsal.report.verdict import EndStateFinding

TITLES: Final[Mapping[str, str]] = {
    "create": "after the creation",
    "update": "after the update",
    "update again": "after the second try of the update",
    "destroy": "after the destruction",
    "": "over all phases",
}
"""When a finding was judged, in words, by its phase; in the order of the phases."""


def by_phase(findings: Iterable[EndStateFinding]) -> dict[str, list[EndStateFinding]]:
    """The findings of each phase that has any, in the order of the phases."""
    found: dict[str, list[EndStateFinding]] = {phase: [] for phase in TITLES}
    for finding in findings:
        found.setdefault(finding.phase, []).append(finding)
    return {phase: those for phase, those in found.items() if those}


def as_created(
    findings: Sequence[EndStateFinding], created: Sequence[EndStateFinding]
) -> tuple[list[EndStateFinding], list[EndStateFinding], list[str]]:
    """Compares what an update left with what the creation left.

    Returns:
        The good findings whose check and detail are as after the creation; the others; and the checks after
        the creation that nobody made after the update, such as a check of a node that is gone.
    """
    before = {(each.check, each.detail) for each in created if each.good}
    same = [each for each in findings if each.good and (each.check, each.detail) in before]
    other = [each for each in findings if each not in same]
    now = {each.check for each in findings}
    return same, other, [each.check for each in created if each.check not in now]
