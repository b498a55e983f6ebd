"""Which DNS names a pod may ask for while Cilium reads the answers, and so learns the addresses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from cdk_eks_cilium.versions.cilium import CiliumVersion

from .compiled import CompiledItem, CompiledRule, Place
from .flow import Endpoint
from .labels import Labels
from .port_names import PortNames
from .ports import Gate, gates
from .spans import PortSet


@dataclass(frozen=True)
class DnsQueries:
    """Decides which names pods may ask for.

    Attributes:
        names: The pods with the names of their ports.
        labels_of: The labels of a side of a flow in Cilium.
        version: The release of Cilium; None for the newest.
    """

    names: PortNames
    labels_of: Callable[[Endpoint], Labels]
    version: CiliumVersion | None

    def places(self, rules: Sequence[CompiledRule], name: str) -> list[Place]:
        """The items that let a pod ask for *name* while Cilium reads the answers; *rules* select the pod."""
        opened, denied = self._opened(rules, denies=False), self._opened(rules, denies=True)
        left = [(item, gate) for item, gate in opened if not self._is_denied(item, gate, denied)]
        heard = [(item, gate) for item, gate in left if gate.limit is not None and gate.limit.reads_dns]
        found = [
            item.place
            for item, gate in heard
            if gate.limit is not None and gate.limit.asks_for(name, self.version)
        ]
        # The proxy lets every name through for a peer that a rule allows at that very port (CNP020).
        return found or [
            plain.place
            for plain, wide in left
            if wide.limit is None
            and any(wide.filters & gate.filters and self._share_peers(plain, item) for item, gate in heard)
        ]

    def _opened(self, rules: Sequence[CompiledRule], *, denies: bool) -> list[tuple[CompiledItem, Gate]]:
        # The server is unknown; in older releases port names do not depend on it.
        receiver = self.names.receiver("egress", None)
        return [
            (item, gate)
            for rule in rules
            for item in rule.items("egress")
            if item.denies is denies
            for gate in gates(item.item, receiver)
        ]

    def _is_denied(self, item: CompiledItem, gate: Gate, denied: Iterable[tuple[CompiledItem, Gate]]) -> bool:
        """Whether denials cover everything that an item opens, as far as pods are known."""
        shut = PortSet.union(
            stopped.ports for denial, stopped in denied if stopped.ports and self._is_within(item, denial)
        )
        return shut.is_everything or (bool(gate.ports) and not gate.ports - shut)

    def _is_within(self, narrow: CompiledItem, wide: CompiledItem) -> bool:
        """Whether another item means every known pod that an item means; False if it means no known pod."""
        if _means_anyone(wide) or _same_peers(narrow, wide):
            return True
        pods = [pod for pod in self._pods(narrow.peers.namespaces) if _means(narrow, *pod)]
        return bool(pods) and all(_means(wide, *pod) for pod in pods)

    def _share_peers(self, one: CompiledItem, other: CompiledItem) -> bool:
        """Whether some known pod is a peer of two items."""
        if one.item.peer_kind is None or _same_peers(one, other):
            return True
        return any(_means(one, *pod) and _means(other, *pod) for pod in self._pods(other.peers.namespaces))

    def _pods(self, namespaces: frozenset[str] | None) -> Iterator[tuple[Endpoint, Labels]]:
        for workload in self.names.inventory.workloads:
            if namespaces is None or workload.namespace in namespaces:
                endpoint = Endpoint.pod(workload)
                yield endpoint, self.labels_of(endpoint)


def _means_anyone(item: CompiledItem) -> bool:
    kind = item.item.peer_kind
    return kind is None or (kind == "to_entities" and "all" in getattr(item.item, kind))


def _same_peers(one: CompiledItem, other: CompiledItem) -> bool:
    kind = one.item.peer_kind
    if kind is None or kind != other.item.peer_kind:
        return kind == other.item.peer_kind
    same = getattr(one.item, kind) == getattr(other.item, kind)
    return bool(same) and one.peers.namespaces == other.peers.namespaces


def _means(item: CompiledItem, endpoint: Endpoint, labels: Labels) -> bool:
    """Whether an item is known to mean an endpoint."""
    return item.peers.means(endpoint, labels).matches is True
