"""Policies for nodes: where they let something through for sure, and where that is not known.

With the host firewall, a clusterwide policy with a ``nodeSelector`` decides about flows to and from the nodes
that it selects, as other policies do about pods (https://docs.cilium.io/en/stable/security/host-firewall/).
Nobody describes the labels of nodes here, nor what agents let through to nodes whatever policies say. So what
such a policy may refuse is not known, and only what it surely lets through, or is not about, is allowed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .compiled import DIRECTIONS, CompiledItem, CompiledRule, Direction, Place
from .explanation import Ruling
from .flow import Endpoint, Flow
from .labels import Labels
from .spans import PortSet


@dataclass(frozen=True)
class HostAnswer:
    """What policies for nodes may refuse between a node and another side.

    Attributes:
        closers: The rules and items that may refuse something, each with the ports where they may.
    """

    closers: tuple[tuple[Place, PortSet], ...]

    @property
    def doubtful(self) -> PortSet:
        """The ports where something may be refused."""
        return PortSet.union(ports for _, ports in self.closers)

    @property
    def missing(self) -> tuple[str, ...]:
        """What the answer depends on there, in words."""
        return _missing(place for place, _ in self.closers)

    def at(self, protocol: str, port: int) -> tuple[Place, ...]:
        """The rules and items that may refuse one port."""
        return tuple(place for place, ports in self.closers if (protocol, port) in ports)


class HostPolicies:
    """The rules for nodes among some rules.

    Args:
        rules: Rules for pods and for nodes.
        enforced: Whether the host firewall is on, or may be; without it such policies do nothing
            (``hostFirewall.enabled`` in the chart's values).
    """

    def __init__(self, rules: Iterable[CompiledRule], *, enforced: bool) -> None:
        self._rules = tuple(rule for rule in rules if rule.for_nodes) if enforced else ()

    def refuse_some(self, direction: Direction) -> bool:
        """Whether they may refuse something in a direction."""
        return any(
            rule.rule.denies_by_default(direction) or any(item.denies for item in rule.items(direction))
            for rule in self._rules
        )

    def answer(self, other: Endpoint, labels: Labels, direction: Direction) -> HostAnswer:
        """What they may refuse between a node and another side with some labels in Cilium."""
        # A rule with a selector of every node allows wherever any of these policies holds.
        always = PortSet.union(
            ports
            for rule in self._rules
            if rule.rule.selector.is_empty
            for ports in self._allowed(rule, other, labels, direction)
        )
        return HostAnswer(tuple(self._closers(always, other, labels, direction)))

    def ruling(self, flow: Flow, other: Endpoint, labels: Labels, direction: Direction) -> Ruling | None:
        """The answer for a flow of a node; None if they surely let it through, or are not about it."""
        places = self.answer(other, labels, direction).at(flow.protocol, flow.port)
        if not places:
            return None
        reason = "policies for nodes may refuse it: that depends on nodes' labels and on hostFirewall.enabled"
        return Ruling(direction, "unknown", reason, places, missing=_missing(places))

    def _closers(
        self, always: PortSet, other: Endpoint, labels: Labels, direction: Direction
    ) -> Iterator[tuple[Place, PortSet]]:
        for rule in self._rules:
            for item in rule.items(direction):
                if item.denies and item.peers.means(other, labels).matches is not False:
                    yield item.place, PortSet.union(gate.ports for gate in item.gates(None))
            if rule.rule.denies_by_default(direction):
                own = PortSet.union(self._allowed(rule, other, labels, direction))
                shut = PortSet.everything() - always - own
                if shut:
                    yield rule.place, shut

    def _allowed(
        self, rule: CompiledRule, other: Endpoint, labels: Labels, direction: Direction
    ) -> Iterator[PortSet]:
        """The ports that a rule surely opens for every packet of the other side.

        Names open nothing for sure: nodes ask for them without Cilium's DNS proxy, which learns addresses
        (https://github.com/cilium/cilium/issues/45077).
        """
        for item in rule.items(direction):
            unsure = item.denies or item.peer_kind == "to_fqdns" or self._requires(item)
            if not unsure and item.peers.means(other, labels).matches:
                yield from (gate.ports for gate in item.gates(None) if gate.limit is None)

    def _requires(self, item: CompiledItem) -> bool:
        """Whether rules may require more of the peers of an item."""
        items = (one for rule in self._rules for way in DIRECTIONS for one in rule.items(way))
        return item.chooses_by_labels and any(one.required for one in items)


def _missing(places: Iterable[Place]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(f"{place.policy}, a policy for nodes" for place in places))
