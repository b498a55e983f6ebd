"""The answer for one direction of a flow, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from cdk_eks_cilium.policy_analysis.workloads import Workload
from cdk_eks_cilium.versions import behaviour
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .advice import change_for_allow, change_for_deny
from .compiled import CompiledRule, Direction, Place
from .dns_queries import DnsAnswers
from .explanation import Ruling
from .flow import Flow
from .meaning import all_of
from .merging import Condition
from .nearness import near_misses
from .ports import Limit
from .weighing import Candidate, Isolation, Weighed, agree, passes, weigh


@dataclass
class Hits:
    """The rules that matter for one direction of a flow.

    Attributes:
        candidates: The items that are, or may be, for the flow.
        remarks: What else the answer depends on.
        near: Allows that are not for the flow, for advice.
        unlearned: Items for the name of the flow, whose addresses Cilium does not learn.
        learned: The item by which Cilium learns the addresses of the name.
    """

    candidates: list[Candidate] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    near: list[Candidate] = field(default_factory=list)
    unlearned: list[Place] = field(default_factory=list)
    learned: Place | None = None

    @property
    def denied(self) -> list[Place]:
        """The denials that are known to be for the flow."""
        return [one.item.place for one in self.candidates if one.item.denies and one.is_sure]

    def add(
        self, one: Candidate, flow: Flow, asked: DnsAnswers | None, version: CiliumVersion | None
    ) -> None:
        """Sort an item in; *asked*: whether the pod may ask for the name of the other side."""
        item = one.item
        through = tuple(gate for gate in one.gates if (flow.protocol, flow.port) in gate.ports)
        if one.meant.matches is False or not through:
            if not item.denies:
                self.near.append(one)
            return
        if item.denies and one.is_sure:
            older = not behaviour.policy.RANGES_DENIED.holds(version)
            if older and "_cidr" in (item.peer_kind or ""):
                fixed = " and ".join(behaviour.policy.RANGES_DENIED.backports)
                self.remarks.append(
                    f"{item.place} denies a range, and before Cilium {fixed} an allowed range wins"
                )
        one = with_answers(one, asked)
        if one.meant.matches is False:
            self.unlearned.append(item.place)
            return
        self.candidates.append(replace(one, gates=through))


@dataclass(frozen=True)
class DirectionJudge:
    """Answers for one direction of a flow.

    Attributes:
        flow: The flow.
        workload: The pod whose policies decide.
        direction: The direction.
        hits: The rules that matter.
        isolation: Whether the pod refuses what nothing allows.
        isolating: The rules that are known to isolate it.
        version: The release of Cilium; None for the newest.
    """

    flow: Flow
    workload: Workload
    direction: Direction
    hits: Hits
    isolation: Isolation
    isolating: Sequence[CompiledRule]
    version: CiliumVersion | None

    def ruling(self) -> Ruling:
        """The answer."""
        flow, hits, direction = self.flow, self.hits, self.direction
        if hits.denied:
            places = tuple(hits.denied)
            reason = "a rule denies it, and a denial wins over every allow"
            change, remarks = change_for_deny(places), tuple(hits.remarks)
            return Ruling(direction, "denied", reason, places, change=change, remarks=remarks)
        weighed = weigh(hits.candidates, self.isolation, self.version, (flow.protocol, flow.port))
        holds = partial(_holds, flow=flow, version=self.version)
        verdict, limits = agree([passes(one, holds) for one in weighed.worlds])
        if verdict == "unknown":
            return self._unknown(weighed)
        if limits:
            hits.remarks += _doubts(weighed)
        conditions = limits or next((one.conditions for one in weighed.worlds if one.conditions), ())
        if conditions:
            return self._limited(conditions)
        if verdict == "denied":
            return self._refused()
        return self._open()

    def _open(self) -> Ruling:
        direction, hits, workload = self.direction, self.hits, self.workload
        plain = [one for one in hits.candidates if any(gate.limit is None for gate in one.gates)]
        sure = tuple(one.item.place for one in plain if one.is_sure)
        if sure:
            return Ruling(direction, "allowed", "a rule allows it", sure, remarks=self._remarks(sure))
        if self.isolation.possible and plain:
            places = tuple(one.item.place for one in plain)
            reason = f"a rule that may select {workload} allows it, and without the rule nothing isolates it"
            return Ruling(direction, "allowed", reason, places, remarks=self._remarks(places))
        reason = f"no policy isolates {workload} for {direction}"
        return Ruling(direction, "allowed", reason, remarks=tuple(hits.remarks))

    def _unknown(self, weighed: Weighed) -> Ruling:
        return Ruling(
            self.direction,
            "unknown",
            f"it depends on {' and '.join(weighed.missing)}, which nobody described",
            weighed.places,
            remarks=(*_doubts(weighed), *self.hits.remarks),
            missing=weighed.missing,
        )

    def _limited(self, conditions: Sequence[Condition]) -> Ruling:
        flow, direction = self.flow, self.direction
        judged = [(one, one.limit.judge(flow, self.version)) for one in conditions]
        passing = [one for one, answer in judged if answer is not False]
        limits = tuple(dict.fromkeys(one.limit.text for one in passing or conditions))
        places = tuple(dict.fromkeys(one.item.place for one in passing or conditions))
        remarks = self._remarks(places)
        if not passing:
            reason = f"the port is open, but only for {' or '.join(limits)}"
            change = f"add the request to {places[0]}"
            return Ruling(direction, "denied", reason, places, change=change, remarks=remarks)
        if any(answer for _, answer in judged):
            return Ruling(direction, "allowed", "a rule allows the request", places, remarks=remarks)
        doubts = dict.fromkeys(text for one in passing for text in one.limit.doubts(flow, self.version))
        if doubts:
            reason, missing = "a rule may allow the request, and that is not known", tuple(doubts)
            return Ruling(direction, "unknown", reason, places, limits, remarks=remarks, missing=missing)
        reason = f"a rule allows it, but only {' or '.join(limits)}"
        return Ruling(direction, "allowed", reason, places, limits, remarks=remarks)

    def _remarks(self, places: Iterable[Place]) -> tuple[str, ...]:
        remarks, learned = self.hits.remarks, self.hits.learned
        named = {one.item.place for one in self.hits.candidates if one.item.peer_kind == "to_fqdns"}
        if learned is not None and not named.isdisjoint(places):
            remarks = [*remarks, f"Cilium learns the addresses of the name from {learned}"]
        return tuple(remarks)

    def _refused(self) -> Ruling:
        direction, hits, workload = self.direction, self.hits, self.workload
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
        nearest = next(map(str, near_misses(hits.near, self.flow, direction)), "")
        return Ruling(
            direction,
            "denied",
            f"policies isolate {workload} for {direction}, and no rule allows it"
            if self.isolating
            else "the agents refuse what no rule allows (policyEnforcementMode always)",
            tuple(rule.place for rule in self.isolating),
            change=change_for_allow(self.flow, workload, direction, nearest),
            remarks=remarks,
        )


def with_answers(one: Candidate, asked: DnsAnswers | None) -> Candidate:
    """An item for names means only names whose addresses Cilium learns."""
    if asked is None or one.item.peer_kind != "to_fqdns":
        return one
    return replace(one, meant=all_of([one.meant, asked.meaning]))


def _holds(limit: Limit, flow: Flow, version: CiliumVersion | None) -> bool | None:
    return limit.judge(flow, version)


def _doubts(weighed: Weighed) -> Iterator[str]:
    """What makes an answer unknown, in words."""
    for one in weighed.unsure:
        verb = "deny" if one.item.denies else "allow"
        yield f"{one.item.place} may {verb} it: that depends on {' and '.join(dict.fromkeys(one.missing))}"
    for rule, meaning in weighed.only_isolating:
        yield f"{rule.place} may isolate the pod: that depends on {meaning.why}"
