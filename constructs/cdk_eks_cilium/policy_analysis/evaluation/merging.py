"""What passes if several rules are for one peer, some with conditions and some without.

Cilium merges the rules for a port into one filter (`mergePortProto` in its ``pkg/policy/rule.go``). Which
rule wins depends on the kinds of the conditions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cdk_eks_cilium.versions import behaviour
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .compiled import CompiledItem
from .ports import FAILING, Gate, Limit
from .spans import PortSet

_NOTHING = PortSet({})

Opened = tuple[CompiledItem, Gate]
"""An item that allows a peer, with some of its ports."""


@dataclass(frozen=True)
class Condition:
    """What must hold for some ports.

    Attributes:
        ports: The ports.
        limit: What must hold there.
        item: The item that requires it.
    """

    ports: PortSet
    limit: Limit
    item: CompiledItem


@dataclass(frozen=True)
class Passing:
    """What some items let through together.

    Attributes:
        plain: The ports where anything passes.
        conditions: What must hold at other ports; at a port with several, any of them.
    """

    plain: PortSet
    conditions: tuple[Condition, ...]

    def at(self, protocol: str, port: int) -> list[Condition]:
        """The conditions for one port."""
        return [one for one in self.conditions if (protocol, port) in one.ports]


def merge(opened: Sequence[Opened], isolated: bool, version: CiliumVersion | None) -> Passing:
    """Merge what items for one peer let through; *isolated*: policies refuse what nothing allows."""
    plain = [(item, gate) for item, gate in opened if gate.limit is None]
    unread = not isolated and behaviour.policy.REQUESTS_PASS_UNISOLATED.holds(version)
    failing = PortSet.union(
        gate.ports for _, gate in opened if gate.limit is not None and gate.limit.proof == FAILING
    )
    conditions = []
    for item, gate in opened:
        if gate.limit is None:
            continue
        ports = gate.ports - _lifted(item, gate, plain, unread)
        if gate.limit.proof != FAILING:
            ports = ports - failing
        if ports:
            conditions.append(Condition(ports, gate.limit, item))
    free = PortSet.union(gate.ports for _, gate in plain) if isolated else PortSet.everything()
    return Passing(free - PortSet.union(one.ports for one in conditions), tuple(conditions))


def _lifted(item: CompiledItem, gate: Gate, plain: Sequence[Opened], unread: bool) -> PortSet:
    """The ports where a condition does not count, because of other rules or without isolation."""
    limit = gate.limit
    if limit is None or limit.proof is not None:
        # Authentication is required whatever other rules allow.
        return _NOTHING
    if limit.rules is not None and unread:
        return gate.ports
    if limit.reads_dns:
        # The proxy has the rules of exactly that port.
        return PortSet.of(span for _, wide in plain for span in wide.filters & gate.filters)
    if limit.rules is None and limit.server_names:
        # For the same peers at the same port, a rule with names and a rule without names become the names.
        return PortSet.union(
            wide.ports - PortSet.of(wide.filters & gate.filters if _share_a_peer(item, other) else ())
            for other, wide in plain
        )
    return PortSet.union(wide.ports for _, wide in plain)


def _share_a_peer(one: CompiledItem, other: CompiledItem) -> bool:
    """Whether two items list the same peer."""
    (kind, peers), (other_kind, others) = _named(one), _named(other)
    alike = kind == other_kind and one.peers.namespaces == other.peers.namespaces
    return alike and any(peer in others for peer in peers)


def _named(item: CompiledItem) -> tuple[str, tuple[Any, ...]]:
    kind = item.peer_kind
    # Without peers an item means everyone.
    return ("entities", ("all",)) if kind is None else (kind.partition("_")[2], getattr(item.item, kind))
