"""The sides of a matrix in classes that policies cannot tell apart. A set of classes is a number of bits."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import cached_property

from cdk_eks_cilium.policy_analysis.workloads import Workload

from .compiled import CompiledItem
from .evaluation import Evaluation
from .flow import Endpoint
from .identities import identity_of
from .index import LabelIndex, Masks, bits
from .labels import Matcher, undescribed


class SideClasses:
    """Classes of sides.

    Args:
        evaluation: The policies and their inventory.
        endpoints: The sides, each once.

    Attributes:
        firsts: The first side of each class; its place is the class's number.
        members: The places of each class's sides among *endpoints*.
    """

    def __init__(self, evaluation: Evaluation, endpoints: Sequence[Endpoint]) -> None:
        self._evaluation = evaluation
        numbers: dict[Hashable, int] = {}
        self.firsts: list[Endpoint] = []
        self.members: list[list[int]] = []
        self.number_of: dict[Endpoint, int] = {}
        for place, endpoint in enumerate(endpoints):
            key = identity_of(endpoint, evaluation.inventory)
            number = numbers.setdefault(key, len(numbers))
            if number == len(self.firsts):
                self.firsts.append(endpoint)
                self.members.append([])
            self.members[number].append(place)
            self.number_of[endpoint] = number
        self._labels = [evaluation.labels_of(each) for each in self.firsts]
        self._index = LabelIndex(self._labels)
        self._meant: dict[Hashable, Masks] = {}

    @property
    def everyone(self) -> int:
        """All classes."""
        return self._index.everyone

    @cached_property
    def workloads(self) -> int:
        """The classes of workloads, also of those on their node's network."""
        return self._where(lambda one: one.workload is not None)

    @cached_property
    def outside(self) -> int:
        """The classes of sides other than pods with a network of their own."""
        return self._where(lambda one: one.workload is None or one.workload.host_network)

    @cached_property
    def names(self) -> int:
        """The DNS names."""
        return self._where(lambda one: one.kind == "fqdn")

    @cached_property
    def own_node(self) -> int:
        """The node of the other side."""
        return self._where(lambda one: one.is_own_node)

    def _where(self, holds: Callable[[Endpoint], bool]) -> int:
        return bits(number for number, one in enumerate(self.firsts) if holds(one))

    @cached_property
    def receivers(self) -> list[tuple[int, Workload | None]]:
        """The classes with the same names of ports, each with one of their workloads; None without names."""
        found: dict[Hashable, list[int]] = {}
        for number, one in enumerate(self.firsts):
            pod = one.workload if one.workload is not None and not one.workload.host_network else None
            found.setdefault(port_names(pod), []).append(number)
        return [(bits(some), self.firsts[some[0]].workload if key else None) for key, some in found.items()]

    @cached_property
    def undescribed(self) -> dict[str, int]:
        """The classes of pods in each namespace that nobody described."""
        found: dict[str, list[int]] = {}
        for number, labels in enumerate(self._labels):
            namespace = undescribed(labels)
            if namespace is not None:
                found.setdefault(namespace, []).append(number)
        return {namespace: bits(some) for namespace, some in found.items()}

    def choose(self, matchers: Iterable[Matcher]) -> Masks:
        """The classes that one of some selectors chooses, and may choose."""
        sure = possible = 0
        for each in matchers:
            chosen, maybe = self._index.choose(each)
            sure, possible = sure | chosen, possible | maybe
        return sure, possible

    def meant(self, item: CompiledItem) -> Masks:
        """The classes that an item means, and that it may mean, whatever other rules require."""
        if item.peers.choices is not None:
            return self.choose(item.peers.choices)
        kind = item.peer_kind or ""
        key: Hashable = (kind, getattr(item.item, kind), bool(item.item.to_ports))
        try:
            found = self._meant.get(key)
        except TypeError:
            # A selector of CIDR groups is unhashable.
            key, found = id(item), None
        if found is None:
            found = self._meant[key] = self._ask(item)
        return found

    def _ask(self, item: CompiledItem) -> Masks:
        sure, possible = [], []
        for number, one in enumerate(self.firsts):
            if not item.peers.pods and not self.outside >> number & 1:
                continue
            matches = item.peers.means(one, self._labels[number]).matches
            if matches is not False:
                possible.append(number)
                sure += [number] if matches else []
        return bits(sure), bits(possible)


def port_names(workload: Workload | None) -> Hashable:
    """The names of a workload's ports, in any order; empty without a workload."""
    ports = workload.ports if workload is not None else ()
    return frozenset((one.name.lower(), one.protocol, one.number) for one in ports)
