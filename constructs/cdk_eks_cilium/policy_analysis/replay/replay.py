"""The replay: recorded flows, one batch after the other, against proposed policies.

A record tells what policies did on the side where it was seen. Policies of the other side count where the
record tells that the packet got past them: what arrives at a destination has left its source.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from cdk_eks_cilium.policy.model import Policy
from cdk_eks_cilium.policy_analysis.evaluation import Enforcement, Evaluation, HttpRequest, Ruling
from cdk_eks_cilium.policy_analysis.flows import Conversation, Party, Recording, Sighting, Tally
from cdk_eks_cilium.policy_analysis.workloads import Inventory
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .address_classes import AddressClasses
from .cluster import SeenCluster
from .header_names import header_names
from .judging import Judge, Requested, Verdicts, place_of, requested_of
from .port_classes import PortClasses
from .report import FlowGroup, Kind, ReplayReport, group_name

_Question = tuple[Party, Party, str, int, HttpRequest | None, str | None, bool]


class Replay:
    """Replays flows against policies.

    Args:
        policies: The proposed policies, all of the cluster's: what nothing isolates is open.
        inventory: What files describe beyond the flows, such as names of ports. By default nothing.
        version: The release of Cilium that is to enforce the policies. By default the newest.
        enforcement: The enforcement mode of the agents.

    Attributes:
        headers: The headers of requests that the policies are about: a `Recording` must keep them.
    """

    def __init__(
        self,
        policies: Iterable[Policy],
        inventory: Inventory | None = None,
        *,
        version: CiliumVersion | None = None,
        enforcement: Enforcement = "default",
    ) -> None:
        self._policies = tuple(policies)
        self.headers = header_names(self._policies)
        self._version = version
        self._enforcement = enforcement
        self._cluster = SeenCluster(inventory or Inventory())
        self._classes = AddressClasses(self._policies, inventory or Inventory())
        self._ports = PortClasses(self._policies, inventory or Inventory())
        self._requested: set[Requested] = set()

    def run(self, recording: Recording) -> ReplayReport:
        """Replay a recording.

        Raises:
            CallError: If a file cannot be read.
        """
        report = ReplayReport()
        for batch in recording.batches():
            self._judge(batch, report)
        for reason, tally in recording.reasons.items():
            report.refuse(reason, tally.records)
        return report

    def _judge(self, batch: Sequence[Tally], report: ReplayReport) -> None:
        seen = [(tally, tally.sighting) for tally in batch if tally.sighting is not None]
        conversations = {sighting.conversation: None for _, sighting in seen}
        self._cluster.meet(side for one in conversations for side in (one.source, one.destination))
        alike = map(self._classes.stand_in, conversations)
        self._requested |= {found for one in alike if (found := requested_of(one)) is not None}
        judge = Judge(self._evaluation(), self._cluster, frozenset(self._requested))
        arrived = {sighting.conversation for _, sighting in seen if sighting.direction == "ingress"}
        answers: dict[_Question, Verdicts] = {}
        for tally, sighting in seen:
            conversation = sighting.conversation
            sides = (conversation.source, conversation.destination)
            if all(map(self._cluster.foreign, sides)):
                report.refuse("between pods of other clusters, whose policies decide", tally.records)
                continue
            stand_in = self._classes.stand_in(conversation)
            question = self._question(stand_in)
            answer = answers.get(question)
            if answer is None:
                answer = answers[question] = judge.judge(stand_in)
            change = _change(sighting, answer, was_seen_arriving=conversation in arrived)
            if change is None:
                report.same += tally.records
            else:
                report.add(self._group(sighting, *change), tally)
        report.conversations += len(conversations)

    def _question(self, one: Conversation) -> _Question:
        """Equal for conversations with one answer: policies do not tell their ports apart."""
        number = self._ports.number(one.protocol, one.port)
        was_requested = place_of(one) in self._requested
        return one.source, one.destination, one.protocol, number, one.request, one.question, was_requested

    def _group(self, sighting: Sighting, kind: Kind, ruling: Ruling) -> FlowGroup:
        conversation = sighting.conversation
        reason = ruling.reason
        if kind == "unknown":
            reason = "; ".join(ruling.missing or ruling.remarks or (ruling.reason,))
        return FlowGroup(
            kind,
            sighting.outcome,
            self._name(conversation.source),
            self._name(conversation.destination),
            conversation.protocol,
            conversation.port,
            ruling.direction,
            tuple(map(str, ruling.deciding)),
            reason,
        )

    def _name(self, party: Party) -> str:
        cluster = self._cluster.foreign(party)
        return f"{group_name(party)} of cluster {cluster}" if cluster else group_name(party)

    def _evaluation(self) -> Evaluation:
        return Evaluation(
            self._policies, self._cluster.inventory, version=self._version, enforcement=self._enforcement
        )


def _change(sighting: Sighting, answer: Verdicts, *, was_seen_arriving: bool) -> tuple[Kind, Ruling] | None:
    """What would change, and the ruling that decides it; None if nothing would."""
    here = answer.egress if sighting.direction == "egress" else answer.ingress
    passed = [answer.egress] if sighting.direction == "ingress" else []
    if sighting.outcome != "denied":
        return _of_passing([*passed, here], answer, sighting, was_seen_arriving)
    rulings = [answer.egress, answer.ingress]
    if any(each is not None and each.verdict == "denied" for each in rulings):
        return None
    unknown = next((each for each in rulings if each is not None and each.verdict == "unknown"), None)
    if unknown is not None:
        return "unknown", unknown
    return ("opened", here) if here is not None else None


def _of_passing(
    rulings: Sequence[Ruling | None], answer: Verdicts, sighting: Sighting, was_seen_arriving: bool
) -> tuple[Kind, Ruling] | None:
    kinds: tuple[Kind, ...] = ("denied", "unknown")
    for kind in kinds:
        for ruling in rulings:
            if ruling is not None and ruling.verdict == kind:
                return kind, ruling
    there = answer.ingress
    if sighting.direction == "egress" and not was_seen_arriving and there is not None and not there.allowed:
        missing = ("what its destination did, which no record shows",)
        return "unknown", replace(there, missing=(*missing, *there.missing))
    return None
