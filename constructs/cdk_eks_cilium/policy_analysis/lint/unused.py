"""Lints about items that allow or deny nothing, or less or more than it seems."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.policy.model.rules import SECTIONS, spelled_field
from cdk_eks_cilium.policy_analysis.evaluation.ranges import means_pods
from cdk_eks_cilium.policy_analysis.evaluation.selectors import requirements_of
from cdk_eks_cilium.versions import behaviour

from .context import ItemView, LintContext
from .definition import lint
from .finding import Hit, listed
from .peers import Span, covers, entities, spans
from .port_rules import PortRuleView, cover, has_ports

_LANGUAGE: Final = "https://docs.cilium.io/en/stable/security/policy/language/"


@lint(
    "CNP013",
    "Empty items do not stand beside others",
    "warning",
    "An empty item selects the pods and allows nobody. In a Kubernetes NetworkPolicy the same text "
    "allows everyone.",
    _LANGUAGE + "#ingress-default-deny",
)
def _no_empty_item_beside_others(context: LintContext) -> Iterator[Hit]:
    for view in context.items(*SECTIONS, nodes=True):
        beside = [one for one in view.of.items if one.section == view.section]
        if not view.item.is_empty or requirements_of(view.item, view.of.namespace, context.around):
            continue
        if view.denies:
            yield view.spot.hit(
                "must name what it denies: an empty item denies nothing",
                "name peers, such as the entity all, or leave the item out",
                got="{}",
            )
        elif any(not one.item.is_empty for one in beside):
            entity = "fromEntities" if view.direction == "ingress" else "toEntities"
            yield view.spot.hit(
                "must name whom it allows: an empty item allows nothing",
                f"leave it out, or write '{entity}: [all]' for everyone",
                got="{}",
            )


@lint(
    "CNP014",
    "Lists of peers and ports have entries",
    "warning",
    "An empty list of peers means nobody, an empty list of ports means every port, and an entry "
    "without ports means no port.",
    "https://github.com/cilium/cilium/blob/main/pkg/policy/api/rule.go",
)
def _lists_with_entries(context: LintContext) -> Iterator[Hit]:
    for view in context.items(*SECTIONS, nodes=True):
        kind = view.item.peer_kind
        verb = "denies" if view.denies else "allows"
        if kind is not None and not view.peers:
            # For items with ports see `_is_taken_for_anyone` in the evaluation's peers.
            nobody = behaviour.policy.EMPTY_PEERS_ARE_NOBODY
            everyone = view.item.to_ports and not nobody.holds(context.version)
            means = f"{verb} everyone before Cilium {nobody.since}" if everyone else f"{verb} nothing"
            yield view.peers_spot.hit(
                f"must have an entry: an empty list of peers {means}",
                "leave the field out for anyone, or name the peers",
                got="[]",
            )
        ports = getattr(view.item, "to_ports", None)
        if ports == () and not view.item.is_empty:
            yield view.spot.at("toPorts").hit(
                f"must have an entry: an empty list of ports {verb} every port",
                "leave the field out, or name the ports",
                got="[]",
            )
        for index, rule in enumerate(ports or ()):
            if not rule.ports:
                yield view.spot.at(f"toPorts[{index}]").hit(
                    f"must name ports: without any it {verb} nothing", "add ports", got="no ports"
                )


@lint(
    "CNP015",
    "The entity none stands alone",
    "warning",
    "The entity none means nobody. It takes nothing away from other entities.",
    _LANGUAGE + "#entities-based",
)
def _no_entity_none(context: LintContext) -> Iterator[Hit]:
    for view in context.items(*SECTIONS, nodes=True):
        alone = len([one for one in view.of.items if one.section == view.section]) == 1
        # Alone, the entity none is a way to write a default deny.
        if "none" in entities(view) and not (alone and len(view.peers) == 1 and not view.denies):
            yield view.peers_spot.hit(
                "must not list none beside other entities: it means nobody, and takes nothing away",
                "leave none out",
                got=listed(sorted(entities(view))),
            )


@lint(
    "CNP016",
    "Every item of a rule adds something",
    "note",
    "An item that another item covers changes nothing, and hides that the other item is wider.",
    _LANGUAGE,
)
def _items_that_add_something(context: LintContext) -> Iterator[Hit]:
    for rule in context.all_rules:
        for view in rule.items:
            others = [
                one
                for one in rule.items
                if one is not view and one.section == view.section and _covers(one, view, context)
            ]
            # Of two equal items, blame the later.
            first = next(
                (one for one in others if not _covers(view, one, context) or _before(one, view)), None
            )
            if first is not None:
                yield view.spot.hit(
                    "must add something to the other items of the rule",
                    "leave it out, or narrow the other item",
                    got=f"nothing beyond {first.spot.place.path}",
                )


def _before(one: ItemView, other: ItemView) -> bool:
    return one.of.items.index(one) < other.of.items.index(other)


def _covers(wide: ItemView, narrow: ItemView, context: LintContext) -> bool:
    """Whether an item allows, or denies, everything that another item does."""
    if not narrow.port_rules or not covers(wide, narrow, context):
        return False
    return all(has_ports(each) and _opens(wide, narrow, each) for each in narrow.port_rules)


def _opens(wide: ItemView, narrow: ItemView, port_rule: PortRuleView) -> bool:
    if port_rule.limit is None:
        return cover(wide.port_rules, port_rule)
    proof = getattr(narrow.item, "authentication", None), getattr(wide.item, "authentication", None)
    return (
        port_rule.rule is not None and proof[0] == proof[1] and port_rule.rule in (wide.item.to_ports or ())
    )


@lint(
    "CNP018",
    "Ranges are outside the range of pods",
    "warning",
    "Cilium knows pods by their labels. A rule for a range is about addresses outside the cluster, "
    "and never means a pod, whatever its address, unless policyCIDRMatchMode has 'pods'.",
    _LANGUAGE + "#cidr-based",
)
def _ranges_without_pods(context: LintContext) -> Iterator[Hit]:
    for view in context.items(*SECTIONS) if not means_pods(context.around) else ():
        inside = [
            str(span.network)
            for span in spans(view)
            if any(Span(pods).covers(Span(span.network)) for pods in context.pod_ranges)
        ]
        if inside and view.kind.startswith("cidr"):
            side = "from" if view.direction == "ingress" else "to"
            yield view.peers_spot.hit(
                "must be outside the range of pods: a range never means a pod",
                f"name the pods under {side}Endpoints",
                got=listed(inside),
            )


@lint(
    "CNP031",
    "A default deny has an item",
    "warning",
    "A section without items selects nothing for its direction, so everything stays open, whatever "
    "enableDefaultDeny says.",
    "https://docs.cilium.io/en/stable/security/policy/intro/#endpoint-default-policy",
)
def _default_deny_that_is_there(context: LintContext) -> Iterator[Hit]:
    for rule in context.all_rules:
        for direction in ("ingress", "egress"):
            empty = [
                spelled_field(type(rule.rule), name)
                for name in (direction, f"{direction}_deny")
                if getattr(rule.rule, name) == ()
            ]
            switch = getattr(rule.rule.enable_default_deny, direction, None)
            sections = getattr(rule.rule, direction) or getattr(rule.rule, f"{direction}_deny")
            if sections or switch is False or context.enforcement == "always":
                continue
            if switch:
                yield rule.spot.at(f"enableDefaultDeny.{direction}").hit(
                    f"must come with an item in {direction}: without one nothing is denied by default",
                    f"write '{direction}: [{{}}]' beside it, or leave it out",
                    got="true",
                )
                continue
            if not empty:
                continue
            yield rule.spot.at(empty[0]).hit(
                "must have an item: an empty list denies nothing by default",
                f"write '{direction}: [{{}}]' for a default deny, or leave it out",
                got="[]",
            )
