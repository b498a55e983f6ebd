"""What the policies of each workload must allow, from the flows that were seen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from cdk_eks_cilium.policy_analysis.evaluation import Direction, HttpRequest
from cdk_eks_cilium.policy_analysis.flows import Conversation, Recording

MOST_CONVERSATIONS = 200_000
"""Conversations that are kept; more would be another kind of recording."""


@dataclass
class SeenConversations:
    """The conversations of a recording.

    Attributes:
        passing: Those that policies are to allow, each with the sides where it was seen.
        forwarded: Whether any flow passed without audit mode.
        refused: How many are left out, because policies refused them.
        further: How many records are left out, because there are too many conversations.
        unjudged: How many records tell nothing about policies, by reason.
    """

    passing: dict[Conversation, frozenset[Direction]] = field(default_factory=dict)
    forwarded: bool = False
    refused: int = 0
    further: int = 0
    unjudged: dict[str, int] = field(default_factory=dict)


def conversations_of(recording: Recording, *, dropped: bool = False) -> SeenConversations:
    """Read a recording.

    A conversation passes if it was seen to arrive, or to leave its source without being refused where it
    arrived: then the record of its destination is missing.

    Args:
        recording: The flows.
        dropped: Whether to allow also what policies refused.

    Raises:
        CallError: If a file cannot be read.
    """
    outcomes: dict[Conversation, set[tuple[Direction, bool]]] = {}
    seen = SeenConversations()
    for batch in recording.batches():
        for tally in batch:
            if tally.sighting is None:
                continue
            seen.forwarded |= tally.sighting.outcome == "forwarded"
            plain = _without_secrets(tally.sighting.conversation)
            if plain not in outcomes and len(outcomes) >= MOST_CONVERSATIONS:
                seen.further += tally.records
                continue
            outcome = (tally.sighting.direction, tally.sighting.outcome != "denied")
            outcomes.setdefault(plain, set()).add(outcome)
    for conversation, found in outcomes.items():
        if dropped or _passes(found):
            seen.passing[conversation] = frozenset(direction for direction, _ in found)
        else:
            seen.refused += 1
    seen.unjudged = {reason: tally.records for reason, tally in recording.reasons.items()}
    return seen


def _passes(outcomes: Iterable[tuple[Direction, bool]]) -> bool:
    found = set(outcomes)
    return ("ingress", True) in found or (("egress", True) in found and ("ingress", False) not in found)


def _without_secrets(conversation: Conversation) -> Conversation:
    """A conversation without headers and host of its request: they hold tokens, and no rule gets them."""
    request = conversation.request
    if request is None:
        return conversation
    return replace(conversation, request=HttpRequest(request.method, request.path))
