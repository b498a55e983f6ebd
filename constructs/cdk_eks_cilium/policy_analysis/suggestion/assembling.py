"""One policy for each workload, out of what its flows need."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from cdk_eks_cilium.policy_analysis.evaluation import Direction
from cdk_eks_cilium.policy_analysis.evaluation.labels import CLUSTER
from cdk_eks_cilium.policy_analysis.flows import Conversation, Party

from .draft import PeerSpec, SuggestedPolicy
from .side_needs import SideNeeds
from .stable_labels import Choice, Chosen, StableLabels

_KUBE_DNS: Final = PeerSpec("pods", (((("k8s-app", "kube-dns"),), "kube-system"),))
_NODES: Final = ("host", "remote-node")
_LONGEST_NAME: Final = 240

Subject = tuple[str, Chosen]
"""A namespace, and the labels that choose pods in it."""


@dataclass
class Workloads:
    """Workloads that one policy is for.

    Attributes:
        names: Their names.
        choice: How to choose them.
        sides: What they need, by direction.
    """

    names: set[str]
    choice: Choice
    sides: dict[Direction, SideNeeds] = field(
        default_factory=lambda: {"ingress": SideNeeds("ingress"), "egress": SideNeeds("egress")}
    )


@dataclass
class Assembly:
    """Makes policies.

    Args:
        labels: How workloads are chosen.
        foreign: The cluster of a pod of another cluster of the mesh; empty for others.
        of_clusters: How pods of other clusters are chosen, by cluster.
        namespaces: The namespaces to make policies for; empty for all.
        taken: Names of policies that exist, as ``NAMESPACE/NAME``.

    Attributes:
        notes: What people must know, beside the policies.
    """

    labels: StableLabels
    foreign: Callable[[Party], str]
    of_clusters: Mapping[str, StableLabels]
    namespaces: frozenset[str] = frozenset()
    taken: frozenset[str] = frozenset()
    notes: list[str] = field(default_factory=list)
    _subjects: dict[Subject, Workloads] = field(default_factory=dict)
    _servers: Counter[PeerSpec] = field(default_factory=Counter)

    def need(self, direction: Direction, conversation: Conversation, *, with_request: bool) -> None:
        """Take note that a workload needs a conversation in a direction.

        *with_request*: whether a proxy saw its request there. One side is enough to judge requests.
        """
        own, other = conversation.source, conversation.destination
        if direction == "ingress":
            own, other = other, own
        if (
            own.kind != "pod"
            or self.foreign(own)
            or (self.namespaces and own.namespace not in self.namespaces)
        ):
            return
        workloads = self._workloads(own)
        if direction == "ingress" and other.kind == "entity" and other.name == "host":
            return  # a node always reaches its own pods (`DetermineAllowLocalhostIngress`)
        at = (conversation.protocol, conversation.port)
        for peer in self._peers(direction, own, other, workloads.sides[direction]):
            needs = workloads.sides[direction].of(peer)
            needs.ports.add(at)
            if conversation.request is not None and with_request and conversation.protocol == "TCP":
                request = (conversation.request.method, conversation.request.path)
                needs.requests.setdefault(at, set()).add(request)
            if conversation.question is not None:
                needs.questions.add(conversation.question)
            if needs.asks and direction == "egress" and other.kind == "pod":
                self._servers[_elsewhere(peer, own.namespace)] += 1

    def _workloads(self, party: Party) -> Workloads:
        choice = self.labels.of(party)
        found = self._subjects.setdefault((party.namespace, choice.labels), Workloads(set(), choice))
        found.names.add(party.name)
        return found

    def _peers(self, direction: Direction, own: Party, other: Party, side: SideNeeds) -> Sequence[PeerSpec]:
        """The other side, once for each name that it has."""
        if other.kind == "entity":
            return [PeerSpec("entity", (name,)) for name in _entities(direction, other.name, side)]
        if other.kind == "world":
            if other.names and direction == "egress":
                return [PeerSpec("fqdn", (name,)) for name in other.names]
            return [PeerSpec("cidr", (f"{other.name}/{128 if ':' in other.name else 32}",))]
        cluster = self.foreign(other)
        choice = (self.of_clusters[cluster] if cluster else self.labels).of(other)
        if not choice.labels:
            _widen(side, f"every pod of {other.namespace}, because {other.name} has no label that stays")
        for each in choice.also:
            if each != other.name:
                _widen(side, f"{each} beside {other.name}, because their labels are the same")
        namespace = "" if other.namespace == own.namespace else other.namespace
        named = ((f"k8s:{CLUSTER}", cluster),) if cluster else ()
        return [PeerSpec("pods", (((*choice.labels, *named), namespace),))]

    def policies(self, closed: Iterable[Direction] = ("ingress", "egress")) -> list[SuggestedPolicy]:
        """The policies, in order; *closed* are the directions in which they refuse what nothing allows."""
        found: list[SuggestedPolicy] = []
        taken = set(self.taken)
        for (namespace, labels), workloads in sorted(self._subjects.items()):
            names = sorted(workloads.names)
            if not labels:
                text = (
                    "label its pods: no policy was made, because it would be for every pod of the namespace"
                )
                self.notes.append(f"{', '.join(names)} has no label that stays; {text}")
                continue
            calls = [
                *workloads.sides["ingress"].calls(()),
                *workloads.sides["egress"].calls(self._dns_servers(namespace, workloads.sides["egress"])),
            ]
            wider = [*workloads.sides["ingress"].wider, *workloads.sides["egress"].wider]
            for each in workloads.choice.also:
                if each not in workloads.names:
                    wider.append(f"it is for {each}, too, which has the same labels")
            own = _name(names[0], namespace, taken)
            found.append(SuggestedPolicy(own, namespace, labels, tuple(calls), tuple(closed), tuple(wider)))
        return found

    def _dns_servers(self, namespace: str, side: SideNeeds) -> Sequence[PeerSpec]:
        """The DNS servers for workloads that were not seen to ask."""
        if not any(peer.kind == "fqdn" for peer in side.peers) or any(n.asks for n in side.peers.values()):
            return ()
        if not self._servers:
            _widen(side, "DNS servers k8s-app=kube-dns in kube-system, because no other was seen")
            return [_nearer(_KUBE_DNS, namespace)]
        servers = sorted(self._servers)
        _widen(side, "DNS servers that others ask, because it was not seen to ask")
        return [_nearer(each, namespace) for each in servers]


def _entities(direction: Direction, name: str, side: SideNeeds) -> Sequence[str]:
    """The entities that a seen entity stands for: it is chance on which node a pod runs."""
    if direction == "ingress" or name not in _NODES:
        return [name]
    _widen(side, "every node, because which one is a pod's own is chance")
    return _NODES


def _elsewhere(peer: PeerSpec, namespace: str) -> PeerSpec:
    """A peer of pods with the name of its namespace."""
    return PeerSpec("pods", tuple((labels, own or namespace) for labels, own in peer.values))


def _nearer(peer: PeerSpec, namespace: str) -> PeerSpec:
    """A peer of pods, without the name of its namespace if that is the policy's own."""
    return PeerSpec("pods", tuple((labels, "" if own == namespace else own) for labels, own in peer.values))


def _name(workload: str, namespace: str, taken: set[str]) -> str:
    """A valid name of a policy that is free."""
    plain = re.sub(r"[^a-z0-9.-]+", "-", workload.partition("/")[2].lower()).strip("-.")[:_LONGEST_NAME]
    plain = plain.strip("-.") or "workload"
    name, number = plain, 1
    while f"{namespace}/{name}" in taken:
        number += 1
        name = f"{plain}-{number}"
    taken.add(f"{namespace}/{name}")
    return name


def _widen(side: SideNeeds, text: str) -> None:
    if text not in side.wider:
        side.wider.append(text)
