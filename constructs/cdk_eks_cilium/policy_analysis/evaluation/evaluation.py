"""What policies mean for a flow, as Cilium would decide.

This follows Cilium's ``pkg/policy``: a pod is open in a direction until a rule with items for that direction
selects it. From then on it accepts what some rule allows and no rule denies: a denial wins over every allow,
and answers always pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Literal

from cdk_eks_cilium.policy.model import Policy
from cdk_eks_cilium.policy_analysis.workloads import Inventory, Workload
from cdk_eks_cilium.versions import behaviour
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .advice import change_for_allow, change_for_deny
from .compiled import CompiledRule, Direction, PeerRequirement, Place, RuleIndex
from .dns_queries import DnsAnswers, DnsQueries
from .explanation import Explanation, Ruling
from .flow import Endpoint, Flow
from .labels import Labels, endpoint_labels
from .meaning import Meaning, all_of, any_of
from .merging import Condition
from .port_names import PortNames
from .ports import Limit
from .selectors import Surroundings
from .tier_rules import TierRule
from .tiers import TIERS, TierPair, Tiers
from .weighing import Candidate, Isolation, Weighed, agree, passes, weigh

# belief: CILIUM-policies

Enforcement = Literal["default", "always", "never"]


@dataclass
class _Hits:
    """The rules that matter for one direction of a flow."""

    candidates: list[Candidate] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    near: list[tuple[Place, str]] = field(default_factory=list)
    unlearned: list[Place] = field(default_factory=list)
    learned: Place | None = None

    @property
    def denied(self) -> list[Place]:
        """The denials that are known to be for the flow."""
        return [one.item.place for one in self.candidates if one.item.denies and one.is_sure]


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
        self._labels: dict[Endpoint, Labels] = {}
        self._selecting: dict[str, list[tuple[CompiledRule, Meaning]]] = {}

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
        rules = [one for one in self.choosing(workload) if one[0].rule.denies_by_default(direction)]
        if any(meaning.matches for _, meaning in rules):
            return Isolation(True)
        return Isolation(False, tuple(rules))

    def explain(self, flow: Flow, *, to_itself: bool = True) -> Explanation:
        """Say whether a flow may pass, and why. Its answers pass with it. Only pods give a verdict.

        Args:
            flow: The flow.
            to_itself: Whether a flow between equal sides is one of a pod to itself, which always passes.
        """
        if to_itself and flow.source == flow.destination and _is_one_pod(flow.source):
            ways: tuple[Direction, ...] = ("egress", "ingress")
            rulings = [Ruling(way, "allowed", "a pod always reaches itself") for way in ways]
            return Explanation(flow, *rulings)
        return Explanation(flow, self._judge(flow, "egress"), self._judge(flow, "ingress"))

    def allows(self, flow: Flow) -> bool:
        """Whether a flow is known to pass."""
        return self.explain(flow).allowed

    def _judge(self, flow: Flow, direction: Direction) -> Ruling | None:
        subject, other = (
            (flow.source, flow.destination) if direction == "egress" else (flow.destination, flow.source)
        )
        workload = subject.workload
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
        return TierPair(workload, self.labels_of(subject), other, self.labels_of(other), receiver, isolated)

    def tiered(self, workload: Workload, direction: Direction) -> list[TierRule]:
        """The rules of ClusterNetworkPolicies that select, or may select, a pod, tier by tier."""
        labels = self.labels_of(Endpoint.pod(workload))
        return [rule for tier in TIERS for rule, _ in self.tiers.choosing(workload, labels, tier, direction)]

    def _below(
        self, flow: Flow, workload: Workload, other: Endpoint, direction: Direction, hits: _Hits
    ) -> Ruling:
        """What NetworkPolicies and Cilium's own policies say, which stand between the tiers."""
        isolation = self.isolation(workload, direction)
        # Cilium adds an allow for the node, and a denial wins over it (`DetermineAllowLocalhostIngress`).
        reaches_always = direction == "ingress" and other.is_own_node
        if reaches_always:
            isolation = Isolation(False)
            hits.candidates = [one for one in hits.candidates if one.item.denies]
            if not hits.candidates:
                reason = "a node always reaches its own pods, as the kubelet's probes must"
                return Ruling(direction, "allowed", reason, remarks=tuple(hits.remarks))
        return self._verdict(flow, workload, direction, hits, isolation)

    def _on_own_node(self, flow: Flow, subject: Endpoint, other: Endpoint, verdict: Ruling) -> Iterator[str]:
        """The answer for a pod on its node's network, if that node is also the subject's."""
        if other.workload is None or not other.workload.host_network:
            return
        host = Endpoint.entity("host")
        if verdict.direction == "egress":
            there = self._judge(replace(flow, destination=host), "egress")
        else:
            there = self._judge(replace(flow, source=host), "ingress")
        if there is not None and there.verdict != verdict.verdict:
            yield (
                f"if {other} is on the same node as {subject}, it is {there.word}: it is then the entity host"
            )

    def _hits(self, flow: Flow, workload: Workload, other: Endpoint, direction: Direction) -> _Hits:
        hits = _Hits()
        asked = self.dns_answers(workload, other.name) if other.kind == "fqdn" else None
        hits.learned = asked.places[0] if asked is not None and asked.places else None
        receiver = self.names.receiver(direction, flow.destination.workload)
        doubtful = direction == "egress" and self.names.are_of_the_cluster
        for one in self.candidates(workload, other, direction, receiver):
            if doubtful and one.meant.matches is not False:
                hits.remarks += [f"{one.item.place} {each}" for each in self.names.doubts(one.item.item)]
            self._try(one, flow, asked, hits)
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
        found = (_with_answers(one, asked) for one in self.candidates(workload, other, direction, receiver))
        return [one for one in found if one.meant.matches is not False]

    def _try(self, one: Candidate, flow: Flow, asked: DnsAnswers | None, hits: _Hits) -> None:
        item = one.item
        through = tuple(gate for gate in one.gates if (flow.protocol, flow.port) in gate.ports)
        if one.meant.matches is False:
            # A rule for every port is not near.
            if any(not gate.ports.is_everything for gate in through) and not item.denies:
                hits.near.append((item.place, "lets the port through, but not for this peer"))
            return
        if not through:
            if one.gates and not item.denies and one.meant.matches:
                ports = "; ".join(dict.fromkeys(str(gate.ports) for gate in one.gates if gate.ports))
                hits.near.append(
                    (item.place, f"is for this peer, but only for {ports or 'names of ports that it lacks'}")
                )
            return
        if item.denies and one.is_sure:
            older = not behaviour.policy.RANGES_DENIED.holds(self.version)
            if older and "_cidr" in (item.peer_kind or ""):
                fixed = " and ".join(behaviour.policy.RANGES_DENIED.backports)
                hits.remarks.append(
                    f"{item.place} denies a range, and before Cilium {fixed} an allowed range wins"
                )
        one = _with_answers(one, asked)
        if one.meant.matches is False:
            hits.unlearned.append(item.place)
            return
        hits.candidates.append(replace(one, gates=through))

    def _verdict(
        self, flow: Flow, workload: Workload, direction: Direction, hits: _Hits, isolation: Isolation
    ) -> Ruling:
        if hits.denied:
            places = tuple(hits.denied)
            reason = "a rule denies it, and a denial wins over every allow"
            change, remarks = change_for_deny(places), tuple(hits.remarks)
            return Ruling(direction, "denied", reason, places, change=change, remarks=remarks)
        weighed = weigh(hits.candidates, isolation, self.version, (flow.protocol, flow.port))
        verdict, limits = agree(
            [passes(one, partial(_holds, flow=flow, version=self.version)) for one in weighed.worlds]
        )
        if verdict == "unknown":
            return self._unknown(direction, hits, weighed)
        if limits:
            hits.remarks += _doubts(weighed)
        conditions = limits or next((one.conditions for one in weighed.worlds if one.conditions), ())
        if conditions:
            return self._limited(flow, direction, conditions, hits)
        if verdict == "denied":
            return self._refused(flow, workload, direction, hits)
        return self._open(workload, direction, hits, isolation)

    def _open(self, workload: Workload, direction: Direction, hits: _Hits, isolation: Isolation) -> Ruling:
        plain = [one for one in hits.candidates if any(gate.limit is None for gate in one.gates)]
        sure = tuple(one.item.place for one in plain if one.is_sure)
        if sure:
            return Ruling(direction, "allowed", "a rule allows it", sure, remarks=self._remarks(sure, hits))
        if isolation.possible and plain:
            places = tuple(one.item.place for one in plain)
            reason = f"a rule that may select {workload} allows it, and without the rule nothing isolates it"
            return Ruling(direction, "allowed", reason, places, remarks=self._remarks(places, hits))
        reason = f"no policy isolates {workload} for {direction}"
        return Ruling(direction, "allowed", reason, remarks=tuple(hits.remarks))

    def _unknown(self, direction: Direction, hits: _Hits, weighed: Weighed) -> Ruling:
        return Ruling(
            direction,
            "unknown",
            f"it depends on {' and '.join(weighed.missing)}, which nobody described",
            weighed.places,
            remarks=(*_doubts(weighed), *hits.remarks),
            missing=weighed.missing,
        )

    def _limited(
        self, flow: Flow, direction: Direction, conditions: Sequence[Condition], hits: _Hits
    ) -> Ruling:
        judged = [(one, one.limit.judge(flow, self.version)) for one in conditions]
        passing = [one for one, answer in judged if answer is not False]
        limits = tuple(dict.fromkeys(one.limit.text for one in passing or conditions))
        places = tuple(dict.fromkeys(one.item.place for one in passing or conditions))
        remarks = self._remarks(places, hits)
        if not passing:
            reason = f"the port is open, but only for {' or '.join(limits)}"
            change = f"add the request to {places[0]}"
            return Ruling(direction, "denied", reason, places, change=change, remarks=remarks)
        if any(answer for _, answer in judged):
            return Ruling(direction, "allowed", "a rule allows the request", places, remarks=remarks)
        doubts = dict.fromkeys(text for one in passing for text in one.limit.doubts(flow, self.version))
        if doubts:
            reason = "a rule may allow the request, and that is not known"
            return Ruling(
                direction, "unknown", reason, places, limits, remarks=remarks, missing=tuple(doubts)
            )
        reason = f"a rule allows it, but only {' or '.join(limits)}"
        return Ruling(direction, "allowed", reason, places, limits, remarks=remarks)

    def _remarks(self, places: Iterable[Place], hits: _Hits) -> tuple[str, ...]:
        learned = hits.learned is not None and not self._named_places.isdisjoint(places)
        return (
            *hits.remarks,
            *([f"Cilium learns the addresses of the name from {hits.learned}"] if learned else ()),
        )

    def _refused(self, flow: Flow, workload: Workload, direction: Direction, hits: _Hits) -> Ruling:
        remarks = tuple(hits.remarks)
        if hits.unlearned:
            return Ruling(
                direction,
                "denied",
                "a rule allows the name, but no DNS rule lets Cilium learn its addresses",
                tuple(hits.unlearned),
                change=f"allow {workload} port 53 of the DNS servers with rules.dns that match the name",
                remarks=remarks,
            )
        isolating = self.isolating(workload, direction)
        return Ruling(
            direction,
            "denied",
            f"policies isolate {workload} for {direction}, and no rule allows it"
            if isolating
            else "the agents refuse what no rule allows (policyEnforcementMode always)",
            tuple(rule.place for rule in isolating),
            change=change_for_allow(flow, workload, direction, hits.near),
            remarks=remarks,
        )

    @cached_property
    def _named_places(self) -> frozenset[Place]:
        return frozenset(
            item.place for rule in self.rules for item in rule.items("egress") if item.peer_kind == "to_fqdns"
        )

    def required(self, workload: Workload, direction: Direction) -> dict[bool, list[PeerRequirement]]:
        """What the rules for a pod require of every peer that labels choose; for denials under True."""
        found: dict[bool, list[PeerRequirement]] = {True: [], False: []}
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

    @cached_property
    def _dns_queries(self) -> DnsQueries:
        return DnsQueries(self.names, self.labels_of, self.version)


def _is_one_pod(side: Endpoint) -> bool:
    """Whether a side is one pod, about which policies decide."""
    return side.workload is not None and side.workload.kind == "Pod" and not side.workload.host_network


def _with_answers(one: Candidate, asked: DnsAnswers | None) -> Candidate:
    """An item for names means only names whose addresses Cilium learns."""
    if asked is None or one.item.peer_kind != "to_fqdns":
        return one
    return replace(one, meant=all_of([one.meant, asked.meaning]))


def _is_for(one: Candidate) -> Meaning:
    """Whether an item is for a flow, which then no Baseline tier decides."""
    return all_of((one.selected, one.meant))


def _holds(limit: Limit, flow: Flow, version: CiliumVersion | None) -> bool | None:
    return limit.judge(flow, version)


def _doubts(weighed: Weighed) -> Iterator[str]:
    """What makes an answer unknown, in words."""
    for one in weighed.unsure:
        verb = "deny" if one.item.denies else "allow"
        yield f"{one.item.place} may {verb} it: that depends on {' and '.join(dict.fromkeys(one.missing))}"
    for rule, meaning in weighed.only_isolating:
        yield f"{rule.place} may isolate the pod: that depends on {meaning.why}"
