"""Which DNS names a pod may ask for while Cilium reads the answers, and so learns the addresses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from cdk_eks_cilium.policy_analysis.workloads import Workload
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .compiled import CompiledItem, CompiledRule, Place
from .flow import Endpoint
from .labels import Labels
from .meaning import NO, YES, Meaning, unknown
from .port_names import PortNames
from .ports import Gate
from .spans import PortSet


@dataclass(frozen=True)
class DnsAnswers:
    """Whether a pod may ask for a name.

    Attributes:
        meaning: Whether it may, and Cilium reads the answers.
        places: The items that let it, or may let it.
    """

    meaning: Meaning
    places: tuple[Place, ...]


@dataclass(frozen=True)
class _Part:
    """An item of a rule, with what it lets through, or denies, at some ports."""

    item: CompiledItem
    gate: Gate
    selected: Meaning


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

    def answers(self, rules: Sequence[tuple[CompiledRule, Meaning]], name: str) -> DnsAnswers:
        """Whether a pod may ask for *name* while Cilium reads the answers; *rules* may select the pod."""
        parts = [*self._parts(rules)]
        sure = self._places(parts, name, sure=True)
        if sure:
            return DnsAnswers(YES, tuple(sure))
        possible = self._places(parts, name, sure=False)
        if not possible:
            return DnsAnswers(NO, ())
        missing = [each for part in parts for each in part.selected.missing]
        return DnsAnswers(unknown(*(missing or ["the namespaces of the DNS servers"])), tuple(possible))

    def refusals(self, rules: Sequence[tuple[CompiledRule, Meaning]], name: str) -> list[Place] | None:
        """The items with DNS rules that refuse a question of a pod that refuses what nothing allows.

        Args:
            rules: The rules that select, or may select, the pod.
            name: The name that it asks for.

        Returns:
            None if the pod may ask, also without Cilium's proxy; an empty list if nothing opens port 53.
        """
        if self.answers(rules, name).meaning.matches is not False:
            return None
        opened = [one for one in self._parts(rules) if not one.item.denies and _may_open_dns(one)]
        if any(one.gate.limit is None and self._may_be_for_servers(one.item) for one in opened):
            return None
        places = (one.item.place for one in opened if one.gate.limit is not None and one.gate.limit.reads_dns)
        return list(dict.fromkeys(places))

    def _may_be_for_servers(self, item: CompiledItem) -> bool:
        """Whether an item may mean a DNS server: pods that files describe say which they are."""
        if not item.chooses_by_labels:
            return True
        meant = [end for end, labels in self._pods(None) if _means(item, end, labels, surely=False)]
        return not meant or any(end.workload is not None and _serves_dns(end.workload) for end in meant)

    def _parts(self, rules: Sequence[tuple[CompiledRule, Meaning]]) -> Iterator[_Part]:
        # The server is unknown; in older releases port names do not depend on it.
        receiver = self.names.receiver("egress", None)
        for rule, selected in rules:
            for item in rule.items("egress"):
                for gate in item.gates(receiver):
                    yield _Part(item, gate, selected)

    def _places(self, parts: Iterable[_Part], name: str, *, sure: bool) -> list[Place]:
        """The items that let the pod ask, as far as that is known; or that may let it, without *sure*."""
        parts = list(parts)
        opened = [one for one in parts if not one.item.denies and (one.selected.matches or not sure)]
        denied = [one for one in parts if one.item.denies and (one.selected.matches or sure)]
        left = [(one.item, one.gate) for one in opened if not self._is_denied(one, denied, surely=not sure)]
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
            and any(
                wide.filters & gate.filters and self._share_peers(plain, item, sure) for item, gate in heard
            )
        ]

    def _is_denied(self, part: _Part, denied: Iterable[_Part], *, surely: bool) -> bool:
        """Whether denials cover, or may cover, everything that an item opens, as far as pods are known."""
        shut = PortSet.union(
            stopped.gate.ports
            for stopped in denied
            if stopped.gate.ports and self._is_within(part.item, stopped.item, surely)
        )
        return shut.is_everything or (bool(part.gate.ports) and not part.gate.ports - shut)

    def _is_within(self, narrow: CompiledItem, wide: CompiledItem, surely: bool) -> bool:
        """Whether another item means every known pod that an item means; False if it means no known pod.

        Without *surely*: whether that may be so.
        """
        if _means_anyone(wide) or _same_peers(narrow, wide):
            return True
        pods = [*self._pods(narrow.peers.namespaces)]
        there = [pod for pod in pods if _means(narrow, *pod, surely=not surely)]
        some = [pod for pod in pods if _means(narrow, *pod, surely=surely)]
        return bool(some) and all(_means(wide, *pod, surely=surely) for pod in there)

    def _share_peers(self, one: CompiledItem, other: CompiledItem, surely: bool) -> bool:
        """Whether some known pod is, or may be, a peer of two items."""
        if one.item.peer_kind is None or _same_peers(one, other):
            return True
        return any(
            _means(one, *pod, surely=surely) and _means(other, *pod, surely=surely)
            for pod in self._pods(other.peers.namespaces)
        )

    def _pods(self, namespaces: frozenset[str] | None) -> Iterator[tuple[Endpoint, Labels]]:
        for workload in self.names.inventory.workloads:
            if namespaces is None or workload.namespace in namespaces:
                endpoint = Endpoint.pod(workload)
                yield endpoint, self.labels_of(endpoint)


def _may_open_dns(part: _Part) -> bool:
    # A name of a port means what the server says.
    return part.item.has_names or ("UDP", 53) in part.gate.ports or ("TCP", 53) in part.gate.ports


def _serves_dns(workload: Workload) -> bool:
    return workload.labels.get("k8s-app") == "kube-dns" or any(port == 53 for _, port in workload.numbers)


def _means_anyone(item: CompiledItem) -> bool:
    kind = item.item.peer_kind
    return kind is None or (kind == "to_entities" and "all" in getattr(item.item, kind))


def _same_peers(one: CompiledItem, other: CompiledItem) -> bool:
    kind = one.item.peer_kind
    if kind is None or kind != other.item.peer_kind:
        return kind == other.item.peer_kind
    same = getattr(one.item, kind) == getattr(other.item, kind)
    return bool(same) and one.peers.namespaces == other.peers.namespaces


def _means(item: CompiledItem, endpoint: Endpoint, labels: Labels, *, surely: bool) -> bool:
    """Whether an item is known to mean an endpoint; without *surely*, whether it may."""
    matches = item.peers.means(endpoint, labels).matches
    return matches is True if surely else matches is not False
