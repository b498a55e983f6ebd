"""What policies mean for a flow, as Cilium would decide.

This follows Cilium's ``pkg/policy``: a pod is open in a direction until a rule with items for that direction
selects it. From then on it accepts what some rule allows and no rule denies: a denial wins over every allow,
and answers always pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from cdk_eks_cilium.policy.model import Policy
from cdk_eks_cilium.policy_analysis.workloads import Inventory, Workload
from cdk_eks_cilium.versions import behaviour
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .advice import change_for_allow, change_for_deny
from .compiled import CompiledItem, CompiledRule, Direction, Place, RuleIndex
from .dns_queries import DnsQueries
from .explanation import Explanation, Ruling
from .flow import Endpoint, Flow
from .labels import Labels, Matcher, endpoint_labels
from .merging import Condition, Opened, merge
from .peers import NO, Meaning
from .port_names import PortNames
from .ports import Gate, gates
from .selectors import Surroundings
from .tier_rules import TierRule
from .tiers import TIERS, TierPair, Tiers

# belief: CILIUM-policies

Enforcement = Literal["default", "always", "never"]


@dataclass
class _Hits:
    """The rules that matter for one direction of a flow."""

    denied: list[Place] = field(default_factory=list)
    opened: list[Opened] = field(default_factory=list)
    maybe: list[str] = field(default_factory=list)
    near: list[tuple[Place, str]] = field(default_factory=list)
    unlearned: list[Place] = field(default_factory=list)
    learned: Place | None = None


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
        self._selecting: dict[str, list[CompiledRule]] = {}

    def labels_of(self, endpoint: Endpoint) -> Labels:
        """The labels of a side of a flow in Cilium."""
        found = self._labels.get(endpoint)
        if found is None:
            found = self._labels[endpoint] = endpoint_labels(endpoint, self.inventory)
        return found

    def selecting(self, workload: Workload) -> list[CompiledRule]:
        """The rules that select a pod. No rule selects a pod on its node's network."""
        if workload.host_network:
            return []
        found = self._selecting.get(str(workload))
        if found is None:
            labels = self.labels_of(Endpoint.pod(workload))
            found = self._selecting[str(workload)] = self.rules.selecting(workload.namespace, labels)
        return found

    def isolating(self, workload: Workload, direction: Direction) -> list[CompiledRule]:
        """The rules that make a pod refuse, in a direction, what nothing allows."""
        return [rule for rule in self.selecting(workload) if rule.rule.denies_by_default(direction)]

    def is_isolated(self, workload: Workload, direction: Direction) -> bool:
        """Whether a pod refuses, in a direction, what nothing allows."""
        if workload.host_network or self.enforcement == "never":
            return False
        return self.enforcement == "always" or bool(self.isolating(workload, direction))

    def explain(self, flow: Flow) -> Explanation:
        """Say whether a flow may pass, and why. Its answers pass with it. Only pods give a verdict."""
        return Explanation(flow, self._judge(flow, "egress"), self._judge(flow, "ingress"))

    def allows(self, flow: Flow) -> bool:
        """Whether a flow may pass."""
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
        if workload.kind == "Pod" and flow.source == flow.destination:
            return Ruling(direction, "allowed", "a pod always reaches itself")
        hits = self._hits(flow, workload, other, direction)
        below = self._below(flow, subject, other, direction, hits)
        pair = self.tier_pair(
            subject, other, direction, self.names.receiver(direction, flow.destination.workload)
        )
        return self.tiers.over(flow, direction, pair, below, explicit=bool(hits.denied or hits.opened))

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
        self, flow: Flow, subject: Endpoint, other: Endpoint, direction: Direction, hits: _Hits
    ) -> Ruling:
        """What NetworkPolicies and Cilium's own policies say, which stand between the tiers."""
        workload = subject.workload
        assert workload is not None
        # Cilium adds an allow for the node, and a denial wins over it (`DetermineAllowLocalhostIngress`).
        if direction == "ingress" and other.is_own_node and not hits.denied:
            reason = "a node always reaches its own pods, as the kubelet's probes must"
            return Ruling(direction, "allowed", reason, remarks=tuple(hits.maybe))
        verdict = self._verdict(flow, workload, direction, hits)
        return replace(verdict, remarks=(*verdict.remarks, *self._on_own_node(flow, subject, other, verdict)))

    def _on_own_node(self, flow: Flow, subject: Endpoint, other: Endpoint, verdict: Ruling) -> Iterator[str]:
        """The answer for a pod on its node's network, if that node is also the subject's."""
        if other.workload is None or not other.workload.host_network:
            return
        host = Endpoint.entity("host")
        if verdict.direction == "egress":
            there = self._judge(replace(flow, destination=host), "egress")
        else:
            there = self._judge(replace(flow, source=host), "ingress")
        if there is not None and there.allowed != verdict.allowed:
            answer = "allowed" if there.allowed else "denied"
            yield f"if {other} is on the same node as {subject}, it is {answer}: it is then the entity host"

    def _hits(self, flow: Flow, workload: Workload, other: Endpoint, direction: Direction) -> _Hits:
        hits = _Hits()
        labels = self.labels_of(other)
        asked = self.dns_query_places(workload, other.name) if other.kind == "fqdn" else []
        hits.learned = asked[0] if asked else None
        receiver = self.names.receiver(direction, flow.destination.workload)
        required = self.required(workload, direction)
        doubtful = direction == "egress" and self.names.are_of_the_cluster
        for rule in self.selecting(workload):
            for item in rule.items(direction):
                meaning = item.peers.means(other, labels)
                wanted = required[item.denies]
                if wanted and item.chooses_by_labels and not all(one.matches(labels) for one in wanted):
                    meaning = NO
                if doubtful and meaning.matches is not False:
                    hits.maybe += [f"{item.place} {each}" for each in self.names.doubts(item.item)]
                self._try(item, flow, meaning, gates(item.item, receiver), hits)
        return hits

    def _try(
        self, item: CompiledItem, flow: Flow, meaning: Meaning, opened: tuple[Gate, ...], hits: _Hits
    ) -> None:
        through = [gate for gate in opened if (flow.protocol, flow.port) in gate.ports]
        if meaning.matches is False:
            # A rule for every port is not near.
            if any(not gate.ports.is_everything for gate in through) and not item.denies:
                hits.near.append((item.place, "lets the port through, but not for this peer"))
            return
        if not through:
            if opened and not item.denies and meaning.matches:
                ports = "; ".join(dict.fromkeys(str(gate.ports) for gate in opened if gate.ports))
                hits.near.append(
                    (item.place, f"is for this peer, but only for {ports or 'names of ports that it lacks'}")
                )
            return
        if meaning.matches is None:
            verb = "deny" if item.denies else "allow"
            hits.maybe.append(f"{item.place} may {verb} it: that depends on {meaning.why}")
            return
        if item.denies:
            hits.denied.append(item.place)
            older = not behaviour.policy.RANGES_DENIED.holds(self.version)
            if older and "_cidr" in (item.item.peer_kind or ""):
                fixed = " and ".join(behaviour.policy.RANGES_DENIED.backports)
                hits.maybe.append(
                    f"{item.place} denies a range, and before Cilium {fixed} an allowed range wins"
                )
            return
        if item.item.peer_kind == "to_fqdns" and hits.learned is None:
            hits.unlearned.append(item.place)
            return
        hits.opened += [(item, gate) for gate in through]

    def _verdict(self, flow: Flow, workload: Workload, direction: Direction, hits: _Hits) -> Ruling:
        remarks = tuple(hits.maybe)
        if hits.denied:
            places = tuple(hits.denied)
            reason = "a rule denies it, and a denial wins over every allow"
            return Ruling(
                direction, "denied", reason, places, change=change_for_deny(places), remarks=remarks
            )
        isolated = self.is_isolated(workload, direction)
        conditions = merge(hits.opened, isolated, self.version).at(flow.protocol, flow.port)
        if conditions:
            return self._limited(flow, direction, conditions, hits)
        plain = tuple(item.place for item, gate in hits.opened if gate.limit is None)
        if plain:
            return Ruling(direction, "allowed", "a rule allows it", plain, remarks=self._remarks(plain, hits))
        if not isolated:
            return Ruling(
                direction, "allowed", f"no policy isolates {workload} for {direction}", remarks=remarks
            )
        return self._refused(flow, workload, direction, hits)

    def _limited(
        self, flow: Flow, direction: Direction, conditions: Sequence[Condition], hits: _Hits
    ) -> Ruling:
        passing = [one for one in conditions if one.limit.judge(flow) is not False]
        limits = tuple(dict.fromkeys(one.limit.text for one in passing or conditions))
        places = tuple(dict.fromkeys(one.item.place for one in passing or conditions))
        remarks = self._remarks(places, hits)
        if not passing:
            reason = f"the port is open, but only for {' or '.join(limits)}"
            change = f"add the request to {places[0]}"
            return Ruling(direction, "denied", reason, places, change=change, remarks=remarks)
        if any(one.limit.judge(flow) for one in passing):
            return Ruling(direction, "allowed", "a rule allows the request", places, remarks=remarks)
        reason = f"a rule allows it, but only {' or '.join(limits)}"
        return Ruling(direction, "allowed", reason, places, limits, remarks=remarks)

    def _remarks(self, places: Iterable[Place], hits: _Hits) -> tuple[str, ...]:
        learned = hits.learned is not None and not self._named_places.isdisjoint(places)
        return (
            *hits.maybe,
            *([f"Cilium learns the addresses of the name from {hits.learned}"] if learned else ()),
        )

    def _refused(self, flow: Flow, workload: Workload, direction: Direction, hits: _Hits) -> Ruling:
        remarks = tuple(hits.maybe)
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
            item.place
            for rule in self.rules
            for item in rule.items("egress")
            if item.item.peer_kind == "to_fqdns"
        )

    def required(self, workload: Workload, direction: Direction) -> dict[bool, list[Matcher]]:
        """What the rules for a pod require of every peer that labels choose; for denials under True."""
        found: dict[bool, list[Matcher]] = {True: [], False: []}
        for rule in self.selecting(workload):
            for item in rule.items(direction):
                found[item.denies] += item.required
        return found

    def dns_query_places(self, workload: Workload, name: str) -> list[Place]:
        """The items that let a pod ask DNS for *name* while Cilium reads the answers."""
        return self._dns_queries.places(self.selecting(workload), name)

    @cached_property
    def _dns_queries(self) -> DnsQueries:
        return DnsQueries(self.names, self.labels_of, self.version)
