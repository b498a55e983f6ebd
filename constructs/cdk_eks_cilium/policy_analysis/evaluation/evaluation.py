"""What policies mean for a flow, as Cilium would decide.

This follows Cilium's ``pkg/policy``: a pod is open in a direction until a rule with items for that direction
selects it. From then on it accepts what some rule allows and no rule denies: a denial wins over every allow,
and answers always pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import Literal

from cdk_eks_cilium.policy.model import Policy
from cdk_eks_cilium.policy_analysis.workloads import Inventory, Workload
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .compiled import DIRECTIONS, CompiledItem, CompiledRule, Direction, PeerRequirement, Place, RuleIndex
from .dns_queries import DnsAnswers, DnsQueries
from .explanation import Explanation, Ruling
from .flow import Endpoint, Flow
from .host_policies import HostPolicies
from .labels import Labels, endpoint_labels
from .meaning import NO, Meaning, all_of, any_of, unknown
from .port_names import PortNames
from .ruling import DirectionJudge, Hits, with_answers
from .selectors import Surroundings
from .tier_rules import TierRule
from .tiers import TIERS, TierPair, Tiers
from .weighing import Candidate, Isolation

# belief: CILIUM-policies

Enforcement = Literal["default", "always", "never"]


class Evaluation:
    """Answers questions about policies.

    Args:
        policies: The policies.
        inventory: Pods, namespaces and Services. By default no object is known.
        version: The release of Cilium. By default the newest.
        enforcement: The agent's option ``enable-policy``. With ``default`` pods that no policy selects are
            open, with ``always`` they are shut, and with ``never`` policies have no effect.
    """

    def __init__(
        self,
        policies: Iterable[Policy],
        inventory: Inventory | None = None,
        *,
        version: CiliumVersion | None = None,
        enforcement: Enforcement = "default",
    ) -> None:
        self.inventory = inventory or Inventory()
        self.version = version
        self.enforcement = enforcement
        self.names = PortNames(self.inventory, version)
        policies, around = tuple(policies), Surroundings(self.inventory, version)
        self.rules = RuleIndex(policies, around)
        self.tiers = Tiers(policies, around)
        enforced = self.inventory.host_firewall and enforcement != "never"
        self.hosts = HostPolicies(self.rules, enforced=enforced)
        self._labels: dict[Endpoint, Labels] = {}
        self._selecting: dict[str, list[tuple[CompiledRule, Meaning]]] = {}
        self._isolation: dict[tuple[str, Direction], Isolation] = {}
        self._required: dict[tuple[str, Direction], dict[bool, list[PeerRequirement]]] = {}

    def labels_of(self, endpoint: Endpoint) -> Labels:
        """The labels of a side of a flow in Cilium."""
        found = self._labels.get(endpoint)
        if found is None:
            found = self._labels[endpoint] = endpoint_labels(endpoint, self.inventory)
        return found

    def selecting(self, workload: Workload) -> list[CompiledRule]:
        """The rules that are known to select a pod. No rule selects a pod on its node's network."""
        return [rule for rule, meaning in self.choosing(workload) if meaning.matches]

    def choosing(self, workload: Workload) -> list[tuple[CompiledRule, Meaning]]:
        """The rules that select, or may select, a pod; which of them may is in their meaning."""
        if workload.host_network:
            return []
        found = self._selecting.get(str(workload))
        if found is None:
            labels = self.labels_of(Endpoint.pod(workload))
            found = self._selecting[str(workload)] = self.rules.selecting(workload.namespace, labels)
        return found

    def items(self) -> Iterator[CompiledItem]:
        """Every item of every rule. The items of one rule of a ClusterNetworkPolicy share its place."""
        for rule in self.rules:
            for direction in DIRECTIONS:
                yield from rule.items(direction)
        for tiered in self.tiers.rules.values():
            yield from (item for rule in tiered for item in rule.items)

    def isolating(self, workload: Workload, direction: Direction) -> list[CompiledRule]:
        """The rules that are known to make a pod refuse, in a direction, what nothing allows."""
        return [rule for rule in self.selecting(workload) if rule.rule.denies_by_default(direction)]

    def is_isolated(self, workload: Workload, direction: Direction) -> bool:
        """Whether a pod is known to refuse, in a direction, what nothing allows."""
        return self.isolation(workload, direction).sure

    def may_be_isolated(self, workload: Workload, direction: Direction) -> bool:
        """Whether a pod refuses, or may refuse, in a direction, what nothing allows."""
        return self.isolation(workload, direction).possible

    def isolation(self, workload: Workload, direction: Direction) -> Isolation:
        """Whether a pod refuses, in a direction, what nothing allows, with rules that leave it unknown."""
        if workload.host_network or self.enforcement == "never":
            return Isolation(False)
        if self.enforcement == "always":
            return Isolation(True)
        key = str(workload), direction
        found = self._isolation.get(key)
        if found is None:
            rules = [one for one in self.choosing(workload) if one[0].rule.denies_by_default(direction)]
            sure = any(meaning.matches for _, meaning in rules)
            found = self._isolation[key] = Isolation(True) if sure else Isolation(False, tuple(rules))
        return found

    def denies_some(self, workload: Workload, direction: Direction) -> bool:
        """Whether rules deny, or may deny, a pod something in a direction, isolated or not."""
        if self.enforcement == "never":
            return False
        items = (item for rule, _ in self.choosing(workload) for item in rule.items(direction))
        tiered = self.tiered(workload, direction)
        return any(item.denies for item in items) or any(rule.action == "Deny" for rule in tiered)

    def explain(self, flow: Flow, *, to_itself: bool = True) -> Explanation:
        """Say whether a flow may pass, and why. Its answers pass with it.

        Pods give a verdict, and nodes where policies may refuse it.

        Args:
            flow: The flow.
            to_itself: Whether a flow between equal sides is one of a pod to itself, which always passes.
        """
        if to_itself and flow.source == flow.destination and _is_one_pod(flow.source):
            ways: tuple[Direction, ...] = ("egress", "ingress")
            rulings = [Ruling(way, "allowed", "a pod always reaches itself") for way in ways]
            return Explanation(flow, *rulings)
        return Explanation(flow, self.ruling(flow, "egress"), self.ruling(flow, "ingress"))

    def allows(self, flow: Flow) -> bool:
        """Whether a flow is known to pass."""
        return self.explain(flow).allowed

    def ruling(self, flow: Flow, direction: Direction) -> Ruling | None:
        """The answer for one direction of a flow between two sides; None if nothing decides there."""
        subject, other = (
            (flow.source, flow.destination) if direction == "egress" else (flow.destination, flow.source)
        )
        workload = subject.workload
        # A node reaches itself without its device, where the host firewall is.
        if subject.on_node and not (subject.is_own_node and other.is_own_node):
            held = self.hosts.ruling(flow, other, self.labels_of(other), direction)
            if held is not None:
                return held
        if workload is None:
            return None
        if workload.host_network:
            return Ruling(
                direction,
                "allowed",
                f"{subject} is on its node's network, where policies for pods do not hold",
            )
        if self.enforcement == "never":
            return Ruling(direction, "allowed", "the agents enforce no policy (policyEnforcementMode never)")
        hits = self._hits(flow, workload, other, direction)
        explicit = any_of(_is_for(one) for one in hits.candidates)
        below = self._below(flow, workload, other, direction, hits)
        receiver = self.names.receiver(direction, flow.destination.workload)
        pair = self.tier_pair(subject, other, direction, receiver)
        verdict = self.tiers.over(flow, direction, pair, below, explicit)
        return replace(verdict, remarks=(*verdict.remarks, *self._on_own_node(flow, subject, other, verdict)))

    def tier_pair(
        self, subject: Endpoint, other: Endpoint, direction: Direction, receiver: Workload | None
    ) -> TierPair:
        """A pod and the other side of its flows as tiers see them; *receiver* as in `PortNames.receiver`."""
        workload = subject.workload
        assert workload is not None
        isolated = self.is_isolated(workload, direction)
        ruled = NO
        if other.is_own_node:
            ruled = any_of(selected for rule, selected in self.choosing(workload) if rule.items(direction))
        labels, other_labels = self.labels_of(subject), self.labels_of(other)
        return TierPair(workload, labels, other, other_labels, receiver, isolated, ruled)

    def tiered(self, workload: Workload, direction: Direction) -> list[TierRule]:
        """The rules of ClusterNetworkPolicies that select, or may select, a pod, tier by tier."""
        labels = self.labels_of(Endpoint.pod(workload))
        return [rule for tier in TIERS for rule, _ in self.tiers.choosing(workload, labels, tier, direction)]

    def _below(
        self, flow: Flow, workload: Workload, other: Endpoint, direction: Direction, hits: Hits
    ) -> Ruling:
        """What NetworkPolicies and Cilium's own policies say, which stand between the tiers."""
        isolation = self.isolation(workload, direction)
        # Cilium adds an allow for the node, and a denial wins over it (`DetermineAllowLocalhostIngress`).
        if direction == "ingress" and other.is_own_node:
            isolation = Isolation(False)
            hits.candidates = self.denials_of_node(workload, hits.candidates)
            if not hits.candidates:
                reason = "a node always reaches its own pods, as the kubelet's probes must"
                return Ruling(direction, "allowed", reason, remarks=tuple(hits.remarks))
        isolating = self.isolating(workload, direction)
        return DirectionJudge(flow, workload, direction, hits, isolation, isolating, self.version).ruling()

    def denials_of_node(self, workload: Workload, candidates: Iterable[Candidate]) -> list[Candidate]:
        """The candidates that may keep a pod's own node out: denials, unless the Admin tier comes first."""
        earlier = self.comes_after_tier(workload)
        if earlier.matches:
            return []
        denials = [one for one in candidates if one.item.denies]
        if not earlier.missing:
            return denials
        return [replace(one, selected=all_of([one.selected, unknown(*earlier.missing)])) for one in denials]

    def comes_after_tier(self, workload: Workload) -> Meaning:
        """Whether rules of the Admin tier for what comes to a pod are before its policies, see `tiers`."""
        return self.tiers.before_policies(workload, self.labels_of(Endpoint.pod(workload)))

    def _on_own_node(self, flow: Flow, subject: Endpoint, other: Endpoint, verdict: Ruling) -> Iterator[str]:
        """The answer for a pod on its node's network, if that node is also the subject's."""
        if other.workload is None or not other.workload.host_network:
            return
        host = Endpoint.entity("host")
        if verdict.direction == "egress":
            there = self.ruling(replace(flow, destination=host), "egress")
        else:
            there = self.ruling(replace(flow, source=host), "ingress")
        if there is not None and there.verdict != verdict.verdict:
            yield (
                f"if {other} is on the same node as {subject}, it is {there.word}: it is then the entity host"
            )

    def _hits(self, flow: Flow, workload: Workload, other: Endpoint, direction: Direction) -> Hits:
        hits = Hits()
        asked = self.dns_answers(workload, other.name) if other.kind == "fqdn" else None
        hits.learned = asked.places[0] if asked is not None and asked.places else None
        receiver = self.names.receiver(direction, flow.destination.workload)
        doubtful = direction == "egress" and self.names.are_of_the_cluster
        for one in self.candidates(workload, other, direction, receiver):
            if doubtful and one.meant.matches is not False:
                hits.remarks += [f"{one.item.place} {each}" for each in self.names.doubts(one.item.item)]
            hits.add(one, flow, asked, self.version)
        return hits

    def candidates(
        self, workload: Workload, other: Endpoint, direction: Direction, receiver: Workload | None
    ) -> Iterator[Candidate]:
        """The items of the rules for a pod, with whether they mean the other side, and their gates.

        Whether the pod may ask for a name is left out.
        """
        labels = self.labels_of(other)
        required = self.required(workload, direction)
        for rule, selected in self.choosing(workload):
            for item in rule.items(direction):
                meant = item.peers.means(other, labels)
                if item.chooses_by_labels and required[item.denies]:
                    meant = all_of([meant, *(one.meaning(labels, rule) for one in required[item.denies])])
                yield Candidate(item, item.gates(receiver), rule, selected, meant)

    def possible(
        self, workload: Workload, other: Endpoint, direction: Direction, receiver: Workload | None
    ) -> list[Candidate]:
        """The candidates that mean, or may mean, the other side, also by a name that the pod may ask for."""
        asked = self.dns_answers(workload, other.name) if other.kind == "fqdn" else None
        found = (with_answers(one, asked) for one in self.candidates(workload, other, direction, receiver))
        return [one for one in found if one.meant.matches is not False]

    def required(self, workload: Workload, direction: Direction) -> dict[bool, list[PeerRequirement]]:
        """What the rules for a pod require of every peer that labels choose; for denials under True."""
        key = str(workload), direction
        found = self._required.get(key)
        if found is None:
            found = self._required[key] = {True: [], False: []}
            for rule, selected in self.choosing(workload):
                for item in rule.items(direction):
                    found[item.denies] += [PeerRequirement(each, rule, selected) for each in item.required]
        return found

    def dns_query_places(self, workload: Workload, name: str) -> list[Place]:
        """The items that are known to let a pod ask DNS for *name* while Cilium reads the answers."""
        answers = self.dns_answers(workload, name)
        return list(answers.places) if answers.meaning.matches else []

    def dns_answers(self, workload: Workload, name: str) -> DnsAnswers:
        """Whether a pod may ask DNS for *name* while Cilium reads the answers."""
        return self._dns_queries.answers(self.choosing(workload), name)

    def dns_refusals(self, workload: Workload, name: str) -> list[Place] | None:
        """The items whose DNS rules refuse a pod's question for *name*, as `DnsQueries.refusals` has them."""
        if not self.is_isolated(workload, "egress"):
            return None
        return self._dns_queries.refusals(self.choosing(workload), name)

    @cached_property
    def _dns_queries(self) -> DnsQueries:
        return DnsQueries(self.names, self.labels_of, self.version)


def _is_one_pod(side: Endpoint) -> bool:
    """Whether a side is one pod, about which policies decide."""
    return side.workload is not None and side.workload.kind == "Pod" and not side.workload.host_network


def _is_for(one: Candidate) -> Meaning:
    """Whether an item is for a flow, which then no Baseline tier decides."""
    return all_of((one.selected, one.meant))
