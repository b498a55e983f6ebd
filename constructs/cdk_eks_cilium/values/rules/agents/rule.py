"""The two kinds of rules over what agents get."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cdk_eks_cilium.problems import MISSING, Problem
from cdk_eks_cilium.versions import behaviour
from cdk_eks_cilium.versions.behaviour import Behaviour

from .configuration import Configuration

Condition = Callable[[Configuration], bool]


@dataclass(frozen=True, kw_only=True)
class Contradiction:
    """A setting that cannot work with the others: agents do not start, or the setting does nothing it says.

    Attributes:
        id: The id of its problems.
        name: What is wrong, in a few words, for people who look through the rules.
        setting: The chart's value to blame, by its path, or an option without one. Of several, separated by
            spaces, the first that is on.
        broken: When it is so.
        rule: What must hold, as a clause that names the other setting.
        fix: What to do, as a clause.
        source: Who says so: a file of Cilium's source, or an address.
        releases: The releases that have the rule; the words may name its bounds.
    """

    id: str
    name: str
    setting: str
    broken: Condition
    rule: str
    fix: str
    source: str
    releases: Behaviour = behaviour.agents.ALWAYS

    def judged(self, given: Configuration, where: str) -> Problem | None:
        """The problem of *given*, at a place below *where*; None if the rule holds."""
        if not self.releases.holds(given.version) or not self.broken(given):
            return None
        setting = _blamed(self.setting, given)
        got = given.get(setting)
        return Problem(
            f"{where}.{given.place(setting)}",
            _filled(self.rule, self.releases, given),
            MISSING if got is None else got,
            _filled(self.fix, self.releases, given),
            id=self.id,
        )


@dataclass(frozen=True, kw_only=True)
class Caution:
    """A setting that works, but does less or other than people expect.

    Attributes:
        name: What hurts, in a few words.
        setting: The chart's value, by its path; of several the first that is on.
        met: When it is so.
        text: What happens, and what to do, as a clause.
        source: Who says so.
        releases: The releases where it is so.
    """

    name: str
    setting: str
    met: Condition
    text: str
    source: str
    releases: Behaviour = behaviour.agents.ALWAYS

    def warning(self, given: Configuration) -> str | None:
        """The warning about *given*, if there is one."""
        if not self.releases.holds(given.version) or not self.met(given):
            return None
        return f"{given.place(_blamed(self.setting, given))}: {_filled(self.text, self.releases, given)}"


def _blamed(settings: str, given: Configuration) -> str:
    paths = settings.split()
    return next(filter(given.on, paths), paths[0])


def _filled(text: str, releases: Behaviour, given: Configuration) -> str:
    known = behaviour.chart.KNOWN_VALUES.since
    return text.format(version=given.version, since=releases.since, until=releases.until or "", known=known)
