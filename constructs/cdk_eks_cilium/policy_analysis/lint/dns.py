"""Lints about DNS: names that pods may reach, but whose addresses Cilium never learns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from cdk_eks_cilium.policy.model import FqdnSelector

from .context import ItemView, LintContext, RuleView
from .definition import lint
from .dns_servers import opens_dns
from .finding import Hit, Spot, listed
from .fqdns import covers_name
from .peers import as_it_is, covers
from .port_rules import lets
from .selector_terms import doubts

_LANGUAGE: Final = "https://docs.cilium.io/en/stable/security/policy/language/"
_EVERY_NAME: Final = (FqdnSelector(match_pattern="*"),)


def _askable(context: LintContext, rule: RuleView) -> list[tuple[RuleView, tuple[FqdnSelector, ...]]]:
    """Rules near *rule* that let pods ask for names while Cilium reads the answers, and the names."""
    found: list[tuple[RuleView, tuple[FqdnSelector, ...]]] = []
    for view in context.near(rule, "egress"):
        for each in view.port_rules:
            asked = each.limit.rules.dns if each.limit is not None and each.limit.rules is not None else None
            if not asked:
                continue
            found.append((view.of, asked))
            # Beside a plain allow of the same servers every question passes, and Cilium learns the address.
            if all(name.match_pattern != "*" for name in asked):
                found += [(other.of, _EVERY_NAME) for other in as_it_is(view, each, context)]
    return found


def _reached_names(context: LintContext) -> Iterator[tuple[ItemView, tuple[FqdnSelector, ...]]]:
    # Without enforcement every name is reachable.
    for view in context.items("egress") if context.enforcement != "never" else ():
        names = getattr(view.item, "to_fqdns", None)
        if names:
            yield view, names


@lint(
    "CNP002",
    "Pods may ask DNS for the names that they may reach",
    "error",
    "Cilium learns the addresses of a name from the DNS answers that its proxy sees. Without a DNS "
    "rule the proxy sees no answer, and toFQDNs allows nothing.",
    _LANGUAGE + "#dns-based",
)
def _a_dns_rule(context: LintContext) -> Iterator[Hit]:
    for view, _ in _reached_names(context):
        rules = [rule for rule, asked in _askable(context, view.of) if asked is not _EVERY_NAME]
        if context.may_be_within(view.of, rules):
            continue
        yield _among(
            context,
            view.of,
            _reads_dns,
            view.peers_spot,
            text="must come with a DNS rule for the same pods, or Cilium never learns the addresses",
            fix="allow them port 53 of the DNS servers with rules.dns, here or in another policy for them",
            got=f"no DNS rule{_for_pods(context, view.of, rules)}",
        )


def _among(
    context: LintContext,
    rule: RuleView,
    opens: Callable[[ItemView], bool],
    spot: Spot,
    *,
    text: str,
    fix: str,
    got: str,
) -> Hit:
    """A hit about something that another policy could have: a note where one may have it."""
    # The rule that most likely is for the same pods; of several the first.
    candidates = context.overlapping(rule, opens)
    other = min(candidates, key=lambda one: doubts(rule.selector_terms, one.selector_terms), default=None)
    if other is not None:
        where = other.spot.place
        return spot.hit(
            text, f"check that {where} is for the same pods, or {fix}", got=f"{got} for sure", severity="note"
        )
    if not context.complete:
        more = "if another policy does so, check both together"
        return spot.hit(text, f"{fix}; {more}", got=f"{got} here", severity="note")
    return spot.hit(text, fix, got=got)


def _reads_dns(view: ItemView) -> bool:
    return any(each.limit is not None and each.limit.reads_dns for each in view.port_rules)


def _for_pods(context: LintContext, rule: RuleView, others: list[RuleView]) -> str:
    left = context.left(rule, others)
    return f" for {listed(context.index.names(left))}" if left and context.index is not None else ""


@lint(
    "CNP003",
    "DNS rules cover the names of toFQDNs",
    "error",
    "The proxy refuses a question that no DNS rule matches, so the pod never gets the address.",
    _LANGUAGE + "#dns-based",
)
def _names_that_are_asked_for(context: LintContext) -> Iterator[Hit]:
    for view, names in _reached_names(context):
        askable = _askable(context, view.of)
        if not context.may_be_within(view.of, [rule for rule, asked in askable if asked is not _EVERY_NAME]):
            continue
        unknown = [
            name.text
            for name in names
            if not context.may_be_within(
                view.of,
                [
                    rule
                    for rule, asked in askable
                    if any(covers_name(a, name, context.version) for a in asked)
                ],
            )
        ]
        if unknown:
            yield view.peers_spot.hit(
                "must have names that DNS rules of the pods cover",
                "add them to the DNS rule, or write matchPattern '*' there",
                got=f"no DNS rule for {listed(unknown)}",
            )


@lint(
    "CNP009",
    "DNS is open over UDP and TCP",
    "warning",
    "An answer that does not fit is truncated, and the client asks again over TCP. With only one "
    "transport, name resolution fails sometimes or always.",
    "https://www.rfc-editor.org/rfc/rfc7766#section-5",
)
def _both_transports(context: LintContext) -> Iterator[Hit]:
    for view in context.items("egress"):
        udp, tcp = lets(view.port_rules, "UDP", 53), lets(view.port_rules, "TCP", 53)
        if udp == tcp:
            continue
        missing = "TCP" if udp else "UDP"
        others = [
            each.of
            for each in context.near(view.of, "egress")
            if each is not view and lets(each.port_rules, missing, 53) and covers(each, view, context)
        ]
        if context.may_be_within(view.of, others):
            continue
        why = "clients ask again over TCP after a truncated answer" if udp else "resolvers ask over UDP first"
        yield view.spot.at("toPorts").hit(
            f"must open port 53 for both UDP and TCP: {why}",
            "leave protocol out, or add the other one",
            got="only UDP" if udp else "only TCP",
        )


@lint(
    "CNP010",
    "Pods that reach others by name may ask DNS",
    "warning",
    "A policy for egress refuses what nothing allows, and that includes DNS. Pods that know their "
    "peers by the names of Services then cannot resolve them.",
    "https://docs.cilium.io/en/stable/security/policy/intro/#endpoint-default-policy",
)
def _isolation_with_dns(context: LintContext) -> Iterator[Hit]:
    if context.enforcement == "never":
        return
    for rule in context.rules:
        if not rule.rule.denies_by_default("egress"):
            continue
        by_name = [view for view in rule.items if view.section == "egress" and _is_reached_by_name(view)]
        if not by_name:
            continue
        rules = [view.of for view in context.near(rule, "egress") if opens_dns(view)]
        if context.may_be_within(rule, rules):
            continue
        yield _among(
            context,
            rule,
            opens_dns,
            by_name[0].spot,
            text="must come with port 53 of the DNS servers for the same pods, which reach the peer by a "
            "name",
            fix="allow them port 53 of kube-dns, over UDP and TCP",
            got=f"no open port 53{_for_pods(context, rule, rules)}",
        )


def _is_reached_by_name(view: ItemView) -> bool:
    """Pods and Services have names in the cluster. CNP002 covers toFQDNs."""
    if not view.peers or not view.port_rules:
        return False
    return view.kind in ("endpoints", "services")
