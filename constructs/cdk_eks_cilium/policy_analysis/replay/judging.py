"""What proposed policies say of a conversation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from cdk_eks_cilium.policy_analysis.evaluation import Evaluation, Explanation, Flow, Ruling
from cdk_eks_cilium.policy_analysis.flows import Conversation, Party

from .cluster import SeenCluster

EVERY_NAME: Final = "DNS *"
"""The words of the evaluation for a DNS rule that lets every question through."""

Requested = tuple[Party, Party, str, int]
"""Between whom, and where, requests were recorded."""


@dataclass(frozen=True)
class Verdicts:
    """The answer of policies for a conversation.

    Attributes:
        egress: The ruling where the source is; None if the source is not a pod.
        ingress: The ruling where the destination is; None if the destination is not a pod.
    """

    egress: Ruling | None
    ingress: Ruling | None


@dataclass(frozen=True)
class Judge:
    """Judges conversations.

    Attributes:
        evaluation: The policies.
        cluster: The pods of the conversations.
        requested: Where requests were recorded, so that they are judged one by one.
    """

    evaluation: Evaluation
    cluster: SeenCluster
    requested: frozenset[Requested]

    def judge(self, conversation: Conversation) -> Verdicts:
        """Judge a conversation. An address passes if one of its names may pass, as in Cilium."""
        found = min(self._explanations(conversation), key=_rank)
        return Verdicts(self._settled(found.egress, conversation), self._settled(found.ingress, conversation))

    def _explanations(self, conversation: Conversation) -> Iterable[Explanation]:
        # Rules know callers by their addresses alone.
        source = replace(conversation.source, names=())
        (begins,) = self.cluster.endpoints(source if source.kind == "world" else conversation.source)
        for ends in self.cluster.endpoints(conversation.destination):
            flow = Flow(begins, ends, conversation.port, conversation.protocol, http=conversation.request)
            yield self.evaluation.explain(flow)

    def _settled(self, ruling: Ruling | None, conversation: Conversation) -> Ruling | None:
        """The ruling with an answer for its conditions."""
        if ruling is None:
            return None
        if ruling.verdict == "denied" and conversation.is_redacted and "with headers" in ruling.reason:
            return replace(ruling, verdict="unknown", missing=("headers, which Hubble redacted",))
        if ruling.verdict != "allowed" or not ruling.limits:
            return ruling
        if conversation.question is not None and ruling.direction == "egress":
            return self._asked(ruling, conversation)
        if conversation.request is None and conversation.question is None:
            if EVERY_NAME in ruling.limits or place_of(conversation) in self.requested:
                return ruling
            missing = "requests, which were not recorded"
        else:
            missing = "what the record of the request does not say"
        return replace(ruling, verdict="unknown", missing=(missing,))

    def _asked(self, ruling: Ruling, conversation: Conversation) -> Ruling:
        (asking,) = self.cluster.endpoints(conversation.source)
        assert asking.workload is not None
        assert conversation.question is not None
        places = self.evaluation.dns_query_places(asking.workload, conversation.question)
        deciding = tuple(place for place in places if place in ruling.deciding)
        if deciding:
            return replace(ruling, deciding=deciding, limits=())
        reason = f"the port is open, but only for {' or '.join(ruling.limits)}"
        return replace(ruling, verdict="denied", reason=reason, limits=())


def requested_of(conversation: Conversation) -> Requested | None:
    """Where a recorded request was seen; None for other records."""
    if conversation.request is None and conversation.question is None:
        return None
    return place_of(conversation)


def place_of(conversation: Conversation) -> Requested:
    """Between whom, and where, a conversation is."""
    return conversation.source, conversation.destination, conversation.protocol, conversation.port


def _rank(explanation: Explanation) -> int:
    return ("allowed", "unknown", "denied").index(explanation.verdict)
