"""Tiers: ClusterNetworkPolicies before and after NetworkPolicies and Cilium's own policies.

The order is that of Cilium 1.20 (``pkg/policy/types``, `computePolicyEnforcementAndRules` in
``pkg/policy/repository.go``, `insertWithPasses` in ``pkg/policy/mapstate.go``):

1. *Admin*, by rank. An acceptance or a denial is final, whatever policies of namespaces have: a denial in a
   CiliumNetworkPolicy does not count, and neither do its HTTP rules. A pass goes on with 2.
2. NetworkPolicies, CiliumNetworkPolicies and CiliumClusterwideNetworkPolicies: a denial wins over an allow.
3. *Baseline*, by rank, for what no rule of 2 is for. A pass goes on with 4.
4. What nothing decided passes, unless a policy of 2 isolates the pod.

A pod's own node is let in at the very first rank, where only a denial wins over it. So only denials
of the first rank count for it, which is the first of the rules of any tier that select the pod: all
policies of 2 are one rank (`determineAllowLocalhostIngress` in ``pkg/policy/mapstate.go``, `resolveL4Policy`
in ``pkg/policy/rules.go``).

Kubernetes means 3 only for pods that no NetworkPolicy selects. In Cilium isolation is the last of all, so an
acceptance of the Baseline tier also opens pods that a NetworkPolicy isolates.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import Final

from cdk_eks_cilium.policy.model import KubernetesClusterNetworkPolicy, Policy, Tier
from cdk_eks_cilium.policy_analysis.workloads import Workload
from cdk_eks_cilium.versions import behaviour

from .compiled import DIRECTIONS, CompiledItem, Direction
from .explanation import Ruling
from .flow import Endpoint, Flow
from .labels import Labels
from .meaning import NO, Meaning, all_of, any_of, unknown
from .reach import Passage
from .selectors import Surroundings
from .spans import PortSet
from .tier_ports import Outcomes, TierStep, agreed_passage
from .tier_rules import TierRule, tier_rules
from .tier_words import agreed, combine

TIERS: Final[tuple[Tier, ...]] = ("Admin", "Baseline")

Chosen = tuple[tuple[TierRule, Meaning], ...]
"""The rules for a pod, each with whether its policy selects the pod."""


@dataclass(frozen=True)
class Explicit:
    """The ports that policies of the second row name, which no Baseline tier decides.

    Attributes:
        sure: The ports of rules that are known to be for the pair.
        possible: The ports of rules that may be for it.
        missing: What that depends on.
    """

    sure: PortSet = field(default_factory=lambda: PortSet({}))
    possible: PortSet = field(default_factory=lambda: PortSet({}))
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class TierPair:
    """A pod, and the other side of its flow.

    Attributes:
        workload: The pod.
        labels: Its labels in Cilium.
        other: The other side.
        other_labels: That side's labels in Cilium.
        receiver: The pod whose names of ports count; None without such a pod.
        isolated: Whether a NetworkPolicy or a policy of Cilium isolates the pod in this direction.
        ruled: Whether such a policy has rules for the pod in this direction; asked only about its own node.
    """

    workload: Workload
    labels: Labels
    other: Endpoint
    other_labels: Labels
    receiver: Workload | None
    isolated: bool
    ruled: Meaning = NO


class Tiers:
    """The ClusterNetworkPolicies among some policies.

    Args:
        policies: Policies of all kinds. Releases before 1.20 enforce no ClusterNetworkPolicy.
        around: What the meaning of peers depends on.
    """

    def __init__(self, policies: Iterable[Policy], around: Surroundings) -> None:
        enforced = behaviour.policy.CLUSTER_NETWORK_POLICIES.holds(around.version)
        self.policies = tuple(
            each for each in policies if enforced and isinstance(each, KubernetesClusterNetworkPolicy)
        )
        self._around = around
        self._chosen: dict[tuple[str, Tier, Direction], Chosen] = {}
        self._outcomes: dict[tuple[object, ...], Outcomes] = {}
        self._same: dict[tuple[object, ...], Outcomes] = {}
        self._passages: dict[tuple[object, ...], Passage] = {}

    @cached_property
    def rules(self) -> dict[tuple[Tier, Direction], tuple[TierRule, ...]]:
        """The rules by tier and direction, the first first."""
        found: dict[tuple[Tier, Direction], list[TierRule]] = {}
        for policy in self.policies:
            for direction in DIRECTIONS:
                compiled = tier_rules(policy, direction, self._around)
                found.setdefault((policy.spec.tier, direction), []).extend(compiled)
        return {key: tuple(sorted(rules, key=lambda rule: rule.order)) for key, rules in found.items()}

    def choosing(self, workload: Workload, labels: Labels, tier: Tier, direction: Direction) -> Chosen:
        """The rules whose policies select, or may select, a pod with some labels in Cilium."""
        if workload.host_network:
            return ()
        key = str(workload), tier, direction
        found = self._chosen.get(key)
        if found is None:
            judged = ((rule, rule.subject.meaning(labels)) for rule in self.rules.get(key[1:], ()))
            found = self._chosen[key] = tuple(one for one in judged if one[1].matches is not False)
        return found

    def over(
        self, flow: Flow, direction: Direction, pair: TierPair, below: Ruling, explicit: Meaning
    ) -> Ruling:
        """What stands in the end for a flow in one direction.

        Args:
            flow: The flow.
            direction: The direction.
            pair: The pod and the other side.
            below: What NetworkPolicies and Cilium's own policies say.
            explicit: Whether one of their rules decides it, rather than isolation or the lack of it.
        """
        if not self.policies:
            return below
        if not explicit.matches:
            laid = self._laid(flow, direction, pair, "Baseline", below)
            below = laid if explicit.matches is False else agreed(laid, below, explicit.missing)
        return self._laid(flow, direction, pair, "Admin", below)

    def _laid(self, flow: Flow, direction: Direction, pair: TierPair, tier: Tier, below: Ruling) -> Ruling:
        """A tier over what follows it."""
        steps: list[TierStep] = []
        for step, _ in self._steps(pair, direction, tier):
            if (flow.protocol, flow.port) in step.gate.ports:
                steps.append(step)
                if step.is_sure:
                    break
        return combine(steps, flow, direction, below, reads_requests=pair.isolated)

    def passage(self, direction: Direction, pair: TierPair, below: Passage, explicit: Explicit) -> Passage:
        """What stands in the end for every port of one direction.

        Args:
            direction: The direction.
            pair: The pod and the other side.
            below: What NetworkPolicies and Cilium's own policies let through.
            explicit: The ports that their rules for the other side name.
        """
        admin, baseline = (self._outcome(pair, direction, tier) for tier in TIERS)
        key = id(admin), id(baseline), below, explicit
        found = self._passages.get(key)
        if found is None:
            laid = baseline.outside(explicit.sure).over(below)
            if explicit.possible:
                other = baseline.outside(explicit.sure | explicit.possible).over(below)
                laid = agreed_passage(laid, other, explicit.missing)
            found = self._passages[key] = admin.over(laid)
        return found

    def _outcome(self, pair: TierPair, direction: Direction, tier: Tier) -> Outcomes:
        chosen = self.choosing(pair.workload, pair.labels, tier, direction)
        mine = tuple((id(rule), meaning.matches) for rule, meaning in chosen)
        named = any(item.has_names for rule, _ in chosen for item in rule.items)
        about = pair.receiver if named else None, pair.isolated, self._comes_before(pair, tier)
        key = mine, pair.other, *about
        found = self._outcomes.get(key)
        if found is None:
            steps = list(self._steps(pair, direction, tier))
            same = *((id(step.rule), id(item), step.missing) for step, item in steps), *about
            if same not in self._same:
                some = (step for step, _ in steps)
                self._same[same] = Outcomes.of(some, reads_requests=pair.isolated)
            found = self._outcomes[key] = self._same[same]
        return found

    def before_policies(self, workload: Workload, labels: Labels) -> Meaning:
        """Whether the Admin tier has rules for what comes to a pod, before the pod's policies."""
        return any_of(selected for _, selected in self.choosing(workload, labels, "Admin", "ingress"))

    def _comes_before(self, pair: TierPair, tier: Tier) -> Meaning:
        """Whether other rules for what comes to a pod from its own node come before a tier."""
        if tier == "Admin" or not pair.other.is_own_node:
            return NO
        return any_of([self.before_policies(pair.workload, pair.labels), pair.ruled])

    def _steps(
        self, pair: TierPair, direction: Direction, tier: Tier
    ) -> Iterator[tuple[TierStep, CompiledItem]]:
        """The rules that mean, or may mean, the other side, with the item that does, the first first."""
        chosen = self.choosing(pair.workload, pair.labels, tier, direction)
        if direction == "ingress" and pair.other.is_own_node:
            chosen = tuple(_of_first_rank(chosen, self._comes_before(pair, tier)))
        for rule, selected in chosen:
            for item in rule.items:
                meant = item.peers.means(pair.other, pair.other_labels)
                if meant.matches is not False:
                    doubts = tuple(dict.fromkeys((*selected.missing, *meant.missing)))
                    for gate in item.gates(pair.receiver):
                        yield TierStep(rule, gate, doubts), item


def _of_first_rank(chosen: Chosen, earlier: Meaning) -> Iterator[tuple[TierRule, Meaning]]:
    """The denials of the first rank, unless *earlier* rules have it."""
    for _, rank in groupby(chosen, key=lambda one: one[0].order[:2]):
        if earlier.matches:
            return
        rules = list(rank)
        for rule, selected in rules:
            if rule.action == "Deny":
                yield rule, all_of([selected, unknown(*earlier.missing) if earlier.missing else selected])
        earlier = any_of([earlier, *(selected for _, selected in rules)])
