"""Who may reach whom, and where: the answer for every pair at once.

Endpoints with the same rules are judged once, and each item judges each endpoint once. Some hundreds of
workloads so take seconds; an explanation for each pair would take far longer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

from cdk_eks_cilium.policy_analysis.workloads import Workload

from .compiled import DIRECTIONS, CompiledItem, CompiledRule, Direction
from .evaluation import Evaluation
from .flow import Endpoint
from .labels import Matcher
from .merging import merge
from .ports import gates, has_names
from .spans import PortSet

_EVERYTHING = PortSet.everything()
_NOTHING = PortSet({})


@dataclass(frozen=True)
class Reach:
    """What one side may reach of another.

    Attributes:
        source: The side that begins.
        destination: The other side.
        ports: Where anything passes.
        limited: Where only what *limits* allow passes.
        limits: The limited ports with what passes there, in words. Ports that occur twice are limited on
            either side, and both limits must hold.
        denied: Ports that a rule denies though another allows them.
        unknown: Ports where the answer depends on something that nobody described.
        missing: What somebody must describe so that the answer there becomes known.
    """

    source: Endpoint
    destination: Endpoint
    ports: PortSet
    limited: PortSet
    limits: tuple[tuple[PortSet, str], ...]
    denied: PortSet
    unknown: PortSet = field(default_factory=lambda: PortSet({}))
    missing: tuple[str, ...] = ()

    @property
    def allowed(self) -> bool:
        """Whether anything passes."""
        return bool(self.ports or self.limited)

    def __str__(self) -> str:
        parts = [str(self.ports)] if self.ports else []
        parts += [f"{ports} only for {text}" for ports, text in self.limits]
        return "; ".join(parts) or "nothing"

    def as_json(self) -> dict[str, Any]:
        """The reach as plain data."""
        return {
            "source": str(self.source),
            "destination": str(self.destination),
            "ports": str(self.ports) if self.ports else "",
            "limited": str(self.limited) if self.limited else "",
            "limits": [{"ports": str(ports), "only": text} for ports, text in self.limits],
            "denied": str(self.denied) if self.denied else "",
            "unknown": str(self.unknown) if self.unknown else "",
            "missing": list(self.missing),
        }


@dataclass(frozen=True)
class _Side:
    """What one direction lets through to, or from, one other side."""

    ports: PortSet
    limited: PortSet
    limits: tuple[tuple[PortSet, str], ...]
    denied: PortSet
    unknown: PortSet = _NOTHING
    missing: tuple[str, ...] = ()


_OPEN = _Side(_EVERYTHING, _NOTHING, (), _NOTHING)
_SHUT = _Side(_NOTHING, _NOTHING, (), _NOTHING)


class Matrix:
    """Who may reach whom among some endpoints.

    Args:
        evaluation: The policies and their inventory.
        endpoints: The sides. By default every workload of the inventory.
    """

    def __init__(self, evaluation: Evaluation, endpoints: Sequence[Endpoint] | None = None) -> None:
        self.evaluation = evaluation
        self.endpoints = tuple(
            endpoints
            if endpoints is not None
            else [Endpoint.pod(each) for each in evaluation.inventory.workloads]
        )
        self._mask = cache(self._meant)
        self._gates = cache(lambda item, receiver: gates(item.item, receiver))
        self._combined = cache(self._combine)

    def __iter__(self) -> Iterator[Reach]:
        """Every pair with a pod where something passes, or where a rule denies what another allows."""
        for source in self.endpoints:
            for destination in self.endpoints:
                if not _is_pair(source, destination):
                    continue
                reach = self.reach(source, destination)
                if reach.allowed or reach.denied or reach.unknown:
                    yield reach

    def reach(self, source: Endpoint, destination: Endpoint) -> Reach:
        """What *source* may reach of *destination*, both of which are in the matrix."""
        names = self.evaluation.names
        egress = self._side(source, destination, "egress", names.receiver("egress", destination.workload))
        ingress = self._side(destination, source, "ingress", destination.workload)
        plain = egress.ports & ingress.ports
        either = (egress.ports | egress.limited) & (ingress.ports | ingress.limited)
        limited = either - plain
        denied = egress.denied | ingress.denied
        unknown = (egress.unknown & (ingress.ports | ingress.limited | ingress.unknown)) | (
            ingress.unknown & (egress.ports | egress.limited)
        )
        limits = (
            [(ports & limited, text) for ports, text in (*egress.limits, *ingress.limits)] if limited else []
        )
        missing = (*egress.missing, *ingress.missing) if unknown else ()
        return Reach(
            source,
            destination,
            plain,
            limited,
            tuple(one for one in limits if one[0]),
            denied,
            unknown,
            tuple(dict.fromkeys(missing)),
        )

    def _side(
        self, subject: Endpoint, other: Endpoint, direction: Direction, receiver: Workload | None
    ) -> _Side:
        workload = subject.workload
        evaluation = self.evaluation
        if workload is None or workload.host_network or evaluation.enforcement == "never":
            return _OPEN
        bit = 1 << self._numbers[other]
        meant, isolated = self._subjects[subject, direction]
        items = tuple(item for item, mask in meant if mask & bit)
        if direction == "egress" and other.kind == "fqdn":
            items = tuple(item for item in items if self._can_ask(item, workload, other.name))
        named = self._named(items, receiver)
        side, explicit = self._combined(items, isolated, named)
        if direction == "ingress" and other.is_own_node:
            # The node of a pod reaches it unless a rule denies it.
            side, _ = self._combined(tuple(item for item in items if item.denies), False, named)
        pair = evaluation.tier_pair(subject, other, direction, receiver)
        return evaluation.tiers.side(direction, pair, side, explicit)

    @staticmethod
    def _named(items: Sequence[CompiledItem], receiver: Workload | None) -> Workload | None:
        return receiver if any(has_names(item.item) for item in items) else None

    def _combine(
        self, items: tuple[CompiledItem, ...], isolated: bool, receiver: Workload | None
    ) -> tuple[_Side, PortSet]:
        """What the items let through, and the ports that they are for."""
        if not items:
            return (_SHUT if isolated else _OPEN), _NOTHING
        denied, opened = _NOTHING, []
        for item in items:
            for gate in self._gates(item, receiver):
                if item.denies:
                    denied = denied | gate.ports
                else:
                    opened.append((item, gate))
        passing = merge(opened, isolated, self.evaluation.version)
        limited = PortSet.union(one.ports for one in passing.conditions)
        stopped = (passing.plain | limited) & denied
        limited = limited - denied
        limits = _alternatives(((one.ports, one.limit.text) for one in passing.conditions), limited)
        explicit = denied | PortSet.union(gate.ports for _, gate in opened)
        return _Side(passing.plain - denied, limited, limits, stopped), explicit

    def _can_ask(self, item: CompiledItem, workload: Workload, name: str) -> bool:
        return (
            item.denies
            or item.item.peer_kind != "to_fqdns"
            or bool(self.evaluation.dns_query_places(workload, name))
        )

    @cached_property
    def _numbers(self) -> dict[Endpoint, int]:
        return {endpoint: number for number, endpoint in enumerate(self.endpoints)}

    @cached_property
    def _by_namespace(self) -> dict[str | None, list[Endpoint]]:
        """Endpoints by the namespace in which selectors can mean them; None for endpoints outside."""
        groups: dict[str | None, list[Endpoint]] = {}
        for endpoint in self.endpoints:
            workload = endpoint.workload
            inside = workload is not None and not workload.host_network
            groups.setdefault(workload.namespace if inside and workload else None, []).append(endpoint)
        return groups

    @cached_property
    def _subjects(self) -> dict[tuple[Endpoint, Direction], tuple[list[tuple[CompiledItem, int]], bool]]:
        """For each pod and direction: the items for it, with whom they mean, and whether it is isolated."""
        subjects: dict[tuple[Endpoint, Direction], tuple[list[tuple[CompiledItem, int]], bool]] = {}
        for endpoint in self.endpoints:
            if endpoint.workload is None:
                continue
            rules: list[CompiledRule] = self.evaluation.selecting(endpoint.workload)
            for direction in DIRECTIONS:
                required = self.evaluation.required(endpoint.workload, direction)
                allowed = {denies: self._chosen(matchers) for denies, matchers in required.items()}
                items = [
                    (item, self._mask(item) & (allowed[item.denies] if item.chooses_by_labels else -1))
                    for rule in rules
                    for item in rule.items(direction)
                ]
                isolated = self.evaluation.is_isolated(endpoint.workload, direction)
                subjects[endpoint, direction] = ([one for one in items if one[1]], isolated)
        return subjects

    def _chosen(self, matchers: Sequence[Matcher]) -> int:
        """The endpoints that all of some selectors choose."""
        if not matchers:
            return -1
        return sum(
            1 << number
            for endpoint, number in self._numbers.items()
            if all(one.matches(self.evaluation.labels_of(endpoint)) for one in matchers)
        )

    def _meant(self, item: CompiledItem) -> int:
        """The endpoints that an item means, one bit each."""
        return sum(
            1 << self._numbers[endpoint]
            for endpoint in set(self._candidates(item))
            if item.peers.means(endpoint, self.evaluation.labels_of(endpoint)).matches
        )

    def _candidates(self, item: CompiledItem) -> Iterator[Endpoint]:
        groups = self._by_namespace
        if item.peers.namespaces is not None:
            for namespace in item.peers.namespaces:
                yield from groups.get(namespace, ())
        elif not item.peers.pods:
            yield from groups.get(None, ())
        else:
            yield from self.endpoints


def _alternatives(limits: Iterable[tuple[PortSet, str]], within: PortSet) -> tuple[tuple[PortSet, str], ...]:
    """What passes where, in one text for the same ports."""
    texts: dict[str, tuple[PortSet, list[str]]] = {}
    for ports, text in limits:
        left = ports & within
        if left:
            texts.setdefault(str(left), (left, []))[1].append(text)
    return tuple((ports, " or ".join(dict.fromkeys(words))) for ports, words in texts.values())


def _is_pair(source: Endpoint, destination: Endpoint) -> bool:
    """Whether *source* can begin a flow to *destination*, and one of them is a pod. Names begin no flows."""
    if source == destination:
        return source.workload is not None and source.workload.kind != "Pod"
    return source.kind != "fqdn" and (source.workload is not None or destination.workload is not None)
