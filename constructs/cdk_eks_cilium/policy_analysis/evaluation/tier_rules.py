"""The rules of ClusterNetworkPolicies as agents read them: items of Cilium with a tier and a rank.

All of it follows ``ParseClusterNetworkPolicy`` in Cilium's ``pkg/k8s/cluster_network_policy.go``:

- The rank of a rule is its policy's priority and then its index (``priority + i/100``), so rules of two
  policies with one priority interleave. At one rank a denial wins, then an acceptance: the precedence in
  ``pkg/policy/types`` ends with the verdict.
- Labels of namespaces become ``io.cilium.k8s.namespace.labels.``; an empty selector needs a namespace.
- ``pods`` of peers are limited to the local cluster, ``namespaces`` are not. So a selector of namespaces
  that only rules labels out also means the world and nodes, which lack such labels.
- ``*.`` before a domain stands for one label or more. Names come with an acceptance of the same rank for
  their DNS questions to pods with the label ``k8s-app=kube-dns``, at ports called ``dns`` and ``dns-tcp``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cdk_eks_cilium.policy.builders.peer import NAMESPACE, NAMESPACE_LABELS
from cdk_eks_cilium.policy.model import (
    ClusterPolicyEgressPeer,
    ClusterPolicyIngressPeer,
    ClusterPolicyPeer,
    ClusterPolicyRule,
    ClusterPolicySubject,
    EgressRule,
    FqdnSelector,
    IngressRule,
    Item,
    KubernetesClusterNetworkPolicy,
    L7Rules,
    LabelSelector,
    NamespacedPods,
    PortProtocol,
    PortRule,
    Requirement,
    Tier,
    TierAction,
    not_none,
)

from .compiled import DIRECTIONS, CompiledItem, Direction, Place
from .labels import CLUSTER, Matcher, matcher
from .peers import peers_of
from .selectors import Surroundings

_ORDER: Final[tuple[TierAction, ...]] = ("Deny", "Accept", "Pass")
_DNS_SERVERS: Final = LabelSelector(match_labels={"k8s-app": "kube-dns"})
_DNS_PORTS: Final = tuple(PortProtocol(port=name, protocol="ANY") for name in ("dns", "dns-tcp"))
# The name of no namespace and no cluster, because they have no '_'.
_NOBODY: Final = "no_name"
# The keys keep Cilium's own requirements away.
_UNBOUNDED: Final = (
    Requirement(key=NAMESPACE, operator="NotIn", values=(_NOBODY,)),
    Requirement(key=f"k8s:{CLUSTER}", operator="NotIn", values=(_NOBODY,)),
)


@dataclass(frozen=True, eq=False)
class TierRule:
    """A rule of a ClusterNetworkPolicy, compiled.

    Attributes:
        place: Where it is.
        tier: Its tier.
        priority: Its policy's priority; the lowest comes first.
        index: Its place among the rules of its direction.
        action: What it does with what it means.
        name: What the policy calls it; empty without a name.
        subject: Whom its policy selects.
        items: What it means, as items of Cilium, any of them.
    """

    place: Place
    tier: Tier
    priority: int
    index: int
    action: TierAction
    name: str
    subject: Matcher
    items: tuple[CompiledItem, ...]

    @property
    def order(self) -> tuple[int, int, int]:
        """What rules of a tier are sorted by: the first that means a flow decides."""
        return self.priority, self.index, _ORDER.index(self.action)

    @property
    def words(self) -> str:
        """Tier and priority in words, with the rule's name if it has one."""
        named = f", rule {self.name!r}" if self.name else ""
        return f"{self.tier} tier, priority {self.priority}{named}"


def tier_rules(
    policy: KubernetesClusterNetworkPolicy, direction: Direction, around: Surroundings
) -> Iterator[TierRule]:
    """Compile the rules of one direction."""
    spec = policy.spec
    subject = matcher(subject_selector(spec.subject))
    for index, rule in enumerate(policy.tier_rules(direction)):
        place = Place(f"{policy.written_as} {policy.name}", f"spec.{direction}[{index}]")
        items = tuple(
            CompiledItem(place, item, rule.action == "Deny", peers_of(item, None, around))
            for item in items_of(rule)
        )
        yield TierRule(place, spec.tier, spec.priority, index, rule.action, rule.name or "", subject, items)


