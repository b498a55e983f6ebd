"""Lints about rules that other rules undo: allows under denials, bypassed requests, useless switches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.versions import behaviour

from .context import ItemView, LintContext
from .definition import lint
from .finding import Hit, listed
from .peers import as_it_is, covers, entities, spans
from .port_rules import PortRuleView, cover, has_ports
from .selector_terms import disjoint

_DENY: Final = "https://docs.cilium.io/en/stable/security/policy/language/#deny-policies"
_FIXED: Final = " and ".join(behaviour.policy.RANGES_DENIED.backports)


@lint(
    "CNP019",
    "Denials do not cover allows",
    "warning",
    "A denial wins over every allow, however narrow. An allow that denials cover completely never "
    "lets anything through.",
    _DENY,
)
def _allows_that_nothing_denies(context: LintContext) -> Iterator[Hit]:
    for view in context.items("ingress", "egress"):
        if not view.port_rules or not all(has_ports(each) for each in view.port_rules):
            continue
        denials = [
            deny
            for deny in context.near(view.of, f"{view.direction}_deny")
            if all(cover(deny.port_rules, each) for each in view.port_rules)
        ]
        whole = [deny for deny in denials if covers(deny, view, context)]
        if not context.within(view.of, [deny.of for deny in whole]):
            if not _denied_pod_by_pod(view, denials, context):
                continue
            whole = denials
        yield view.spot.hit(
            "must not be denied completely: a denial wins over every allow",
            "remove it, or narrow the denial",
            got=listed([str(deny.spot.place) for deny in whole], 2),
        )


@lint(
    "CNP042",
    "No range allows what a denied range covers",
    "error",
    f"Before {_FIXED} an allowed range passes even if a rule denies it or a part of it.",
    "https://github.com/cilium/cilium/pull/26245",
)
def _denied_ranges(context: LintContext) -> Iterator[Hit]:
    if behaviour.policy.RANGES_DENIED.holds(context.version):
        return
    for view in context.items("ingress_deny", "egress_deny"):
        allows = [
            other
            for other in context.near(view.of, view.direction)
            if any(one.network.overlaps(each.network) for one in spans(other) for each in spans(view))
        ]
        if allows:
            yield view.peers_spot.hit(
                f"must not deny what a range allows before Cilium {_FIXED} (this is for {context.version}): "
                "the allow wins",
                "use except in the allowed range",
                got=listed([str(other.spot.place) for other in allows], 2),
            )


def _denied_pod_by_pod(view: ItemView, denials: list[ItemView], context: LintContext) -> bool:
    """Whether denials for some pods, and for some peers, together leave nothing."""
    if view.kind != "endpoints" or view.means_the_world or context.index is None or not denials:
        return False
    peers, subjects = context.pods_possibly_meant(view), view.of.possible_pods
    if not peers or not subjects or context.possibly_left(view.of, [deny.of for deny in denials]):
        return False
    meant = [(deny.of.pods, context.pods_meant(deny)) for deny in denials]
    while subjects:
        bit = subjects & -subjects
        subjects ^= bit
        left = peers
        for pods, denied in meant:
            if pods & bit:
                left &= ~denied
        if left:
            return False
    return True


@lint(
    "CNP020",
    "No rule without requests covers a rule with requests",
    "warning",
    "Rules add up. If one rule allows a peer and a port without conditions, more requests pass than "
    "another rule lists. Cilium still learns names of DNS.",
    "https://docs.cilium.io/en/stable/security/policy/language/#layer-7-examples",
)
def _requests_that_are_judged(context: LintContext) -> Iterator[Hit]:
    for view in context.items("ingress", "egress"):
        for port_rule in filter(_reads, view.port_rules):
            wide = as_it_is(view, port_rule, context)
            if not wide or not context.within(view.of, [other.of for other in wide]):
                continue
            yield view.spot.at(f"toPorts[{port_rule.index}]").hit(
                f"must be the only rule that allows these peers and ports, or {_text(port_rule)} is not "
                "required",
                "remove the ports from the other rule",
                got=f"all of it allowed in {listed([str(other.spot.place) for other in wide], 2)}",
            )


def _reads(port_rule: PortRuleView) -> bool:
    """Whether requests are judged there. DNS rules for every name only learn addresses."""
    rules = port_rule.limit.rules if port_rule.limit is not None else None
    if rules is None:
        return False
    if rules.dns:
        return all(each.match_pattern != "*" for each in rules.dns)
    return bool(rules.http or rules.kafka)


def _text(port_rule: PortRuleView) -> str:
    return port_rule.limit.text if port_rule.limit is not None else "anything"


@lint(
    "CNP032",
    "enableDefaultDeny is false only where it matters",
    "note",
    "A rule that only allows, and isolates nothing, has an effect if another rule isolates the pods. "
    "Without isolation everything is open anyway.",
    "https://docs.cilium.io/en/stable/security/policy/language/#policy-deny-default-modification",
)
def _switches_that_matter(context: LintContext) -> Iterator[Hit]:
    for rule in context.rules:
        for direction in ("ingress", "egress"):
            items = [each for each in rule.items if each.section == direction]
            denials = [each for each in rule.items if each.section == f"{direction}_deny"]
            off = getattr(rule.rule.enable_default_deny, direction, None) is False
            if not off or not items or denials or context.enforcement == "always":
                continue
            port_rules = [each for view in items for each in view.port_rules]
            if any(each.limit is not None for each in port_rules) and not any(map(_reads, port_rules)):
                continue
            isolating = (
                other
                for other in context.rules
                if other.rule.denies_by_default("ingress" if direction == "ingress" else "egress")
            )
            # Known pods decide. Without known pods, selectors that may overlap count.
            if rule.possible_pods:
                matters = any(other.possible_pods & rule.possible_pods for other in isolating)
            else:
                matters = any(not disjoint(other.selector_terms, rule.selector_terms) for other in isolating)
            if any(each.limit is not None for each in port_rules):
                if not matters and behaviour.policy.REQUESTS_PASS_UNISOLATED.holds(context.version):
                    yield rule.spot.at(f"enableDefaultDeny.{direction}").hit(
                        "must not be false where requests must be refused: nothing isolates the pods, so "
                        "every request passes",
                        "leave it out for a default deny",
                        got="false with rules for requests",
                    )
            elif not matters:
                yield rule.spot.at(f"enableDefaultDeny.{direction}").hit(
                    "must not be false where nothing else isolates the pods: what is open needs no allow",
                    "leave it out for a default deny, or remove the rule",
                    got="false with only allows",
                )


@lint(
    "CNP030",
    "The kubelet reaches its pods",
    "warning",
    "Cilium lets a node reach its own pods, so that a default deny does not break probes. A rule that "
    "denies the node breaks them.",
    _DENY,
)
def _probes_that_pass(context: LintContext) -> Iterator[Hit]:
    for view in context.items("ingress_deny"):
        if view.item.is_empty or not view.port_rules or not any(map(has_ports, view.port_rules)):
            continue
        named = entities(view) & {"all", "cluster", "host"}
        if named or view.item.peer_kind is None:
            yield view.peers_spot.hit(
                "must not deny the node of the pods, whose kubelet probes them",
                "name the peers that are meant: remote-node, world, or pods by their labels",
                got=f"the {'entities' if len(named) > 1 else 'entity'} {listed(sorted(named))}"
                if named
                else "everyone",
            )
