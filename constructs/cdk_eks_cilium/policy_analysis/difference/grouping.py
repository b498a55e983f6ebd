"""Equal changes of many pairs as one line, by the tenant of the destination."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from cdk_eks_cilium.policy_analysis.evaluation import PortSet

from .difference import Difference, PairChange
from .sides import OUTSIDE, ComparedSide
from .standing import KINDS, ChangeKind, Standing

_Pair = tuple[ComparedSide, ComparedSide]
_Sides = frozenset[ComparedSide]


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


@dataclass(frozen=True)
class ChangeLine:
    """One change, and all the pairs that it is for: each source with each destination.

    Attributes:
        tenant: The namespace of the destinations, `OUTSIDE` or ``nodes``.
        kind: What happens.
        sources: The sides that begin.
        destinations: The other sides, all of the tenant.
        source_ends: The sources by as few names as possible.
        destination_ends: The destinations likewise.
        ports: The ports.
        before: The old answer.
        after: The new answer.
    """

    tenant: str
    kind: ChangeKind
    sources: tuple[ComparedSide, ...]
    destinations: tuple[ComparedSide, ...]
    source_ends: tuple[NamedEnd, ...]
    destination_ends: tuple[NamedEnd, ...]
    ports: PortSet
    before: Standing
    after: Standing

    @property
    def source_names(self) -> tuple[str, ...]:
        """The names of the sources."""
        return tuple(one.text for one in self.source_ends)

    @property
    def destination_names(self) -> tuple[str, ...]:
        """The names of the destinations."""
        return tuple(one.text for one in self.destination_ends)

    def as_json(self) -> dict[str, Any]:
        """The line as plain data."""
        return {
            "kind": self.kind,
            "tenant": self.tenant,
            "sources": [one.text for one in self.sources],
            "destinations": [one.text for one in self.destinations],
            "ports": str(self.ports),
            "before": self.before.as_json(),
            "after": self.after.as_json(),
        }


def grouped(difference: Difference) -> list[ChangeLine]:
    """The changes in as few lines as possible: tenants by name, what is outside last; what opens first."""
    names = _Names(difference.sides)
    lines = [
        _line(changes, sources, destinations, names)
        for changes in _alike(difference.changes)
        for sources, destinations in _rectangles(changes)
    ]
    last = {OUTSIDE: 3, "nodes": 2, **dict.fromkeys(difference.stand_ins.namespaces, 1)}
    return sorted(lines, key=lambda line: (last.get(line.tenant, 0), *_order(line)))


def _order(line: ChangeLine) -> tuple[object, ...]:
    place = (line.tenant, KINDS.index(line.kind), line.destination_names, line.source_names)
    return (*place, str(line.ports), str(line.before), str(line.after))


def _alike(changes: Iterable[PairChange]) -> Iterable[list[PairChange]]:
    """Equal changes to one tenant. What decided before may differ: what decides now is the cause."""
    found: dict[tuple[object, ...], list[PairChange]] = {}
    for change in changes:
        parts = tuple(change.ports.parts())
        key = (change.destination.tenant, change.kind, parts, change.before.meaning, change.after)
        found.setdefault(key, []).append(change)
    return found.values()


def _rectangles(changes: Iterable[PairChange]) -> list[tuple[_Sides, _Sides]]:
    """Sources and destinations whose pairs are the given ones, in as few cuts as some ways give.

    A single pod does not reach itself, and such pairs may be among those of a cut.
    """
    pairs = [(one.source, one.destination) for one in changes]
    turned = [(destination, source) for source, destination in pairs]
    ways = [_cut(pairs, own=own) for own in (False, True)]
    ways += [[(second, first) for first, second in _cut(turned, own=own)] for own in (False, True)]
    return min(ways, key=len)


def _cut(pairs: Sequence[_Pair], *, own: bool) -> list[tuple[_Sides, _Sides]]:
    """The first sides that have the same second sides; with *own*, as if single pods had themselves."""
    seconds: dict[ComparedSide, set[ComparedSide]] = {}
    for first, second in pairs:
        seconds.setdefault(first, set()).add(second)
    alike: dict[_Sides, tuple[list[ComparedSide], set[ComparedSide]]] = {}
    for first, found in seconds.items():
        key = frozenset(found | {first}) if own and _is_single(first) else frozenset(found)
        firsts, whole = alike.setdefault(key, ([], set()))
        firsts.append(first)
        whole |= found
    return [(frozenset(firsts), frozenset(whole)) for firsts, whole in alike.values()]


def _is_single(side: ComparedSide) -> bool:
    return side.old.workload is not None and side.old.workload.kind == "Pod"


def _line(changes: Sequence[PairChange], sources: _Sides, destinations: _Sides, names: _Names) -> ChangeLine:
    here = [one for one in changes if one.source in sources and one.destination in destinations]
    decided = dict.fromkeys(place for one in here for place in one.before.rules)
    lacking = dict.fromkeys(each for one in here for each in one.before.missing)
    return ChangeLine(
        here[0].destination.tenant,
        here[0].kind,
        tuple(sorted(sources, key=_place)),
        tuple(sorted(destinations, key=_place)),
        names.of(sources, destinations),
        names.of(destinations, sources),
        here[0].ports,
        replace(here[0].before, rules=tuple(decided), missing=tuple(lacking)),
        here[0].after,
    )


def _place(side: ComparedSide) -> tuple[object, ...]:
    """Workloads first, then pods that only policies mean, then the rest."""
    return (not side.is_pod, side.presence == "neither", side.tenant == OUTSIDE, side.text)


class _Names:
    """Names of many sides in few words."""

    def __init__(self, sides: Iterable[ComparedSide]) -> None:
        self._pods: dict[str, set[ComparedSide]] = {}
        for side in sides:
            if side.is_pod and not side.combined:
                self._pods.setdefault(side.tenant, set()).add(side)
        self._every = {side for pods in self._pods.values() for side in pods}

    def of(self, sides: _Sides, others: _Sides) -> tuple[NamedEnd, ...]:
        """The names of some sides. *others* are at the other end, where single pods may be missing here."""
        themselves = {one for one in others if _is_single(one)}
        left = set(sides)
        found: list[NamedEnd] = []
        wholes: list[tuple[str, set[ComparedSide], Literal["namespace", "cluster"]]] = []
        if len(self._pods) > 1:
            wholes.append(("every pod", self._every, "cluster"))
        wholes += [(f"every pod of {name}", pods, "namespace") for name, pods in sorted(self._pods.items())]
        for text, pods, kind in wholes:
            if len(pods) > 1 and pods <= left | themselves and left & pods:
                inside = {one for one in left if one.is_pod and (one in pods or one.combined)}
                found.append(NamedEnd(text, tuple(sorted(inside & pods, key=_place)), kind))
                left -= inside if kind == "cluster" else pods
        # Pods with the labels of two selectors say something only where no other side says it.
        alone = {one for one in left if not one.combined} or (set() if found else left)
        return (*found, *(NamedEnd(one.text, (one,)) for one in sorted(alone, key=_place)))