def selectors_of(policy: KubernetesClusterNetworkPolicy) -> Iterator[LabelSelector]:
    """Whom a policy mentions, by Cilium's labels: subjects, peers, and the DNS servers that names need."""
    rules = [rule for direction in DIRECTIONS for rule in policy.tier_rules(direction)]
    if rules:
        yield subject_selector(policy.spec.subject)
    for peer in (peer for rule in rules for peer in rule.peers):
        if peer.namespaces is not None or peer.pods is not None:
            yield subject_selector(peer)
        elif isinstance(peer, ClusterPolicyEgressPeer) and peer.domain_names is not None:
            yield _DNS_SERVERS


def subject_selector(subject: ClusterPolicySubject | ClusterPolicyPeer) -> LabelSelector:
    """The pods of a policy by Cilium's labels; any cluster, since only local pods are ever subjects."""
    if subject.namespaces is not None:
        return _of_namespaces(subject.namespaces)
    assert subject.pods is not None
    return _of_pods(subject.pods)


def items_of(rule: ClusterPolicyRule) -> Iterator[Item]:
    """What a rule means, as one item for each of its peers; names bring a second item for their questions."""
    ports = tuple(port_protocols(rule))
    to_ports = {"to_ports": (PortRule(ports=ports),)} if ports else {}
    for peer in rule.peers:
        if isinstance(peer, ClusterPolicyIngressPeer):
            yield IngressRule(from_endpoints=(pod_selector(peer),), **to_ports)
        elif peer.networks is not None:
            yield EgressRule(to_cidr=peer.networks, **to_ports)
        elif peer.nodes is not None:
            yield EgressRule(to_nodes=(peer.nodes,), **to_ports)
        elif peer.domain_names is not None:
            names = tuple(fqdn_selector(name) for name in peer.domain_names)
            yield EgressRule(to_fqdns=names, **to_ports)
            asked = PortRule(ports=_DNS_PORTS, rules=L7Rules(dns=names))
            yield EgressRule(to_endpoints=(_with(_DNS_SERVERS, _UNBOUNDED),), to_ports=(asked,))
        else:
            yield EgressRule(to_endpoints=(pod_selector(peer),), **to_ports)


def port_protocols(rule: ClusterPolicyRule) -> Iterator[PortProtocol]:
    """The ports of a rule in Cilium's terms; a name is of any protocol."""
    for one in rule.protocols or ():
        numbered = one.numbered()
        if numbered is None:
            yield PortProtocol(port=one.destination_named_port, protocol="ANY")
        else:
            protocol, first, last = numbered
            end = {"end_port": last} if last > first else {}
            yield PortProtocol(port=str(first), protocol=protocol, **end)


def fqdn_selector(name: str) -> FqdnSelector:
    """A domain name in Cilium's terms: its own ``*.`` is one label, and ``**.`` one or more."""
    return FqdnSelector(match_pattern=f"*{name}") if name.startswith("*") else FqdnSelector(match_name=name)


def pod_selector(peer: ClusterPolicyPeer) -> LabelSelector:
    """The pods that a peer by labels means, as a selector of peers in a clusterwide policy of Cilium."""
    if peer.namespaces is not None:
        return _with(_of_namespaces(peer.namespaces), _UNBOUNDED)
    assert peer.pods is not None
    return _with(_of_pods(peer.pods), _UNBOUNDED[:1])


def _of_namespaces(selector: LabelSelector) -> LabelSelector:
    if selector.is_empty:
        return LabelSelector(match_expressions=(Requirement(key=NAMESPACE, operator="Exists"),))
    return prefixed(selector, NAMESPACE_LABELS)


def _of_pods(pods: NamespacedPods) -> LabelSelector:
    within = _of_namespaces(pods.namespace_selector or LabelSelector())
    own = prefixed(pods.pod_selector, "k8s:")
    return _with(
        LabelSelector(
            **not_none(
                match_labels={**(within.match_labels or {}), **(own.match_labels or {})} or None,
                match_expressions=within.match_expressions,
            )
        ),
        own.match_expressions or (),
    )


def prefixed(selector: LabelSelector, prefix: str) -> LabelSelector:
    """The selector with a prefix before every key."""
    labels = {f"{prefix}{key}": value for key, value in (selector.match_labels or {}).items()}
    expressions = tuple(
        Requirement(**not_none(key=f"{prefix}{one.key}", operator=one.operator, values=one.values or None))
        for one in selector.match_expressions or ()
    )
    return LabelSelector(**not_none(match_labels=labels or None, match_expressions=expressions or None))


def _with(selector: LabelSelector, further: tuple[Requirement, ...]) -> LabelSelector:
    expressions = (*(selector.match_expressions or ()), *further)
    return LabelSelector(
        **not_none(match_labels=selector.match_labels, match_expressions=expressions or None)
    )
