"""Equal changes of many pairs as one line, by the tenant of the destination."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cdk_eks_cilium.policy_analysis.evaluation import Place, PortSet

from .difference import PairChange, PolicyDifference
from .ends import EVERY_NAMESPACE, EndNames, NamedEnd, SideSet, end_order, rectangles
from .sides import OUTSIDE, ComparedSide
from .standing import KINDS, ChangeKind, Standing


@dataclass(frozen=True)
class ChangeLine:
    """One change, and all the pairs that it is for: each source with each destination.

    Attributes:
        tenant: The namespace of the destinations, `EVERY_NAMESPACE`, `OUTSIDE` or ``nodes``.
        kind: What happens.
        sources: The sides that begin.
        destinations: The other sides, all of them of the tenant.
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


def grouped(difference: PolicyDifference) -> list[ChangeLine]:
    """The changes in as few lines as possible: first what opens to or from the world or Ingresses.

    Then tenants by name, what is outside last, and in each what opens first.
    """
    names = EndNames(difference.sides)
    lines = [line for changes in _alike(difference.changes) for line in _lines(changes, names)]
    last = {EVERY_NAMESPACE: -1, OUTSIDE: 3, "nodes": 2, **dict.fromkeys(difference.stand_ins.namespaces, 1)}
    return sorted(lines, key=lambda line: (not _opens_world(line), last.get(line.tenant, 0), *_order(line)))


def _opens_world(line: ChangeLine) -> bool:
    """Whether it opens to or from the world, or from Ingresses of Cilium, which the world reaches."""
    ends = (*line.sources, *line.destinations)
    return line.kind == "opens" and any(one.tenant == OUTSIDE or one.text == "ingress" for one in ends)


def _lines(changes: Sequence[PairChange], names: EndNames) -> Iterator[ChangeLine]:
    """Equal changes cut into lines, each for one tenant or for every namespace; the fewer of two ways."""
    tenants: dict[str, list[PairChange]] = {}
    for change in changes:
        tenants.setdefault(change.destination.tenant, []).append(change)
    apart = [
        (tenant, sources, destinations)
        for tenant, some in tenants.items()
        for sources, destinations in rectangles((one.source, one.destination) for one in some)
    ]
    together = [
        (tenant, sources, part)
        for sources, destinations in rectangles((one.source, one.destination) for one in changes)
        for tenant, part in names.by_tenant(destinations, sources)
    ]
    by_source: dict[ComparedSide, dict[ComparedSide, PairChange]] = {}
    for change in changes:
        by_source.setdefault(change.source, {})[change.destination] = change
    for tenant, sources, destinations in min(apart, together, key=len):
        yield _line(tenant, by_source, sources, destinations, names)


def _order(line: ChangeLine) -> tuple[object, ...]:
    place = (line.tenant, KINDS.index(line.kind), line.destination_names, line.source_names)
    return (*place, str(line.ports), str(line.before), str(line.after))


def _alike(changes: Iterable[PairChange]) -> Iterable[list[PairChange]]:
    """Equal changes. What decided before may differ: what decides now is the cause.

    Which rules isolate what nothing allows may differ, too: the lack of an allow is the cause.
    """
    found: dict[tuple[object, ...], list[PairChange]] = {}
    for change in changes:
        cause = tuple(place for place in change.after.rules if place.is_item)
        after = (*change.after.meaning, cause, change.after.missing)
        key = (change.kind, change.ports, change.before.meaning, after)
        found.setdefault(key, []).append(change)
    return found.values()


def _line(
    tenant: str,
    changes: Mapping[ComparedSide, Mapping[ComparedSide, PairChange]],
    sources: SideSet,
    destinations: SideSet,
    names: EndNames,
) -> ChangeLine:
    begins, ends = (tuple(sorted(some, key=end_order)) for some in (sources, destinations))
    rows = (changes.get(source, {}) for source in begins)
    here = [row[destination] for row in rows for destination in ends if destination in row]
    lacking = dict.fromkeys(each for one in here for each in one.before.missing)
    return ChangeLine(
        tenant,
        here[0].kind,
        begins,
        ends,
        names.of(sources, destinations),
        names.of(destinations, sources),
        here[0].ports,
        replace(here[0].before, rules=_deciding(one.before for one in here), missing=tuple(lacking)),
        replace(here[0].after, rules=_deciding(one.after for one in here)),
    )


def _deciding(standings: Iterable[Standing]) -> tuple[Place, ...]:
    """The rules that decide; what decides most often comes first."""
    counted = Counter(place for one in standings for place in one.rules)
    return tuple(place for place, _ in counted.most_common())
