"""Equal changes of many pairs as one line, by the tenant of the destination."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cdk_eks_cilium.policy_analysis.evaluation import PortSet

from .difference import Difference, PairChange
from .sides import OUTSIDE, ComparedSide
from .standing import KINDS, ChangeKind, Standing

_Pair = tuple[ComparedSide, ComparedSide]
_Sides = frozenset[ComparedSide]


@dataclass(frozen=True)
class ChangeLine:
    """One change, and all the pairs that it is for: each source with each destination.

    Attributes:
        tenant: The namespace of the destinations, `OUTSIDE` or ``nodes``.
        kind: What happens.
        sources: The sides that begin.
        destinations: The other sides, all of the tenant.
        source_names: The sources in as few words as possible: ``every pod of shop``.
        destination_names: The destinations likewise.
        ports: The ports.
        before: The old answer.
        after: The new answer.
    """

    tenant: str
    kind: ChangeKind
    sources: tuple[ComparedSide, ...]
    destinations: tuple[ComparedSide, ...]
    source_names: tuple[str, ...]
    destination_names: tuple[str, ...]
    ports: PortSet
    before: Standing
    after: Standing

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
        _line(change, sources, destinations, names)
        for change, pairs in _alike(difference.changes)
        for sources, destinations in _rectangles(pairs)
    ]
    return sorted(lines, key=_order)


def _order(line: ChangeLine) -> tuple[object, ...]:
    place = (line.tenant == "nodes", line.tenant == OUTSIDE, line.tenant, KINDS.index(line.kind))
    return (*place, line.destination_names, line.source_names, str(line.ports), str(line.before), str(line.after))


def _alike(
    changes: Iterable[PairChange],
) -> Iterator[tuple[PairChange, list[_Pair]]]:
    """The pairs of equal changes to one tenant, each time with one of the changes."""
    found: dict[tuple[object, ...], tuple[PairChange, list[_Pair]]] = {}
    for change in changes:
        parts = tuple(change.ports.parts())
        key = (change.destination.tenant, change.kind, parts, change.before, change.after)
        found.setdefault(key, (change, []))[1].append((change.source, change.destination))
    yield from found.values()


def _rectangles(pairs: Sequence[_Pair]) -> list[tuple[_Sides, _Sides]]:
    """Sources and destinations whose pairs are the given ones, in as few cuts as some ways give.

    A single pod does not reach itself, and such pairs may be among those of a cut.
    """
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


def _line(change: PairChange, sources: _Sides, destinations: _Sides, names: _Names) -> ChangeLine:
    return ChangeLine(
        change.destination.tenant,
        change.kind,
        tuple(sorted(sources, key=_place)),
        tuple(sorted(destinations, key=_place)),
        names.of(sources, destinations),
        names.of(destinations, sources),
        change.ports,
        change.before,
        change.after,
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

    def of(self, sides: _Sides, others: _Sides) -> tuple[str, ...]:
        """The names of some sides. *others* are at the other end, where single pods may be missing here."""
        themselves = {one for one in others if _is_single(one)}
        left = set(sides)
        found: list[str] = []
        if len(self._every) > 1 and self._every <= left | themselves and left & self._every:
            found.append("every pod")
            left = {one for one in left if not one.is_pod}
        for tenant, pods in sorted(self._pods.items()):
            if len(pods) > 1 and pods <= left | themselves and left & pods:
                found.append(f"every pod of {tenant}")
                left = {one for one in left if not (one.is_pod and one.tenant == tenant)}
        # Pods with the labels of two selectors say something only where no other side says it.
        alone = {one for one in left if not one.combined} or (set() if found else left)
        return (*found, *(one.text for one in sorted(alone, key=_place)))
