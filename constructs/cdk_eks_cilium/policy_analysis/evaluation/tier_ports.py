"""What a tier does with every port at once, and what stands when it is laid over what comes after it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from .ports import Gate
from .reach import Passage
from .spans import PortSet
from .tier_rules import TierRule

_EVERYTHING: Final = PortSet.everything()
_NOTHING: Final = PortSet({})


@dataclass(frozen=True)
class TierStep:
    """A rule that means a flow, or may mean it.

    Attributes:
        rule: The rule.
        gate: Its ports for that flow, and what must hold there.
        missing: What it depends on whether the rule means it; empty if it does.
    """

    rule: TierRule
    gate: Gate
    missing: tuple[str, ...] = ()

    @property
    def is_sure(self) -> bool:
        """Whether the rule is known to mean it."""
        return not self.missing


@dataclass(frozen=True)
class Outcomes:
    """What a tier may do, by port. A port is in several sets where that depends on what nobody described.

    Attributes:
        accepted: Where it accepts.
        limits: Where it accepts some requests only, with them in words.
        denied: Where it denies.
        following: Where it leaves the decision to what follows.
        missing: What the doubtful ports depend on.
    """

    accepted: PortSet
    limits: tuple[tuple[PortSet, str], ...]
    denied: PortSet
    following: PortSet
    missing: tuple[str, ...]

    @classmethod
    def of(cls, steps: Iterable[TierStep], *, reads_requests: bool) -> Outcomes:
        """What some rules do together, the first first.

        If *reads_requests*, an acceptance for some requests refuses the others; agents let them all pass
        where no policy isolates the pod (`behaviour.policy.REQUESTS_PASS_UNISOLATED`).
        """
        left, accepted, denied, passed = _EVERYTHING, _NOTHING, _NOTHING, _NOTHING
        limits: list[tuple[PortSet, str]] = []
        missing: list[str] = []
        for step in steps:
            ports = step.gate.ports & left
            if not ports:
                continue
            limit = step.gate.limit if reads_requests else None
            if step.rule.action == "Deny":
                denied = denied | ports
            elif step.rule.action == "Pass":
                passed = passed | ports
            elif limit is not None:
                limits.append((ports, limit.text))
            else:
                accepted = accepted | ports
            missing += step.missing
            if step.is_sure:
                left = left - ports
        return cls(accepted, tuple(limits), denied, passed | left, tuple(dict.fromkeys(missing)))

    @property
    def limited(self) -> PortSet:
        """Where it accepts some requests only."""
        return PortSet.union(ports for ports, _ in self.limits)

    def _differing(self) -> PortSet:
        """Where it accepts some requests or others, whichever of its rules counts."""
        found, seen = _NOTHING, dict[str, PortSet]()
        for ports, text in self.limits:
            found |= ports & PortSet.union(each for other, each in seen.items() if other != text)
            seen[text] = seen.get(text, _NOTHING) | ports
        return found

    def outside(self, ports: PortSet) -> Outcomes:
        """The outcomes of a tier that leaves some *ports* alone."""
        limits = tuple((left, text) for each, text in self.limits if (left := each - ports))
        return replace(
            self,
            accepted=self.accepted - ports,
            limits=limits,
            denied=self.denied - ports,
            following=self.following | ports,
        )

    def over(self, below: Passage) -> Passage:
        """What stands in the end, where *below* stands for what follows."""
        limited = self.limited
        sure = self.following - self.accepted - self.denied - limited
        refused = _refused(below)
        passing = (self.accepted - self.denied - self.following - limited) | (
            (self.following & below.ports) - self.denied - limited
        )
        stopped = (self.denied - self.accepted - self.following - limited) | (
            (self.following & refused) - self.accepted - limited
        )
        # Where two doubtful rules accept different requests, nobody knows which of them counts.
        own = limited - self.accepted - self.denied - self.following - self._differing()
        some = own | (sure & below.limited)
        unknown = _EVERYTHING - passing - stopped - some
        limits = [
            *((ports & sure, text) for ports, text in below.limits),
            *((ports & own, text) for ports, text in self.limits),
        ]
        missing = (*self.missing, *below.missing) if unknown else ()
        return replace(
            below,
            ports=passing,
            limited=some,
            limits=tuple(one for one in limits if one[0]),
            # What nothing but the lack of an allow refuses is not denied; what follows may deny the same.
            denied=(below.denied & sure)
            | (stopped & self.denied & (below.known | below.unknown | below.denied)),
            unknown=unknown,
            missing=tuple(dict.fromkeys(missing)),
        )


def _refused(passage: Passage) -> PortSet:
    return _EVERYTHING - passage.known - passage.unknown


def agreed_passage(one: Passage, other: Passage, missing: tuple[str, ...]) -> Passage:
    """What passes in either of two ways that things may be; unknown where they differ."""
    passing, limited = one.ports & other.ports, one.limited & other.limited
    unknown = _EVERYTHING - passing - limited - (_refused(one) & _refused(other))
    limits = ((ports & limited, text) for ports, text in one.limits)
    depends = (*missing, *one.missing, *other.missing) if unknown else ()
    return Passage(
        passing,
        limited,
        tuple(each for each in limits if each[0]),
        one.denied & other.denied,
        unknown,
        tuple(dict.fromkeys(depends)),
    )
