"""The lint about default denies that shut the cluster's DNS."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from cdk_eks_cilium.policy_analysis.evaluation import Direction, Endpoint
from cdk_eks_cilium.policy_analysis.evaluation.compiled import subject_selector
from cdk_eks_cilium.policy_analysis.evaluation.labels import Matcher, endpoint_labels, matcher
from cdk_eks_cilium.policy_analysis.evaluation.peers import peers_of

from .context import ItemView, LintContext, RuleView
from .definition import lint
from .dns_servers import DNS_SERVER, opens_dns
from .finding import Hit
from .port_rules import lets

_API_SERVER: Final = Endpoint.entity("kube-apiserver")


@lint(
    "CNP053",
    "Default denies leave the cluster's DNS open",
    "warning",
    "A policy that also selects the DNS servers shuts them: no pod gets an answer, and the servers do not "
    "learn Services from the API server. An empty item isolates, and allows nothing.",
    "https://docs.cilium.io/en/stable/security/policy/intro/#endpoint-default-policy",
)
def _shut_dns(context: LintContext) -> Iterator[Hit]:
    if context.enforcement == "never":
        return
    labels = endpoint_labels(Endpoint.pod(DNS_SERVER), context.around.inventory)
    chosen = [(each, _subject(each).matches(labels)) for each in context.rules]
    possible = [rule for rule, matches in chosen if matches is not False]
    sure = [rule for rule, matches in chosen if matches]
    for direction in ("ingress", "egress"):
        # One finding for all the rules that isolate the servers.
        rule = next((each for each in sure if each.rule.denies_by_default(direction)), None)
        if rule is None:
            continue
        missing = [*_of_servers(possible, direction, context), *_of_clients(rule, direction, context)]
        if missing:
            yield _hit(rule, direction, missing, context)


def _subject(rule: RuleView) -> Matcher:
    return matcher(*subject_selector(rule.rule, rule.namespace))


def _of_servers(rules: Sequence[RuleView], direction: Direction, context: LintContext) -> Iterator[str]:
    """What the servers need, and no rule allows them."""
    views = [view for rule in rules for view in rule.items if view.section == direction]
    if direction == "ingress":
        if not any(opens_dns(view) for view in views):
            yield "port 53 of the DNS servers"
    elif not any(_reaches_api_server(view, context) for view in views):
        yield "TCP 443 from the DNS servers to the API server"


def _reaches_api_server(view: ItemView, context: LintContext) -> bool:
    """Whether an item is, or may be, for the API server."""
    if view.item.is_empty or not lets(view.port_rules, "TCP", 443):
        return False
    labels = endpoint_labels(_API_SERVER, context.around.inventory)
    meant = peers_of(view.item, view.of.namespace, context.around).means(_API_SERVER, labels)
    return meant.matches is not False


def _of_clients(rule: RuleView, direction: Direction, context: LintContext) -> Iterator[str]:
    """What every pod needs, and no rule allows any of the pods that a clusterwide policy selects."""
    if direction == "ingress" or rule.namespace is not None:
        return
    beside = any(opens_dns(view) for view in context.near(rule, "egress"))
    if not beside and next(context.overlapping(rule, opens_dns), None) is None:
        yield "port 53 from its pods to the DNS servers"


def _hit(rule: RuleView, direction: Direction, missing: Sequence[str], context: LintContext) -> Hit:
    fix = "allow it in a policy for these pods, or leave kube-system out of the selector"
    more = "" if context.complete else "; if another policy does so, check both together"
    return rule.spot.at(direction).hit(
        "must leave the cluster's DNS open",
        f"{fix}{more}",
        got=f"nothing for {' and '.join(missing)}",
        severity=None if context.complete else "note",
    )
