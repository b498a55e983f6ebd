"""Lints about policies for nodes, which can cut nodes off from what keeps them in the cluster."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from cdk_eks_cilium.policy_analysis.evaluation import Direction, Endpoint
from cdk_eks_cilium.policy_analysis.evaluation.labels import endpoint_labels
from cdk_eks_cilium.policy_analysis.evaluation.peers import peers_of
from cdk_eks_cilium.versions import behaviour

from .context import ItemView, LintContext, RuleView
from .definition import lint
from .finding import Hit
from .port_rules import lets
from .selector_terms import implies

Kind = Literal["entity", "address", "any"]


@dataclass(frozen=True)
class _Traffic:
    """What a node of EKS does not do without.

    Attributes:
        direction: Where it begins: ``ingress`` elsewhere, ``egress`` at the node.
        kind: What the other side is; ``any`` if the port alone counts, because its address is not known.
        name: The other side, or what it is.
        protocol: Its protocol.
        port: Its port.
        what: What it is, in words.
    """

    direction: Direction
    kind: Kind
    name: str
    protocol: str
    port: int
    what: str

    def __str__(self) -> str:
        side = "from" if self.direction == "ingress" else "to"
        return f"{self.protocol} {self.port} {side} {self.name} ({self.what})"

    @property
    def endpoint(self) -> Endpoint | None:
        """The other side, if its address is known."""
        if self.kind == "any":
            return None
        return Endpoint.entity(self.name) if self.kind == "entity" else Endpoint.address(self.name)


# The kubelet: https://kubernetes.io/docs/reference/networking/ports-and-protocols/. Cilium's own ports:
# https://docs.cilium.io/en/stable/operations/system_requirements/#firewall-rules; without a tunnel, as in ENI
# mode, nodes need neither 8472 nor 6081, and what listens on 9878 to 9893 is for the node itself, which
# reaches itself whatever policies say. The metadata and the clock of a VPC are at addresses of their own:
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configure-ec2-ntp.html. Probes are traffic of the node:
# https://github.com/cilium/cilium/issues/19948.
_NEEDED: Final = (
    _Traffic("ingress", "entity", "kube-apiserver", "TCP", 10250, "the kubelet: logs, exec and metrics"),
    _Traffic("ingress", "entity", "remote-node", "TCP", 4240, "Cilium's health checks"),
    _Traffic("ingress", "entity", "remote-node", "TCP", 4244, "Hubble, for a relay"),
    _Traffic("egress", "entity", "kube-apiserver", "TCP", 443, "the kubelet and the agent"),
    _Traffic("egress", "any", "the resolver", "UDP", 53, "names, the API server's among them"),
    _Traffic("egress", "address", "169.254.169.254", "TCP", 80, "the node's credentials"),
    _Traffic("egress", "any", "169.254.169.123", "UDP", 123, "the clock"),
    _Traffic("egress", "entity", "remote-node", "TCP", 4240, "Cilium's health checks"),
)
_HOST_FIREWALL: Final = "https://docs.cilium.io/en/stable/security/host-firewall/"


def _node_rules(context: LintContext) -> Iterator[RuleView]:
    return (rule for rule in context.all_rules if rule.rule.node_selector is not None)


def _beside(rule: RuleView, context: LintContext) -> list[RuleView]:
    """The rules for nodes that select every node that *rule* selects."""
    return [
        other
        for other in _node_rules(context)
        if other is rule or implies(rule.selector_terms, other.selector_terms)
    ]


@lint(
    "CNP048",
    "Nodes do not ask for names through the agent",
    "error",
    "A DNS rule sends the node's questions through the agent, also while the agent restarts. The agent has "
    "to know the address of EKS's API server before it answers any, so that both wait for ever, and the "
    "node loses its names.",
    "https://github.com/cilium/cilium/issues/45077",
)
def _no_dns_rules_for_nodes(context: LintContext) -> Iterator[Hit]:
    if not behaviour.policy.HOST_DNS_RULES.holds(context.version) or context.enforcement == "never":
        return
    for rule in _node_rules(context):
        for view in rule.items:
            if view.kind in ("endpoints", "services") and not view.means_the_world:
                # Nodes ask the resolver of the VPC, and seldom the pods of CoreDNS.
                continue
            for each in view.port_rules:
                if each.limit is not None and each.limit.reads_dns and view.section == "egress":
                    yield view.spot.at(f"toPorts[{each.index}].rules.dns").hit(
                        "must not be in a policy for nodes: when the agent restarts, the node's questions "
                        "wait for the agent, and the agent waits for the address of the API server",
                        "leave rules out, and allow the ranges that nodes reach under toCIDR",
                        got="DNS rules",
                    )


@lint(
    "CNP049",
    "Policies for nodes let in and out what nodes need",
    "warning",
    "A policy for nodes shuts everything that it does not allow, or that it denies: the kubelet's port, "
    "without which logs, exec and metrics stop, Cilium's own, and what a node itself has to reach. The node "
    "then drops out of the cluster.",
    _HOST_FIREWALL,
)
def _what_nodes_need(context: LintContext) -> Iterator[Hit]:
    for rule in _node_rules(context) if context.enforcement != "never" else ():
        yield from _denials(rule, context)
        beside = _beside(rule, context)
        for direction in ("ingress", "egress"):
            if not rule.rule.denies_by_default(direction):
                continue
            views = [view for each in beside for view in each.items if view.section == direction]
            missing = [
                str(each)
                for each in _NEEDED
                if each.direction == direction and not any(_lets(view, each, context) for view in views)
            ]
            if direction == "egress" and not any(_reaches_pods(view, context) for view in views):
                missing.append("every port to the pods of the node (the kubelet's probes)")
            if missing and rule is _first(direction, beside):
                yield rule.spot.at(direction).hit(
                    f"must let {'in' if direction == 'ingress' else 'out'} what nodes need",
                    "allow it here, or in another policy for the same nodes",
                    got=f"nothing for {'; '.join(missing)}",
                )


def _denials(rule: RuleView, context: LintContext) -> Iterator[Hit]:
    """Denials of what nodes need, which no allow outweighs."""
    for view in rule.items:
        if not view.section.endswith("_deny") or view.item.is_empty:
            continue
        denied = [
            str(each)
            for each in _NEEDED
            if each.direction == view.direction
            and lets(view.port_rules, each.protocol, each.port)
            # What is at an unknown address, or at one of several, is outside the cluster.
            and _surely_means(view, each.endpoint or Endpoint.entity("world"), context)
        ]
        if denied:
            yield view.spot.hit(
                "must not deny what nodes need", "narrow the denial", got=f"a denial of {'; '.join(denied)}"
            )


def _surely_means(view: ItemView, endpoint: Endpoint, context: LintContext) -> bool:
    return _matches(view, endpoint, context) is True


def _first(direction: Direction, rules: list[RuleView]) -> RuleView:
    """The rule to blame where several isolate the same nodes."""
    return next(rule for rule in rules if rule.rule.denies_by_default(direction))


def _lets(view: ItemView, traffic: _Traffic, context: LintContext) -> bool:
    """Whether an item lets some traffic through, or may do so."""
    if view.item.is_empty or not lets(view.port_rules, traffic.protocol, traffic.port):
        return False
    endpoint = traffic.endpoint
    return endpoint is None or _means(view, endpoint, context)


def _means(view: ItemView, endpoint: Endpoint, context: LintContext) -> bool:
    return _matches(view, endpoint, context) is not False


def _matches(view: ItemView, endpoint: Endpoint, context: LintContext) -> bool | None:
    """Whether an item is for a side; None if that is not known."""
    peers = peers_of(view.item, view.of.namespace, context.around)
    labels = endpoint_labels(endpoint, context.around.inventory)
    return peers.means(endpoint, labels).matches


def _reaches_pods(view: ItemView, context: LintContext) -> bool:
    """Whether an item may be for pods."""
    return not view.item.is_empty and peers_of(view.item, view.of.namespace, context.around).pods


@lint(
    "CNP050",
    "Nodes by their labels are other nodes",
    "note",
    "fromNodes and toNodes choose remote nodes alone. The pod's own node is the entity host, whatever its "
    "labels are.",
    "https://github.com/cilium/cilium/pull/36657",
)
def _other_nodes(context: LintContext) -> Iterator[Hit]:
    for view in context.items("ingress_deny", "egress", "egress_deny", nodes=True):
        # In ingress a node reaches its own pods all the same, so that an allow lacks nothing.
        if view.kind == "nodes" and view.peers and not _names_host(view):
            side = "from" if view.direction == "ingress" else "to"
            yield view.peers_spot.hit(
                "does not mean the node that the pod is on",
                f"add an item with '{side}Entities: [host]' if that node is meant too",
                got=view.peers_spot.place.path.rpartition(".")[2],
            )


def _names_host(view: ItemView) -> bool:
    beside = [one for one in view.of.items if one.section == view.section and one.kind == "entities"]
    return any({"host", "cluster", "all"} & set(one.peers) for one in beside)
