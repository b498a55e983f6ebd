"""The lint for conditions that agents cannot merge."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .context import ItemView, LintContext
from .definition import lint
from .finding import Hit
from .port_rules import PortRuleView


@lint(
    "CNP052",
    "Conditions for the same peers and port go together",
    "error",
    "Agents merge all conditions for the same peers and port. They cannot merge conditions of two protocols, "
    "nor server names with requests unless Cilium ends TLS, and then the pods keep the policies they had.",
    "https://github.com/cilium/cilium/blob/main/pkg/policy/rule.go",
)
def _conditions_that_go_together(context: LintContext) -> Iterator[Hit]:
    if context.enforcement == "never":
        return
    for view in context.items("ingress", "egress"):
        for port_rule in view.port_rules:
            what = _condition(port_rule)
            other = next(_others(view, port_rule, what, context), None) if what else None
            if other is not None:
                there, beside = other
                yield view.spot.at(f"toPorts[{port_rule.index}]").hit(
                    f"must have a condition that goes with {_condition(beside)} for the same peers and port "
                    f"in {there.spot.place}, toPorts[{beside.index}]",
                    "write one of them, or end TLS there (terminatingTLS) to have server names and requests",
                    got=what,
                )


def _condition(port_rule: PortRuleView) -> str:
    """What a proxy looks at, in words; empty without a condition."""
    rules = getattr(port_rule.rule, "rules", None)
    if rules is not None and port_rule.limit is not None and port_rule.limit.rules is not None:
        return f"{rules.protocol} rules"
    return "server names" if getattr(port_rule.rule, "server_names", None) else ""


def _others(
    view: ItemView, port_rule: PortRuleView, what: str, context: LintContext
) -> Iterator[tuple[ItemView, PortRuleView]]:
    """What does not go with a condition, each with its item."""
    for other in context.near(view.of, view.section):
        for beside in other.port_rules if _share_a_peer(view, other) else ():
            there = _condition(beside)
            if not there or there == what or not beside.filters & port_rule.filters:
                continue
            if "server names" not in (what, there) or not (_ends_tls(port_rule) or _ends_tls(beside)):
                yield other, beside


def _ends_tls(port_rule: PortRuleView) -> bool:
    return getattr(port_rule.rule, "terminating_tls", None) is not None


def _share_a_peer(one: ItemView, other: ItemView) -> bool:
    """Whether two items list the same peer, so that agents keep one condition for both."""
    peers: tuple[Any, ...] = one.peers
    if one.kind != other.kind or one.of.namespace != other.of.namespace:
        return False
    return any(peer in other.peers for peer in peers) or (not one.kind and not other.kind)
