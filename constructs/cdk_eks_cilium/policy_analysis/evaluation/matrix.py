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

from .compiled import DIRECTIONS, CompiledItem, CompiledRule, Direction, PeerRequirement
from .evaluation import Evaluation
from .flow import Endpoint
from .meaning import all_of
from .merging import merge
from .peers import Question
from .ports import FAILING, Limit, gates, has_names
from .spans import PortSet, stretches
from .weighing import Candidate, Isolation, agree, passes, weigh, world

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

    @property
    def known(self) -> PortSet:
        """Where something passes for sure."""
        return self.ports | self.limited


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
        """Every pair with a pod where something passes or may pass, or a rule denies what another allows."""
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
        either = egress.known & ingress.known
        limited = either - plain
        denied = egress.denied | ingress.denied
        limits = (
            [(ports & limited, text) for ports, text in (*egress.limits, *ingress.limits)] if limited else []
        )
        unknown = _NOTHING
        missing: tuple[str, ...] = ()
        if egress.unknown or ingress.unknown:
            unknown = ((egress.known | egress.unknown) & (ingress.known | ingress.unknown)) - either
            missing = tuple(dict.fromkeys((*egress.missing, *ingress.missing))) if unknown else ()
        return Reach(
            source,
            destination,
            plain,
            limited,
            tuple(one for one in limits if one[0]),
            denied,
            unknown,
            missing,
        )

    def _side(
        self, subject: Endpoint, other: Endpoint, direction: Direction, receiver: Workload | None
    ) -> _Side:
        workload = subject.workload
        evaluation = self.evaluation
        if workload is None or workload.host_network or evaluation.enforcement == "never":
            return _OPEN
        items, unsure, isolation = self._meaning_it(subject, direction, 1 << self._numbers[other])
        if direction == "egress" and other.kind == "fqdn":
            asked = evaluation.dns_answers(workload, other.name).meaning.matches
            unsure = unsure or asked is None
            items = tuple(one for one in items if asked or one.denies or one.item.peer_kind != "to_fqdns")
        if direction == "ingress" and other.is_own_node:
            # The node of a pod reaches it unless a rule denies it.
            items, isolation = tuple(item for item in items if item.denies), Isolation(False)
        if unsure or isolation.unsure:
            return self._weigh(workload, other, direction, receiver, isolation)
        if not items:
            return _SHUT if isolation.sure else _OPEN
        named = receiver if any(has_names(item.item) for item in items) else None
        return self._combined(items, isolation.sure, named)

    def _combine(self, items: tuple[CompiledItem, ...], isolated: bool, receiver: Workload | None) -> _Side:
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
        return _Side(passing.plain - denied, limited, limits, stopped)

    def _weigh(
        self,
        workload: Workload,
        other: Endpoint,
        direction: Direction,
        receiver: Workload | None,
        isolation: Isolation,
    ) -> _Side:
        """What passes where something is unknown: each stretch of ports with the same rules is judged."""
        evaluation = self.evaluation
        found = evaluation.possible(workload, other, direction, receiver)
        if direction == "ingress" and other.is_own_node:
            found = [one for one in found if one.item.denies]
        parts: dict[str, list[tuple[str, int, int]]] = {name: [] for name in ("plain", "denied", "unknown")}
        limits: dict[str, list[tuple[str, int, int]]] = {}
        missing: list[str] = []
        for protocol, first, last in stretches(gate.ports for one in found for gate in one.gates):
            there = [each for one in found if (each := one.at((protocol, first))) is not None]
            weighed = weigh(there, isolation, evaluation.version, (protocol, first))
            verdict, conditions = agree([passes(one, _without_request) for one in weighed.worlds])
            stretch = (protocol, first, last)
            if verdict == "unknown":
                parts["unknown"].append(stretch)
                missing += weighed.missing
            elif verdict == "allowed" and not conditions:
                parts["plain"].append(stretch)
            elif verdict == "denied" and self._is_stopped(there, isolation, (protocol, first)):
                parts["denied"].append(stretch)
            for one in conditions:
                limits.setdefault(one.limit.text, []).append(stretch)
        limited = PortSet.union(PortSet.of(each) for each in limits.values())
        return _Side(
            PortSet.of(parts["plain"]),
            limited,
            _alternatives(((PortSet.of(each), text) for text, each in limits.items()), limited),
            PortSet.of(parts["denied"]),
            PortSet.of(parts["unknown"]),
            tuple(dict.fromkeys(missing)),
        )

    def _is_stopped(self, there: Sequence[Candidate], isolation: Isolation, point: tuple[str, int]) -> bool:
        """Whether something would surely pass without a denial."""
        if not any(one.item.denies and one.is_sure for one in there):
            return False
        allows = [one for one in there if one.is_sure and not one.item.denies]
        opened = [each for one in allows for each in one.opened]
        return (
            passes(world(opened, isolation.possible, self.evaluation.version, point), _without_request)
            is not None
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

    def _meaning_it(
        self, subject: Endpoint, direction: Direction, bit: int
    ) -> tuple[tuple[CompiledItem, ...], bool, Isolation]:
        """The items for a side that mean another side; whether more may; whether the side is isolated."""
        meant, isolation = self._subjects[subject, direction]
        items = tuple(item for item, sure, _ in meant if sure & bit)
        return items, any(possible & ~sure & bit for _, sure, possible in meant), isolation

    @cached_property
    def _subjects(
        self,
    ) -> dict[tuple[Endpoint, Direction], tuple[list[tuple[CompiledItem, int, int]], Isolation]]:
        """For each pod and direction: the items for it, whom they mean and may mean, and its isolation."""
        subjects = {}
        for endpoint in self.endpoints:
            workload = endpoint.workload
            if workload is None:
                continue
            for direction in DIRECTIONS:
                required = self.evaluation.required(workload, direction)
                items = []
                for rule, selected in self.evaluation.choosing(workload):
                    for item in rule.items(direction):
                        sure, possible = self._mask(item)
                        if item.chooses_by_labels and required[item.denies]:
                            certain, thinkable = self._chosen(required[item.denies], rule)
                            sure, possible = sure & certain, possible & thinkable
                        items.append((item, sure if selected.matches else 0, possible))
                isolation = self.evaluation.isolation(workload, direction)
                subjects[endpoint, direction] = ([one for one in items if one[2]], isolation)
        return subjects

    def _chosen(self, requirements: Sequence[PeerRequirement], of: CompiledRule) -> tuple[int, int]:
        """The endpoints that have, and that may have, what is required of peers of a rule's items."""
        return self._masks(
            self.endpoints,
            lambda endpoint, labels: all_of(one.meaning(labels, of) for one in requirements),
        )

    def _meant(self, item: CompiledItem) -> tuple[int, int]:
        """The endpoints that an item means, and that it may mean, one bit each."""
        return self._masks(self._candidates(item), item.peers.means)

    def _masks(self, endpoints: Iterable[Endpoint], question: Question) -> tuple[int, int]:
        sure = possible = 0
        for endpoint in endpoints:
            matches = question(endpoint, self.evaluation.labels_of(endpoint)).matches
            if matches is not False:
                bit = 1 << self._numbers[endpoint]
                possible |= bit
                sure |= bit if matches else 0
        return sure, possible

    def _candidates(self, item: CompiledItem) -> Iterator[Endpoint]:
        groups = self._by_namespace
        if item.peers.namespaces is not None:
            for namespace in item.peers.namespaces:
                yield from groups.get(namespace, ())
        elif not item.peers.pods:
            yield from groups.get(None, ())
        else:
            yield from self.endpoints


def _without_request(limit: Limit) -> bool | None:
    """Whether a limit holds for a flow of which nothing more is known."""
    return False if limit.proof == FAILING else None


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
