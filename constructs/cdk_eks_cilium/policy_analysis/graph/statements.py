"""What an arrow may say of a pair: ports, requests, denials, and what nobody knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal

from cdk_eks_cilium.policy_analysis.evaluation import PortSet
from cdk_eks_cilium.policy_analysis.evaluation.reach import Passage

Verb = Literal["allow", "limit", "deny", "unknown"]

#: In the order in which an arrow lists them.
VERBS: Final[tuple[Verb, ...]] = ("allow", "limit", "deny", "unknown")


@dataclass(frozen=True)
class Statement:
    """What may hold for a pair.

    Attributes:
        verb: Whether the ports are open, open for some requests, or denied, or whether nobody knows.
        parts: The ports, as protocols with their first and last port.
        only: The requests, in words; for what is not known, what somebody must describe, one a line.
    """

    verb: Verb
    parts: tuple[tuple[str, int, int], ...]
    only: str = ""

    @property
    def ports(self) -> PortSet:
        """The ports as a set."""
        return PortSet.of(self.parts)


def describable(missing: Iterable[str]) -> tuple[str, ...]:
    """What somebody can describe: not whether a name has an address, which changes all the time.

    An arrow to a name is for whatever addresses it has.
    """
    return tuple(each for each in missing if not each.startswith("whether "))


def less(reach: Passage, whole: Passage) -> Passage:
    """What does not hold for *whole*. What holds for it alone is denied to its part."""
    limits = tuple(limit for limit in reach.limits if limit not in whole.limits)
    passing = reach.ports | reach.limited | reach.unknown
    beyond = (whole.ports | whole.limited | whole.unknown) - passing
    same = describable(whole.missing) == describable(reach.missing)
    return replace(
        reach,
        ports=reach.ports - whole.ports,
        limits=limits,
        denied=(reach.denied | beyond) - whole.denied,
        unknown=reach.unknown - whole.unknown if same else reach.unknown,
    )


def unsaid(reach: Passage, whole: Passage | None) -> Passage:
    """What needs an arrow between two open sides: what passes where *whole* does not let it pass.

    *whole* is what passes with the whole world in place of its part; None if no side is such a part.
    """
    if whole is None:
        return replace(reach, ports=PortSet({}))
    return replace(reach, ports=reach.ports & (whole.denied | whole.limited | whole.unknown))


def statements(reach: Passage, missing: Iterable[str]) -> Iterator[Statement]:
    """What holds for a pair, of which *missing* leaves something unknown."""
    yield from _each("allow", reach.ports)
    limits: dict[str, tuple[PortSet, list[str]]] = {}
    for ports, text in reach.limits:
        limits.setdefault(str(ports), (ports, []))[1].append(text)
    for ports, texts in limits.values():
        yield Statement("limit", tuple(sorted(ports.parts())), " and ".join(texts))
    yield from _each("deny", reach.denied)
    if missing:
        yield from _each("unknown", reach.unknown, "\n".join(missing))


def _each(verb: Verb, ports: PortSet, only: str = "") -> Iterator[Statement]:
    """One statement for each span of ports, with all its protocols; one statement for all ports."""
    if ports.is_everything:
        yield Statement(verb, tuple(sorted(ports.parts())), only)
        return
    stretches: dict[tuple[int, int], list[str]] = {}
    for protocol, first, last in ports.parts():
        stretches.setdefault((first, last), []).append(protocol)
    for (first, last), protocols in stretches.items():
        yield Statement(verb, tuple((protocol, first, last) for protocol in sorted(protocols)), only)
