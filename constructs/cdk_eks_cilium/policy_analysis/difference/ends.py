"""Many sides by few names, and many pairs as few lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from .sides import OUTSIDE, ComparedSide
from .told_apart import OTHER_NAMESPACE

Pair = tuple[ComparedSide, ComparedSide]
"""A source and a destination."""

SideSet = frozenset[ComparedSide]

_MANY: Final = 4
_MOST_MISSING: Final = 3

EVERY_NAMESPACE: Final = "every namespace"
"""The tenant of lines whose destinations are all pods."""


Whole = Literal["", "namespace", "cluster", "part"]


@dataclass(frozen=True)
class NamedEnd:
    """One or many sides with one name.

    Attributes:
        text: The name: ``shop/web``, ``every pod of shop``.
        sides: The sides.
        whole: What it is all of: a namespace, the cluster, or nothing; ``part`` for pods of many.
    """

    text: str
    sides: tuple[ComparedSide, ...]
    whole: Whole = ""


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
        wholes: list[tuple[str, set[ComparedSide], Whole]] = []
        if len(self._pods) > 1:
            wholes.append(("every pod", self._every, "cluster"))
        beyond = self._beyond(left | themselves)
        wholes += [beyond] if beyond else []
        wholes += [
            (f"every pod of {spoken(name)}", pods, "namespace") for name, pods in sorted(self._pods.items())
        ]
        for text, pods, kind in wholes:
            if _are_many(pods) and pods <= left | themselves and left & pods:
                inside = {one for one in left if one.is_pod and (one in pods or one.combined)}
                found.append(NamedEnd(text, tuple(sorted(inside & pods, key=end_order)), kind))
                left -= inside if kind == "cluster" else pods
        # Pods with the labels of two selectors say something only where no other side says it.
        alone = {one for one in left if not one.combined} or (set() if found else left)
        for end in (*self._most(alone, themselves), *self._everywhere(alone)):
            found.append(end)
            alone = alone - {*end.sides}
        return (*found, *(NamedEnd(one.text, (one,)) for one in sorted(alone, key=end_order)))

    def _beyond(self, sides: set[ComparedSide]) -> tuple[str, set[ComparedSide], Whole] | None:
        """A name for the pods of most namespaces, with the namespaces that nobody mentions."""
        inside = {name for name, pods in self._pods.items() if pods <= sides}
        others = sorted(self._pods.keys() - inside)
        if OTHER_NAMESPACE not in inside or not others or len(inside) < max(_MANY, 2 * len(others)):
            return None
        pods = {one for name in inside for one in self._pods[name]}
        return f"every pod outside {' and '.join(others)}", pods, "part"

    def _most(self, sides: SideSet | set[ComparedSide], themselves: SideSet) -> Iterator[NamedEnd]:
        """Names for nearly all pods of a namespace."""
        for name, pods in sorted(self._pods.items()):
            here, missing = pods & sides, sorted(pods - sides - themselves, key=end_order)
            if missing and len(here) >= _MANY and 2 * len(missing) <= len(here):
                some = [within(one) for one in missing[:_MOST_MISSING]]
                more = len(missing) - len(some)
                but = ", ".join(some) + (f" and {more} others" if more else "")
                yield NamedEnd(f"every pod of {spoken(name)} but {but}", tuple(sorted(here, key=end_order)))

    def _everywhere(self, sides: SideSet | set[ComparedSide]) -> Iterator[NamedEnd]:
        """Names for the same undescribed pods of every namespace."""
        alike: dict[str, set[ComparedSide]] = {}
        for one in sides:
            if one.is_pod and one.presence == "neither":
                alike.setdefault(within(one), set()).add(one)
        for text, some in sorted(alike.items()):
            if len(some) > 1 and {one.tenant for one in some} == self._pods.keys():
                yield NamedEnd(f"{text} of every namespace", tuple(sorted(some, key=end_order)), "part")


def _are_many(pods: set[ComparedSide]) -> bool:
    """Whether sides stand for more than one pod each, or are several."""
    return len(pods) > 1 or all(one.presence == "neither" for one in pods)


def spoken(namespace: str) -> str:
    """A tenant's name in a sentence: one namespace stands for all that nobody mentions."""
    return "other namespaces" if namespace == OTHER_NAMESPACE else namespace


def within(side: ComparedSide) -> str:
    """The name of a side in its namespace."""
    return side.text.removeprefix(f"{side.tenant}/").removesuffix(f" of {side.tenant}")
