"""What lints find, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from cdk_eks_cilium.policy_analysis.evaluation import Place

Severity = Literal["error", "warning", "note"]
"""``error``: it cannot work. ``warning``: it probably does not do what was meant. ``note``: worth a look."""

SEVERITIES: Final[tuple[Severity, ...]] = ("error", "warning", "note")
"""The worst first."""


@dataclass(frozen=True)
class LintFinding:
    """A place in a policy that probably does not do what was meant.

    Attributes:
        id: The lint's id, such as ``CNP002``.
        severity: How bad it is.
        where: The policy and the path in it.
        text: *rule, got; fix*.
        reason: Why the lint exists.
        source: The document that says so.
        index: The index of the policy: names may repeat.
    """

    id: str
    severity: Severity
    where: Place
    text: str
    reason: str
    source: str
    index: int

    def __str__(self) -> str:
        return f"{self.id} {self.severity} {self.where}: {self.text}"

    def as_json(self) -> dict[str, Any]:
        """The finding as plain data."""
        return {
            "id": self.id,
            "severity": self.severity,
            "policy": self.where.policy,
            "path": self.where.path,
            "text": self.text,
            "reason": self.reason,
            "source": self.source,
        }


@dataclass(frozen=True)
class Hit:
    """The result of a lint; the table makes a `LintFinding` of it.

    Attributes:
        index: The index of the policy.
        where: The policy and the path in it.
        text: As in a finding.
        severity: How bad it is, if not as in the table.
    """

    index: int
    where: Place
    text: str
    severity: Severity | None = None


@dataclass(frozen=True)
class Spot:
    """A place in one of the policies, to blame.

    Attributes:
        index: The index of the policy: names may repeat.
        place: The policy's name and the path in it.
    """

    index: int
    place: Place

    def at(self, name: str) -> Spot:
        """A place below it."""
        return Spot(self.index, self.place.at(f".{name}"))

    def hit(self, rule: str, fix: str, *, got: str = "", severity: Severity | None = None) -> Hit:
        """Blame it.

        Args:
            rule: What must hold, as a clause.
            fix: What to do, as a clause.
            got: What is there instead, in words.
            severity: How bad it is, if not as in the table.
        """
        text = f"{rule}, got {got}; {fix}" if got else f"{rule}; {fix}"
        return Hit(self.index, self.place, text, severity)


def listed(texts: list[str], most: int = 3) -> str:
    """Texts in one clause; of many, the rest as a number: ``a, b, c and 4 more``."""
    shown = texts if len(texts) <= most + 1 else texts[:most]
    rest = len(texts) - len(shown)
    if rest:
        return f"{', '.join(shown)} and {rest} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
