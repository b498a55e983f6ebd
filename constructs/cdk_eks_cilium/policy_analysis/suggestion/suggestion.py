"""The suggestion: policies for what was seen, or for what existing policies lack of it, with their proof."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cdk_eks_cilium.policy.model import CiliumNetworkPolicy, Policy
from cdk_eks_cilium.policy_analysis.evaluation import Direction, Enforcement, Evaluation
from cdk_eks_cilium.policy_analysis.flows import Conversation, Party
from cdk_eks_cilium.policy_analysis.replay.cluster import SeenCluster
from cdk_eks_cilium.policy_analysis.replay.judging import Judge, requested_of
from cdk_eks_cilium.policy_analysis.workloads import Inventory
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .assembling import Assembly
from .draft import SuggestedPolicy
from .needs import SeenConversations
from .proof import Proof, conversation_order, prove
from .stable_labels import StableLabels

DEFAULT_DENY: Final = "default-deny"
"""The name of the policy that shuts a namespace."""

DIRECTIONS: Final[tuple[Direction, ...]] = ("egress", "ingress")


@dataclass(frozen=True)
class Suggestion:
    """Suggested policies.

    Attributes:
        policies: One for each workload that needs one, in order.
        proof: What they do, with the existing policies.
        notes: What people must know of them.
    """

    policies: tuple[SuggestedPolicy, ...]
    proof: Proof
    notes: tuple[str, ...]

    def made(self) -> list[CiliumNetworkPolicy]:
        """The policies."""
        return [each.made() for each in self.policies]

    def as_json(self) -> dict[str, Any]:
        """The suggestion as plain data."""
        return {
            "policies": [
                {"policy": each.made().manifest(), "wider": list(each.wider)} for each in self.policies
            ],
            "proof": self.proof.as_json(),
        }


def suggest(
    seen: SeenConversations,
    existing: Iterable[Policy] = (),
    inventory: Inventory | None = None,
    *,
    version: CiliumVersion | None = None,
    enforcement: Enforcement = "default",
    namespaces: Iterable[str] = (),
    default_deny: bool = False,
    keep_open: bool = False,
) -> Suggestion:
    """Suggest policies.

    Args:
        seen: The conversations.
        existing: The policies that exist: only what they refuse is suggested. Where they leave pods open
            nothing is missing, and nothing is shut.
        inventory: What files describe beyond the flows. By default nothing.
        version: The release of Cilium that is to enforce the policies. By default the newest.
        enforcement: The enforcement mode of the agents.
        namespaces: Suggest only for workloads of these. By default for all.
        default_deny: Whether to shut every namespace that gets a policy, for pods that no flow shows.
        keep_open: Whether a direction stays open in which a workload was not seen; always with existing
            policies.
    """
    given = tuple(existing)
    cluster = SeenCluster(inventory or Inventory())
    cluster.meet(side for one in seen.passing for side in (one.source, one.destination))
    own = [one for one in seen.passing if not all(map(cluster.foreign, (one.source, one.destination)))]
    own.sort(key=conversation_order)
    parties = {side for one in own for side in (one.source, one.destination) if side.kind == "pod"}
    local, of_clusters = _labels_by_cluster(parties, cluster, inventory or Inventory())
    assembly = Assembly(
        local,
        cluster.foreign,
        of_clusters,
        frozenset(namespaces),
        frozenset(f"{one.namespace}/{one.name}" for one in given if isinstance(one, CiliumNetworkPolicy)),
    )
    evaluation = Evaluation(given, cluster.inventory, version=version, enforcement=enforcement)
    unknown: list[str] = []
    for conversation, direction in _refused(own, evaluation, cluster, unknown) if given else _all(own):
        assembly.need(direction, conversation, with_request=direction in seen.passing[conversation])
    drafts = assembly.policies(() if keep_open or given else DIRECTIONS)
    if default_deny:
        drafts = [*_shut(drafts, given), *drafts]
    made = [draft.made() for draft in drafts]
    proof = prove([*given, *made], cluster, own, version=version, enforcement=enforcement)
    notes = [*_notes(seen, own, assembly), *unknown]
    if not (seen.forwarded or given) and seen.passing:
        notes.append(
            "no flow passed without audit mode: name the policies in force, or what they allow is shut"
        )
    return Suggestion(tuple(drafts), proof, tuple(notes))


def _labels_by_cluster(
    parties: Iterable[Party], cluster: SeenCluster, described: Inventory
) -> tuple[StableLabels, dict[str, StableLabels]]:
    """How to choose pods of this cluster, and of each other one."""
    groups: dict[str, list[Party]] = {}
    for party in parties:
        groups.setdefault(cluster.foreign(party), []).append(party)
    local = StableLabels(groups.pop("", []), described)
    return local, {name: StableLabels(some, Inventory()) for name, some in groups.items()}


def _all(conversations: Iterable[Conversation]) -> Iterable[tuple[Conversation, Direction]]:
    for one in conversations:
        for direction in DIRECTIONS:
            yield one, direction


def _refused(
    conversations: Sequence[Conversation], evaluation: Evaluation, cluster: SeenCluster, unknown: list[str]
) -> Iterable[tuple[Conversation, Direction]]:
    """What existing policies refuse; *unknown* gets what they may refuse, as notes."""
    requested = frozenset(found for one in conversations if (found := requested_of(one)) is not None)
    judge = Judge(evaluation, cluster, requested)
    for one in conversations:
        answer = judge.judge(one)
        for direction in DIRECTIONS:
            ruling = answer.egress if direction == "egress" else answer.ingress
            if ruling is None or ruling.allowed:
                continue
            if ruling.verdict == "unknown":
                unknown.append(
                    f"existing policies may refuse {one} in {direction}: {'; '.join(ruling.missing)}"
                )
            else:
                yield one, direction


def _shut(drafts: Iterable[SuggestedPolicy], existing: Iterable[Policy]) -> list[SuggestedPolicy]:
    taken = {(one.namespace, one.name) for one in existing if isinstance(one, CiliumNetworkPolicy)}
    return [
        SuggestedPolicy(DEFAULT_DENY, namespace, (), ())
        for namespace in sorted({draft.namespace for draft in drafts})
        if (namespace, DEFAULT_DENY) not in taken
    ]


def _notes(seen: SeenConversations, own: Sequence[Conversation], assembly: Assembly) -> Iterable[str]:
    yield from assembly.notes
    if seen.refused:
        yield f"conversations left out, which policies refused: {seen.refused:,}; --dropped allows them"
    if foreign := len(seen.passing) - len(own):
        yield f"conversations left out, because they are between pods of other clusters: {foreign:,}"
    if seen.further:
        yield f"flows left out, because there are too many conversations: {seen.further:,}"
