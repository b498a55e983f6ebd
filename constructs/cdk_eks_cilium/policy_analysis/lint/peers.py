"""The peers of items compared with each other, and with addresses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from cdk_eks_cilium.policy.model.peers import Network, is_within
from cdk_eks_cilium.policy_analysis.evaluation.labels import is_reserved

from .context import ItemView, LintContext
from .fqdns import covers_name
from .port_rules import PortRuleView, lifts
from .selector_terms import implies

_IN_CLUSTER: Final = frozenset(
    {"host", "remote-node", "init", "ingress", "health", "unmanaged", "kube-apiserver", "cluster"}
)
# EKS's API server is outside the cluster, so it is part of the world, too.
_IN_WORLD: Final = frozenset({"world", "world-ipv4", "world-ipv6", "kube-apiserver"})


@dataclass(frozen=True)
class Span:
    """A range of addresses, without some in it.

    Attributes:
        network: The range.
        holes: The ranges that are left out.
    """

    network: Network
    holes: tuple[Network, ...] = ()

    def __contains__(self, address: IPv4Address | IPv6Address) -> bool:
        return address in self.network and not any(address in hole for hole in self.holes)

    def covers(self, other: Span) -> bool:
        """Whether every address of *other* is in it."""
        if not is_within(other.network, self.network):
            return False
        return all(
            not hole.overlaps(other.network) or any(is_within(hole, each) for each in other.holes)
            for hole in self.holes
            if hole.version == other.network.version
        )


def spans(view: ItemView) -> list[Span]:
    """The ranges that an item names itself; ranges of groups are unknown here."""
    kind = view.kind
    if kind == "cidr":
        return [Span(ip_network(str(text), strict=False)) for text in view.peers]
    if kind != "cidr_set":
        return []
    return [
        Span(
            ip_network(rule.cidr, strict=False),
            tuple(ip_network(text, strict=False) for text in rule.except_ or ()),
        )
        for rule in view.peers
        if rule.cidr is not None
    ]


def entities(view: ItemView) -> frozenset[str]:
    """The entities that an item names."""
    return frozenset(view.peers) if view.kind == "entities" else frozenset()


def meets_address(view: ItemView, text: str) -> bool:
    """Whether an item means an address outside the cluster."""
    address = ip_address(text)
    if view.item.peer_kind is None:
        return not view.item.is_empty
    if view.means_the_world or entities(view) & {"all", "world", f"world-ipv{address.version}"}:
        return True
    return any(address in span for span in spans(view))


def covers(wide: ItemView, narrow: ItemView, context: LintContext) -> bool:
    """Whether an item means all peers of another item. In doubt, no."""
    if wide.item.is_empty or narrow.item.is_empty:
        return False
    kind, wide_kind = narrow.kind, wide.kind
    if not wide_kind or "all" in entities(wide):
        return True
    if not kind or not narrow.peers:
        return False
    if wide_kind == "entities":
        return _entities_cover(entities(wide), narrow)
    if wide_kind.startswith("cidr"):
        return kind.startswith("cidr") and _ranges_cover(wide, narrow)
    if wide_kind != kind:
        return False
    if kind == "endpoints":
        return _endpoints_cover(wide, narrow, context)
    if kind == "fqdns":
        return all(
            any(covers_name(one, each, context.version) for one in wide.peers) for each in narrow.peers
        )
    return all(each in wide.peers for each in narrow.peers)


def _entities_cover(wide: frozenset[str], narrow: ItemView) -> bool:
    kind = narrow.kind
    meant = wide | (_IN_CLUSTER if "cluster" in wide else set()) | (_IN_WORLD if "world" in wide else set())
    if kind == "entities":
        return entities(narrow) - {"none"} <= meant
    if kind == "endpoints":
        return "cluster" in wide and _are_pods(narrow)
    return "world" in wide and kind in ("cidr", "cidr_set", "fqdns", "groups")


def _ranges_cover(wide: ItemView, narrow: ItemView) -> bool:
    wanted, known = spans(narrow), spans(wide)
    # The ranges of a group are unknown.
    if len(wanted) < len(narrow.peers):
        return False
    return all(any(each.covers(span) for each in known) for span in wanted)


def _endpoints_cover(wide: ItemView, narrow: ItemView, context: LintContext) -> bool:
    if all(any(implies(each, one) for one in wide.peer_terms) for each in narrow.peer_terms):
        return True
    meant = context.pods_possibly_meant(narrow)
    return bool(meant) and _are_pods(narrow) and not meant & ~context.pods_meant(wide)


def _are_pods(view: ItemView) -> bool:
    """Whether selectors mean only pods."""
    return not view.means_the_world and not any(is_reserved(each) for each in view.peers)


def as_it_is(view: ItemView, port_rule: PortRuleView, context: LintContext) -> list[ItemView]:
    """The items that let everything of an entry of ``toPorts`` through to its peers, without conditions."""
    key = (view, port_rule)
    found = context.plain_beside.get(key)
    if found is None:
        found = context.plain_beside[key] = [
            other
            for other in context.near(view.of, view.section)
            if any(lifts(one, port_rule) for one in other.port_rules) and covers(other, view, context)
        ]
    return found


def denied_address(view: ItemView, context: LintContext, text: str, port: int) -> bool:
    """Whether denials for the same pods stop them at TCP *port* of an address."""
    denials: Iterable[ItemView] = context.near(view.of, "egress_deny")
    stops = [
        each.of
        for each in denials
        if meets_address(each, text) and any(("TCP", port) in one.ports for one in each.port_rules)
    ]
    return context.may_be_within(view.of, stops)
