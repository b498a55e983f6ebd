"""A condition on which Cilium's chart fails, as the chart has it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from cdk_eks_cilium.problems import Problem
from cdk_eks_cilium.values.rendering.effective import EffectiveValues
from cdk_eks_cilium.versions.behaviour import Behaviour
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .blame import Blame


@dataclass(frozen=True)
class Refusal:
    """One ``fail`` of the chart's templates.

    Attributes:
        releases: The releases whose charts have it.
        paths: The chart values that it is about. The problem names the first that somebody set.
        when: Whether the chart fails on values.
        rule: What must hold, in words that follow the name of the setting.
        fix: What to do instead.
        id: The stable name of the rule.
    """

    releases: Behaviour
    paths: tuple[str, ...]
    when: Callable[[EffectiveValues], bool]
    rule: str
    fix: str
    id: str = field(default="", kw_only=True)

    def told(self, version: CiliumVersion, blame: Blame) -> Problem:
        """The refusal for the settings that *blame* knows."""
        where, got = blame.first(self.paths)
        return Problem(where, f"{self.rule}: chart {version} fails", got, self.fix, id=self.id)


def whole(value: object) -> int:
    """A value as the templates' ``int`` reads it: 0 for what is not a number."""
    try:
        return int(float(str(value)))
    except (ValueError, OverflowError):
        return 0
