"""What rules for one peer let through together, whichever way unknown things turn out.

Each way is a possible world: a set of rules that select the pod, and of items that mean the peer. What holds
in all possible worlds is known. Parts that different selectors leave unknown count as independent. So an
answer is unknown, too, where two selectors need the same unknown label and only together decide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Final

from cdk_eks_cilium.versions.cilium import CiliumVersion

from .compiled import CompiledItem, CompiledRule, Place
from .explanation import Verdict
from .meaning import YES, Meaning
from .merging import Condition, Opened, merge
from .ports import Gate, Limit

_MOST: Final = 8
"""The number of unknown parts up to which every possible world with requests is looked at."""

Point = tuple[str, int]
"""A protocol and a port."""


@dataclass(frozen=True, eq=False)
class Candidate:
    """An item that means, or may mean, the other side.

    Attributes:
        item: The item.
        gates: What it lets through, or denies, at the ports in question.
        rule: Its rule.
        selected: Whether the rule selects the pod.
        meant: Whether the item means the other side, given that the rule selects the pod.
    """

    item: CompiledItem
    gates: tuple[Gate, ...]
    rule: CompiledRule
    selected: Meaning = YES
    meant: Meaning = YES

    @property
    def is_sure(self) -> bool:
        """Whether nothing about it is unknown."""
        return bool(self.selected.matches and self.meant.matches)

    @property
    def missing(self) -> tuple[str, ...]:
        """What it depends on."""
        return (*self.selected.missing, *self.meant.missing)

    def at(self, point: Point) -> Candidate | None:
        """It with the gates for one port; None without such a gate."""
        through = tuple(gate for gate in self.gates if point in gate.ports)
        return replace(self, gates=through) if through else None

    @property
    def opened(self) -> list[Opened]:
        """Its gates, for merging."""
        return [(self.item, gate) for gate in self.gates]


@dataclass(frozen=True)
class Isolation:
    """Whether the pod refuses what nothing allows.

    Attributes:
        sure: Whether it is known to.
        unsure: Rules that isolate the pod if they select it, which is unknown.
    """

    sure: bool
    unsure: tuple[tuple[CompiledRule, Meaning], ...] = ()

    @property
    def possible(self) -> bool:
        """Whether it may."""
        return self.sure or bool(self.unsure)


@dataclass(frozen=True, eq=False)
class World:
    """What happens at one port in a possible world.

    Attributes:
        plain: Whether anything passes.
        conditions: What must hold otherwise, any of them; nothing passes without conditions.
    """

    plain: bool
    conditions: tuple[Condition, ...] = ()

    @property
    def key(self) -> tuple[bool, frozenset[int]]:
        """What tells it from others."""
        return self.plain, frozenset(id(one.limit) for one in self.conditions)


SHUT: Final = World(False)
OPEN: Final = World(True)


@dataclass(frozen=True, eq=False)
class Weighed:
    """All that may happen at one port.

    Attributes:
        worlds: The possible worlds that differ.
        unsure: The candidates that make the difference.
        isolating: The rules that make it because they may isolate the pod.
    """

    worlds: tuple[World, ...]
    unsure: tuple[Candidate, ...] = ()
    isolating: tuple[tuple[CompiledRule, Meaning], ...] = ()

    @property
    def only_isolating(self) -> list[tuple[CompiledRule, Meaning]]:
        """The rules that may isolate the pod, and that have no candidate."""
        known = {one.rule for one in self.unsure}
        return [one for one in self.isolating if one[0] not in known]

    @property
    def missing(self) -> tuple[str, ...]:
        """What the difference depends on."""
        parts = [*(one.missing for one in self.unsure), *(meaning.missing for _, meaning in self.isolating)]
        return tuple(dict.fromkeys(each for part in parts for each in part))

    @property
    def places(self) -> tuple[Place, ...]:
        """The items and rules that make the difference."""
        return (*(one.item.place for one in self.unsure), *(rule.place for rule, _ in self.only_isolating))


def weigh(
    candidates: Sequence[Candidate], isolation: Isolation, version: CiliumVersion | None, point: Point
) -> Weighed:
    """Judge one port; the candidates have only gates that are for it."""
    denials = [one for one in candidates if one.item.denies]
    if any(one.is_sure for one in denials):
        return Weighed((SHUT,))
    # A rule that denies cannot select the pod where anything passes.
    excluded = {one.rule for one in denials if one.meant.matches}
    allows = [one for one in candidates if not one.item.denies and one.rule not in excluded]
    isolating = tuple(one for one in isolation.unsure if one[0] not in excluded) if not isolation.sure else ()
    worlds = [SHUT] if denials else []
    if any(gate.limit is not None for one in allows for gate in one.gates):
        worlds += _with_limits(allows, isolation.sure, isolating, version, point)
    else:
        worlds += _without_limits(allows, isolation.sure, isolating)
    found = tuple({one.key: one for one in worlds}.values())
    if len(found) < 2:
        return Weighed(found)
    if any(one.is_sure for one in allows) and not any(one.conditions for one in found):
        # Beside a sure allow only denials matter.
        return Weighed(found, tuple(denials))
    return Weighed(found, tuple(one for one in candidates if not one.is_sure), isolating)


def _without_limits(
    allows: Sequence[Candidate], isolated: bool, isolating: Sequence[tuple[CompiledRule, Meaning]]
) -> Iterator[World]:
    if any(one.is_sure for one in allows):
        yield OPEN
        return
    if allows or not isolated:
        yield OPEN
    # A rule that isolates the pod and surely allows the peer refuses nothing.
    harmless = {one.rule for one in allows if one.meant.matches}
    if isolated or any(rule not in harmless for rule, _ in isolating):
        yield SHUT


def _with_limits(
    allows: Sequence[Candidate],
    isolated: bool,
    isolating: Sequence[tuple[CompiledRule, Meaning]],
    version: CiliumVersion | None,
    point: Point,
) -> Iterator[World]:
    """Every possible world without a denial."""
    allowing = dict.fromkeys(one.rule for one in allows if one.selected.matches is None)
    # Of the rules that only isolate, one stands for all.
    rules = [*allowing, *[rule for rule, _ in isolating if rule not in allowing][:1]]
    items = [one for one in allows if one.meant.matches is None]
    if len(rules) + len(items) > _MOST:
        yield from (SHUT, OPEN)
        return
    isolators = {rule for rule, _ in isolating}
    for chosen in product((False, True), repeat=len(rules) + len(items)):
        left_out = {rule for rule, there in zip(rules, chosen, strict=False) if not there}
        unmeant = {one for one, there in zip(items, chosen[len(rules) :], strict=True) if not there}
        opened = [
            each for one in allows if one.rule not in left_out and one not in unmeant for each in one.opened
        ]
        yield world(opened, isolated or bool(isolators - left_out), version, point)


Judge = Callable[[Limit], "bool | None"]
"""Whether a limit holds for a flow; None if the flow does not tell."""


def passes(world: World, judge: Judge) -> tuple[Condition, ...] | None:
    """What must hold for a flow to pass in a possible world.

    Returns:
        The conditions, any of them; empty if it passes as it is, None if it does not pass.
    """
    judged = [(one, judge(one.limit)) for one in world.conditions]
    if world.plain or any(answer for _, answer in judged):
        return ()
    return tuple(one for one, answer in judged if answer is None) or None


def agree(answers: Sequence[tuple[Condition, ...] | None]) -> tuple[Verdict, tuple[Condition, ...]]:
    """What holds in all possible worlds, given what `passes` says of each, with conditions that suffice."""
    there = [each for each in answers if each is not None]
    if len(there) < len(answers):
        return ("unknown" if there else "denied"), ()
    limited = [each for each in there if each]
    if not limited:
        return "allowed", ()
    first, *others = limited
    texts = [{one.limit.text for one in each} for each in others]
    common = tuple(one for one in first if all(one.limit.text in each for each in texts))
    return ("allowed" if common else "unknown"), common


def world(opened: Sequence[Opened], isolated: bool, version: CiliumVersion | None, point: Point) -> World:
    """What passes at one port by some gates."""
    passing = merge(opened, isolated, version)
    return World(point in passing.plain, tuple(passing.at(*point)))
