"""Many sides by few names, and many pairs as few lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from .sides import OUTSIDE, ComparedSide

Pair = tuple[ComparedSide, ComparedSide]
"""A source and a destination."""

SideSet = frozenset[ComparedSide]

EVERY_NAMESPACE: Final = "every namespace"
"""The tenant of lines whose destinations are all pods."""


@dataclass(frozen=True)
class NamedEnd:
    """One or many sides with one name.

    Attributes:
        text: The name: ``shop/web``, ``every pod of shop``.
        sides: The sides.
        whole: What it is all of: a namespace, the cluster, or nothing.
    """

    text: str
    sides: tuple[ComparedSide, ...]
    whole: Literal["", "namespace", "cluster"] = ""


def rectangles(pairs: Iterable[Pair]) -> list[tuple[SideSet, SideSet]]:
    """Cut pairs into sources and destinations, in as few cuts as some ways give.

    A single pod does not reach itself, and a cut may have such a pair.
    """
    pairs = list(pairs)
    turned = [(destination, source) for source, destination in pairs]
    ways = [_cut(pairs, own=own) for own in (False, True)]
    ways += [[(second, first) for first, second in _cut(turned, own=own)] for own in (False, True)]
    return min(ways, key=len)


def _cut(pairs: Sequence[Pair], *, own: bool) -> list[tuple[SideSet, SideSet]]:
    """The first sides that have the same second sides; with *own*, as if single pods had themselves."""
    seconds: dict[ComparedSide, set[ComparedSide]] = {}
    for first, second in pairs:
        seconds.setdefault(first, set()).add(second)
    alike: dict[SideSet, tuple[list[ComparedSide], set[ComparedSide]]] = {}
    for first, found in seconds.items():
        key = frozenset(found | {first}) if own and _is_single(first) else frozenset(found)
        firsts, whole = alike.setdefault(key, ([], set()))
        firsts.append(first)
        whole |= found
    return [(frozenset(firsts), frozenset(whole)) for firsts, whole in alike.values()]


def _is_single(side: ComparedSide) -> bool:
    return side.old.workload is not None and side.old.workload.kind == "Pod"


def _themselves(others: SideSet) -> SideSet:
    """The pod that is missing at one end because it alone is the other end, and does not reach itself."""
    return others if len(others) == 1 and all(map(_is_single, others)) else frozenset()


def end_order(side: ComparedSide) -> tuple[object, ...]:
    """The order of sides in a line: workloads first, then pods that only policies mean, then the rest."""
    return (not side.is_pod, side.presence == "neither", side.tenant == OUTSIDE, side.text)


class EndNames:
    """Names of many sides in few words.

    Args:
        sides: All sides that count: a name for all of a namespace stands for every one of them in it.
    """

    def __init__(self, sides: Iterable[ComparedSide]) -> None:
        self._pods: dict[str, set[ComparedSide]] = {}
        for side in sides:
            if side.is_pod and not side.combined:
                self._pods.setdefault(side.tenant, set()).add(side)
        self._every = {side for pods in self._pods.values() for side in pods}

    def by_tenant(self, sides: SideSet, others: SideSet) -> Iterator[tuple[str, SideSet]]:
        """Divide some sides by their tenants; all pods together are of `EVERY_NAMESPACE`."""
        pods = {one for one in sides if one.is_pod}
        left = set(sides)
        if len(self._pods) > 1 and self._every <= pods | _themselves(others):
            yield EVERY_NAMESPACE, frozenset(pods)
            left -= pods
        for tenant in sorted({one.tenant for one in left}):
            yield tenant, frozenset(one for one in left if one.tenant == tenant)

    def of(self, sides: SideSet, others: SideSet) -> tuple[NamedEnd, ...]:
        """The names of some sides, with *others* at the other end."""
        themselves = _themselves(others)
        left = set(sides)
        found: list[NamedEnd] = []
        wholes: list[tuple[str, set[ComparedSide], Literal["namespace", "cluster"]]] = []
        if len(self._pods) > 1:
            wholes.append(("every pod", self._every, "cluster"))
        wholes += [(f"every pod of {name}", pods, "namespace") for name, pods in sorted(self._pods.items())]
        for text, pods, kind in wholes:
            if len(pods) > 1 and pods <= left | themselves and left & pods:
                inside = {one for one in left if one.is_pod and (one in pods or one.combined)}
                found.append(NamedEnd(text, tuple(sorted(inside & pods, key=end_order)), kind))
                left -= inside if kind == "cluster" else pods
        # Pods with the labels of two selectors say something only where no other side says it.
        alone = {one for one in left if not one.combined} or (set() if found else left)
        return (*found, *(NamedEnd(one.text, (one,)) for one in sorted(alone, key=end_order)))
