"""The ports of items compared with each other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from cdk_eks_cilium.policy.model import Item
from cdk_eks_cilium.policy_analysis.evaluation.ports import Limit, gates, names_of
from cdk_eks_cilium.policy_analysis.evaluation.spans import PortSet


@dataclass(frozen=True, eq=False)
class PortRuleView:
    """An entry of ``toPorts`` as Cilium reads it: ports that are let through, or denied.

    Attributes:
        ports: The ports by number.
        names: The ports by name, each with a protocol.
        limit: What must hold; None without a condition.
        filters: The ports by number as they are written, one by one.
        rule: The entry of ``toPorts``; None without toPorts.
        index: Its index there.
    """

    ports: PortSet
    names: frozenset[tuple[str, str]]
    limit: Limit | None
    filters: frozenset[tuple[str, int, int]] = frozenset()
    rule: Any = None
    index: int = 0


def port_rules(item: Item) -> tuple[PortRuleView, ...]:
    """What an item lets through, or denies."""
    found = gates(item, None)
    if item.icmps or not item.to_ports:
        return tuple(PortRuleView(gate.ports, frozenset(), gate.limit) for gate in found)
    return tuple(
        PortRuleView(gate.ports, frozenset(names_of(rule)), gate.limit, gate.filters, rule, index)
        for index, (gate, rule) in enumerate(zip(found, item.to_ports, strict=True))
    )


def cover(wide: Iterable[PortRuleView], narrow: PortRuleView) -> bool:
    """Whether *wide* lets everything of *narrow* through, without conditions."""
    free = [each for each in wide if each.limit is None]
    ports = PortSet.union(each.ports for each in free)
    if narrow.ports - ports:
        return False
    names = {name for each in free for name in each.names}
    return all(name in names or _all_of(ports, name[1]) for name in narrow.names)


def lifts(plain: PortRuleView, port_rule: PortRuleView) -> bool:
    """Whether the condition of a port rule does not count beside *plain*, for the same peers.

    A condition on DNS counts unless *plain* opens exactly the same port (`merge` has the reason).
    """
    if plain.limit is not None or not cover([plain], port_rule):
        return False
    if port_rule.limit is not None and port_rule.limit.reads_dns:
        return port_rule.filters <= plain.filters and port_rule.names <= plain.names
    return True


def _all_of(ports: PortSet, protocol: str) -> bool:
    return not PortSet.of([(protocol, 1, 65535)]) - ports


def has_ports(port_rule: PortRuleView) -> bool:
    """Whether it is for any port."""
    return bool(port_rule.ports or port_rule.names)


def lets(rules: Iterable[PortRuleView], protocol: str, port: int) -> bool:
    """Whether some port rule is for a port."""
    return any((protocol, port) in each.ports for each in rules)
