"""One look through the gate, and its outcome in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from cdk_eks_cilium.doctor.engine.diagnosis import Diagnosis
from cdk_eks_cilium.doctor.engine.examine import examine
from cdk_eks_cilium.doctor.engine.finding import Finding, Severity
from cdk_eks_cilium.doctor.engine.plan import Plan
from cdk_eks_cilium.doctor.engine.reader import Reader
from cdk_eks_cilium.doctor.engine.seen import Seen
from cdk_eks_cilium.doctor.gate.checks import GATE_CHECKS

_LATER: Final = timedelta(hours=1)
"""The checks excuse what is young, and the gate is there to wait for it."""
_SHOWN: Final = 2
# A node on single addresses stays there: https://github.com/cilium/cilium/issues/46644.
_LASTING: Final = ("nodes-have-prefixes",)


def look_through(reader: Reader, cluster: str) -> Diagnosis:
    """Run the gate's checks once.

    Args:
        reader: Reads the cluster.
        cluster: Its name, for the fixes.
    """
    now = datetime.now(UTC) + _LATER
    return examine(GATE_CHECKS, Seen(reader, Plan("the stack", cluster=cluster), now=now))


def obstacles(diagnosis: Diagnosis) -> list[str]:
    """Why the gate stays shut, one text for each cause; empty where it opens.

    Warnings do not shut it. What is unknown does: a gate that cannot see must not say that all is well.
    """
    unknown: dict[str, list[str]] = {}
    for result in diagnosis.results:
        for reason in result.unknown:
            unknown.setdefault(reason, []).append(result.check.id)
    found = [
        f"{result.check.id}: {_text(finding)}"
        for result in diagnosis.results
        for finding in result.findings
        if finding.severity is Severity.ERROR
    ]
    return found + [f"unknown ({', '.join(ids)}): {reason}" for reason, ids in unknown.items()]


def lasts(diagnosis: Diagnosis) -> bool:
    """Whether something is wrong that no time heals."""
    return any(result.check.id in _LASTING and result.findings for result in diagnosis.results)


def warnings(diagnosis: Diagnosis) -> list[str]:
    """What works, and hurts."""
    return [
        f"{result.check.id}: {finding.summary}"
        for result in diagnosis.results
        for finding in result.findings
        if finding.severity is Severity.WARNING
    ]


def cut(texts: list[str], characters: int) -> str:
    """The texts in so many characters, with the number of texts that are left out."""
    told = ""
    for number, text in enumerate(texts):
        left = len(texts) - number
        room = characters - len(told) - len(f" ... and {left} more")
        piece = ("\n" if told else "") + text
        if len(piece) > room:
            return told + (f" ... and {left} more" if told else f"{piece[:room]}...")
        told += piece
    return told


def _text(finding: Finding) -> str:
    shown = "; ".join(map(str, finding.evidence[:_SHOWN]))
    more = len(finding.evidence) - _SHOWN
    return (
        f"{finding.summary} ({shown}{f'; and {more} more' if more > 0 else ''}). Fix: {_first(finding.fix)}"
    )


def _first(fix: str) -> str:
    """The first command of a fix; its first line where it has no command."""
    lines = [line.strip() for line in fix.splitlines() if line.strip()]
    commands: Iterator[str] = (line for line in lines if not line.startswith("#"))
    return next(commands, lines[0].lstrip("# ") if lines else "see the documentation of the check")
