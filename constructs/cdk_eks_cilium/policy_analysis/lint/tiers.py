"""Lints about ClusterNetworkPolicies: what is enforced, in which order, and what never happens."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Final

from cdk_eks_cilium.policy.cluster_policies import TierSupport, cluster_policy_problems
from cdk_eks_cilium.policy.model import ClusterPolicyEgressPeer, KubernetesClusterNetworkPolicy, LabelSelector
from cdk_eks_cilium.policy_analysis.evaluation import Place
from cdk_eks_cilium.policy_analysis.evaluation.compiled import policy_name
from cdk_eks_cilium.policy_analysis.evaluation.ranges import means_pods
from cdk_eks_cilium.policy_analysis.evaluation.tier_rules import pod_selector
from cdk_eks_cilium.versions import behaviour

from .context import LintContext
from .definition import lint
from .finding import Hit, Spot, listed
from .tier_views import TierView, before, covering, tier_views

_API: Final = "https://network-policy-api.sigs.k8s.io/api-overview/"
_READING: Final = "https://github.com/cilium/cilium/blob/main/pkg/k8s/cluster_network_policy.go"
_PRECEDENCE: Final = "https://github.com/cilium/design-cfps/pull/84"


@lint(
    "CNP060",
    "Agents enforce the ClusterNetworkPolicy",
    "error",
    "The API server stores a ClusterNetworkPolicy wherever its CRD is, and agents ignore it before Cilium "
    f"{behaviour.policy.CLUSTER_NETWORK_POLICIES.since}, while they are not told to enforce it, or if they "
    "cannot do what one of its rules needs.",
    "https://github.com/cilium/cilium/pull/47227",
)
def _enforced(context: LintContext) -> Iterator[Hit]:
    support = TierSupport(context.version, context.tiers)
    for index, policy in enumerate(context.policies):
        if isinstance(policy, KubernetesClusterNetworkPolicy):
            for problem in cluster_policy_problems(policy, support, "policy"):
                path = problem.where.partition(": ")[2]
                text = str(problem).removeprefix(f"{problem.where}: ")
                yield Hit(index, Place(policy_name(policy), path or "spec"), text)


@lint(
    "CNP061",
    "Every rule of a tier is reached",
    "warning",
    "The first rule of a tier that means a flow decides it, by priority and then by its place in the policy. "
    "A rule after one that means all of the same never decides anything.",
    _API,
)
def _reached(context: LintContext) -> Iterator[Hit]:
    views = tier_views(context)
    for view in views:
        first = covering(view, views, context)
        if first is not None:
            yield view.spot.hit(
                "must mean something that no rule before it means",
                "put it before that rule, or remove it",
                got=f"{first.rule.action} of {first.spot.place} before it, for all of it",
            )


@lint(
    "CNP062",
    "Policies that may disagree have different priorities",
    "warning",
    "Kubernetes leaves open which of two policies of one tier and priority wins. Cilium takes their rules "
    "together by their index, and at one index a denial wins over an acceptance, and both over a pass.",
    _API,
)
def _one_order(context: LintContext) -> Iterator[Hit]:
    told: set[frozenset[int]] = set()
    views = tier_views(context)
    for view in views:
        for other in before(view, views):
            pair = frozenset({view.spot.index, other.spot.index})
            if (
                view.policy is not other.policy
                and view.compiled.priority == other.compiled.priority
                and view.rule.action != other.rule.action
                and pair not in told
                and view.may_select_with(other)
                and view.may_meet(other)
            ):
                told.add(pair)
                spot = Spot(view.spot.index, Place(policy_name(view.policy), "spec.priority"))
                yield spot.hit(
                    f"must differ from the priority of {policy_name(other.policy)}, whose "
                    f"{other.spot.place.path} has another action for some of the same flows than "
                    f"{view.spot.place.path}",
                    "give the one that is to win a lower number",
                    got=str(view.compiled.priority),
                )


@lint(
    "CNP063",
    "A pass skips a rule",
    "note",
    "A pass only skips the rules after it in its tier. With none of them for the same flows, the next tier "
    "follows anyway.",
    _API,
)
def _pass_skips(context: LintContext) -> Iterator[Hit]:
    views = tier_views(context)
    for view in views:
        if view.rule.action != "Pass" or covering(view, views, context):
            continue
        if not any(
            each.rule.action != "Pass" and view.may_select_with(each) and view.may_meet(each)
            for each in views
            if view in before(each, views)
        ):
            yield view.spot.hit(
                f"must have a rule after it in the {view.compiled.tier} tier that it skips",
                "put it before the rule that it makes an exception of, or remove it",
                got="Pass",
            )


@lint(
    "CNP064",
    "Subjects and peers choose pods",
    "warning",
    "A policy without pods does nothing, and neither does a rule whose peers choose nothing.",
    _API,
)
def _chosen(context: LintContext) -> Iterator[Hit]:
    if context.index is None or not context.index.pods:
        return
    told: set[int] = set()
    for view in tier_views(context):
        if not view.possible_pods and view.spot.index not in told:
            told.add(view.spot.index)
            spot = Spot(view.spot.index, Place(policy_name(view.policy), "spec.subject"))
            yield spot.hit("must select pods", "correct the labels, or add the pods to the files", got="none")
    for view in tier_views(context):
        for number, peer in enumerate(view.rule.peers):
            chooses_pods = peer.kind in ("namespaces", "pods")
            if chooses_pods and not context.index.may_be_peers(pod_selector(peer), None):
                yield _peer_spot(view, number).hit(
                    "must choose pods", "correct the labels, or add the pods to the files", got="none"
                )


@lint(
    "CNP065",
    "Selectors of namespaces do not mean the world",
    "warning",
    "Cilium reads labels of namespaces as labels of whoever is on the other side, and does not require a "
    "namespace. The world and the nodes have no labels of namespaces, so a selector that only rules labels "
    "out means them, too.",
    "https://github.com/cilium/cilium/issues/46949",
)
def _means_the_world(context: LintContext) -> Iterator[Hit]:
    for view in tier_views(context):
        for number, peer in enumerate(view.rule.peers):
            if peer.namespaces is not None and _only_rules_out(peer.namespaces):
                yield (
                    _peer_spot(view, number)
                    .at("namespaces")
                    .hit(
                        "must require a label: without one it also means the world and the nodes",
                        "use pods with that namespaceSelector and podSelector: {}, which means pods alone",
                        got=_words(peer.namespaces),
                    )
                )


def _peer_spot(view: TierView, number: int) -> Spot:
    place = view.peers_spot.place
    return Spot(view.spot.index, place.at(f"[{number}]"))


def _only_rules_out(selector: LabelSelector) -> bool:
    return (
        not selector.is_empty
        and not selector.match_labels
        and all(one.operator in ("NotIn", "DoesNotExist") for one in selector.match_expressions or ())
    )


def _words(selector: LabelSelector) -> str:
    return " and ".join(f"{one.key} {one.operator}" for one in selector.match_expressions or ())


@lint(
    "CNP066",
    "Networks do not stand for pods",
    "note",
    "Kubernetes holds networks against every destination. Cilium knows pods and nodes by their identity, and "
    "takes networks for addresses outside the cluster, unless policyCIDRMatchMode has 'pods' or 'nodes'.",
    "https://github.com/cilium/cilium/pull/47227",
)
def _outside_only(context: LintContext) -> Iterator[Hit]:
    for view in tier_views(context) if not means_pods(context.around) else ():
        for number, peer in enumerate(view.rule.peers):
            if not isinstance(peer, ClusterPolicyEgressPeer):
                continue
            meant = [text for text in peer.networks or () if _may_be_pods(text, context)]
            if meant:
                yield (
                    _peer_spot(view, number)
                    .at("networks")
                    .hit(
                        "must not be meant for pods or nodes, which it leaves out",
                        f"add a rule with namespaces: {{}} and {view.rule.action} if pods are meant, too",
                        got=listed(meant),
                    )
                )


def _may_be_pods(text: str, context: LintContext) -> bool:
    network = ip_network(text, strict=False)
    return network.prefixlen == 0 or any(
        each.version == network.version and each.overlaps(network) for each in context.pod_ranges
    )


@lint(
    "CNP067",
    "Baseline acceptances leave isolated pods shut",
    "warning",
    "Kubernetes has the Baseline tier only for pods that no NetworkPolicy selects. In Cilium isolation comes "
    "after it, so an acceptance there also opens pods that a policy of their namespace isolates.",
    _PRECEDENCE,
)
def _baseline_opens(context: LintContext) -> Iterator[Hit]:
    for view in tier_views(context):
        if view.compiled.tier != "Baseline" or view.rule.action != "Accept":
            continue
        isolating = [
            rule
            for rule in context.rules
            if rule.rule.denies_by_default(view.direction) and rule.pods & view.pods
        ]
        if isolating:
            names = list(dict.fromkeys(rule.spot.place.policy for rule in isolating))
            yield view.spot.hit(
                f"must not select pods that are isolated for {view.direction}: it also lets in or out what "
                "their own policies do not allow",
                "accept it in the policies of the namespace, or everywhere in the Admin tier",
                got=listed(names),
            )


@lint(
    "CNP068",
    "The standard CRD has every field",
    "note",
    "The CRD of the standard channel lacks nodes and domainNames: the API server removes them, and refuses "
    "the empty peer that is left.",
    "https://github.com/kubernetes-sigs/network-policy-api/tree/main/config/crd",
)
def _channel(context: LintContext) -> Iterator[Hit]:
    for view in tier_views(context):
        kinds = {peer.kind for peer in view.rule.peers} & {"nodes", "domainNames"}
        if kinds:
            yield view.peers_spot.hit(
                "must have the CRD of the experimental channel in the cluster",
                "install that CRD, or name pods and networks",
                got=listed(sorted(kinds)),
            )
