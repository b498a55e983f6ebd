"""The rules of ClusterNetworkPolicies for lints: in their order, and compared with each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_network
from itertools import product

from cdk_eks_cilium.policy.cluster_policies import not_enforced
from cdk_eks_cilium.policy.model import (
    ClusterPolicyEgressPeer,
    ClusterPolicyPeer,
    ClusterPolicyRule,
    ClusterPolicySubject,
    FqdnSelector,
    KubernetesClusterNetworkPolicy,
    LabelSelector,
    not_none,
)
from cdk_eks_cilium.policy.model.peers import Network, is_within
from cdk_eks_cilium.policy_analysis.evaluation import Direction, Place, PortSet
from cdk_eks_cilium.policy_analysis.evaluation.compiled import DIRECTIONS, policy_name
from cdk_eks_cilium.policy_analysis.evaluation.labels import NAMESPACE_LABELS
from cdk_eks_cilium.policy_analysis.evaluation.tier_rules import (
    TierRule,
    fqdn_selector,
    prefixed,
    subject_selector,
    tier_rules,
)

from .context import LintContext
from .finding import Spot
from .fqdns import covers_name
from .selector_terms import SelectorTerms, disjoint, implies, selector_terms


@dataclass(frozen=True, eq=False)
class TierView:
    """A rule of a ClusterNetworkPolicy, for lints.

    Attributes:
        spot: Where it is.
        policy: Its policy.
        rule: The rule as it is written.
        compiled: The rule as agents read it.
        direction: Its direction.
        pods: The known pods that its policy is known to select; 0 without known pods.
        possible_pods: The known pods that its policy selects, or may select.
    """

    spot: Spot
    policy: KubernetesClusterNetworkPolicy
    rule: ClusterPolicyRule
    compiled: TierRule
    direction: Direction
    pods: int
    possible_pods: int

    @property
    def peers_spot(self) -> Spot:
        """Where its peers are."""
        return self.spot.at("from" if self.direction == "ingress" else "to")

    @cached_property
    def subject(self) -> SelectorTerms:
        """Whom its policy selects."""
        return _terms(self.policy.spec.subject)

    @cached_property
    def ports(self) -> PortSet:
        """Its ports by number; everything without ports."""
        spans = [one.numbered() for one in self.rule.protocols or ()]
        return PortSet.of(one for one in spans if one) if spans else PortSet.everything()

    @cached_property
    def port_names(self) -> frozenset[str]:
        """Its ports by name."""
        named = {one.destination_named_port for one in self.rule.protocols or ()}
        return frozenset(name for name in named if name is not None)

    def may_select_with(self, other: TierView) -> bool:
        """Whether both policies may select one pod."""
        if self.possible_pods and other.possible_pods:
            return bool(self.possible_pods & other.possible_pods)
        return not disjoint(self.subject, other.subject)

    def selects_all_of(self, other: TierView) -> bool:
        """Whether its policy selects all that the policy of *other* selects. In doubt, no."""
        if self.policy is other.policy:
            return True
        if self.pods and other.possible_pods:
            return not other.possible_pods & ~self.pods
        return implies(other.subject, self.subject)

    def covers(self, other: TierView, context: LintContext) -> bool:
        """Whether it means everything that *other* means. In doubt, no."""
        return (
            self.selects_all_of(other)
            and not other.ports - self.ports
            and (self.ports.is_everything or other.port_names <= self.port_names)
            and all(
                any(_covers(wide, each, context) for wide in self.rule.peers) for each in other.rule.peers
            )
        )

    def may_meet(self, other: TierView) -> bool:
        """Whether both may mean one flow. In doubt, yes."""
        ports = self.ports & other.ports or (self.port_names or other.port_names)
        return bool(ports) and any(
            not _apart(one, each) for one in self.rule.peers for each in other.rule.peers
        )


def tier_views(context: LintContext) -> Sequence[TierView]:
    """Every rule of the ClusterNetworkPolicies, by tier and direction, the first first; none if ignored."""
    if not_enforced(context.version, context.tiers):
        return ()
    return sorted(_views(context), key=lambda view: (view.compiled.tier, view.direction, view.compiled.order))


def _views(context: LintContext) -> Iterator[TierView]:
    for index, policy in enumerate(context.policies):
        if not isinstance(policy, KubernetesClusterNetworkPolicy):
            continue
        selector = subject_selector(policy.spec.subject)
        pods = context.index.both(selector, {}) if context.index is not None else (0, 0)
        for direction in DIRECTIONS:
            compiled = tier_rules(policy, direction, context.around)
            for rule, ready in zip(policy.tier_rules(direction), compiled, strict=True):
                place = Place(policy_name(policy), ready.place.path)
                yield TierView(Spot(index, place), policy, rule, ready, direction, *pods)


def before(view: TierView, views: Sequence[TierView]) -> Iterator[TierView]:
    """The rules of the same tier and direction that come before a rule."""
    for other in views:
        if other is view:
            return
        if other.direction == view.direction and other.compiled.tier == view.compiled.tier:
            yield other


def covering(view: TierView, views: Sequence[TierView], context: LintContext) -> TierView | None:
    """The first rule before a rule that means all that it means; None without such a rule."""
    return next((each for each in before(view, views) if each.covers(view, context)), None)


def _terms(given: ClusterPolicySubject | ClusterPolicyPeer) -> SelectorTerms:
    """Labels of namespaces and of pods in one, apart from each other."""
    if given.namespaces is not None:
        return selector_terms(prefixed(given.namespaces, NAMESPACE_LABELS), {})
    assert given.pods is not None
    within = prefixed(given.pods.namespace_selector or LabelSelector(), NAMESPACE_LABELS)
    own = given.pods.pod_selector
    together = LabelSelector(
        **not_none(
            match_labels={**(within.match_labels or {}), **(own.match_labels or {})} or None,
            match_expressions=(*(within.match_expressions or ()), *(own.match_expressions or ())) or None,
        )
    )
    return selector_terms(together, {})


def _chooses_pods(peer: ClusterPolicyPeer) -> bool:
    return peer.kind in ("namespaces", "pods")


def _covers(wide: ClusterPolicyPeer, narrow: ClusterPolicyPeer, context: LintContext) -> bool:
    """Whether a peer means all that another peer means. In doubt, no."""
    if _chooses_pods(wide) and _chooses_pods(narrow):
        return implies(_terms(narrow), _terms(wide))
    if wide.kind != narrow.kind:
        return False
    if wide.kind == "networks":
        return all(any(is_within(each, one) for one in _ranges(wide)) for each in _ranges(narrow))
    if wide.kind == "domainNames":
        return all(
            any(covers_name(one, each, context.version) for one in _names(wide)) for each in _names(narrow)
        )
    return implies(_node_terms(narrow), _node_terms(wide))


def _apart(one: ClusterPolicyPeer, other: ClusterPolicyPeer) -> bool:
    """Whether no flow is for both peers. In doubt, no."""
    if _chooses_pods(one) and _chooses_pods(other):
        return disjoint(_terms(one), _terms(other))
    if _chooses_pods(one) != _chooses_pods(other):
        return True
    if one.kind != "networks" or other.kind != "networks":
        return False
    pairs = product(_ranges(one), _ranges(other))
    return not any(mine.version == its.version and mine.overlaps(its) for mine, its in pairs)


def _ranges(peer: ClusterPolicyPeer) -> list[Network]:
    given = peer.networks if isinstance(peer, ClusterPolicyEgressPeer) else None
    return [ip_network(text, strict=False) for text in given or ()]


def _names(peer: ClusterPolicyPeer) -> list[FqdnSelector]:
    given = peer.domain_names if isinstance(peer, ClusterPolicyEgressPeer) else None
    return [fqdn_selector(name) for name in given or ()]


def _node_terms(peer: ClusterPolicyPeer) -> SelectorTerms:
    given = peer.nodes if isinstance(peer, ClusterPolicyEgressPeer) else None
    return selector_terms(given or LabelSelector(), {})
