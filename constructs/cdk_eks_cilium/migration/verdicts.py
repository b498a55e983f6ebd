"""Who may reach whom while some pods have aws-node and others Cilium.

Each side of a connection is judged by what enforces policies on its node. On an old node that is aws-node's
own engine, where it is on: a controller in EKS's control plane resolves NetworkPolicies to pods' addresses
(PolicyEndpoints), of old pods and new ones alike, and the agent enforces them. It does not know Cilium's
policies. On a new node it is Cilium, which enforces both kinds, and to which an old pod has no labels.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from cdk_eks_cilium.policy.documents import Document, load_policies
from cdk_eks_cilium.policy_analysis import Endpoint, Evaluation, Flow, inventory
from cdk_eks_cilium.policy_analysis.endpoint_view import endpoint_views
from cdk_eks_cilium.versions import CiliumVersion

from .old_pods import old_pods_policy

Side = Literal["old", "new"]
Placement = tuple[Side, Side]

PLACEMENTS: Final[tuple[Placement, ...]] = (("old", "old"), ("old", "new"), ("new", "old"), ("new", "new"))
"""Where source and destination may be: the first as before the migration, the last as after it."""

_UNMANAGED: Final = Endpoint.entity("unmanaged")


@dataclass(frozen=True)
class VerdictChange:
    """A connection whose verdict is another during or after the move.

    Attributes:
        flow: The connection.
        before: Whether it may pass between old pods.
        verdicts: Whether it may pass, by where source and destination are.
    """

    flow: Flow
    before: bool
    verdicts: dict[Placement, bool]

    @property
    def opens(self) -> tuple[Placement, ...]:
        """Where it passes, though it did not before."""
        return tuple(place for place, allowed in self.verdicts.items() if allowed and not self.before)

    @property
    def closes(self) -> tuple[Placement, ...]:
        """Where it does not pass, though it did before."""
        return tuple(place for place, allowed in self.verdicts.items() if self.before and not allowed)

    @property
    def passes(self) -> bool:
        """Whether the verdict is as before once the move is over."""
        return self.verdicts["new", "new"] == self.before


class MovingPods:
    """The verdicts of a cluster on the move.

    Args:
        documents: Policies of both kinds, and the pods, namespaces and Services that they are about.
        version: The release of Cilium. By default the newest.
        aws_enforces: Whether aws-node's policy engine is on. Without it, old pods are open.
        admit_old_pods: Whether Cilium admits old pods, as `CiliumMigration` lets it by default.

    Raises:
        InputError: For everything wrong in the documents.
    """

    def __init__(
        self,
        documents: Sequence[Document],
        *,
        version: CiliumVersion | None = None,
        aws_enforces: bool = True,
        admit_old_pods: bool = True,
    ) -> None:
        known = inventory(documents)
        theirs = list(endpoint_views(documents, version))
        ours = load_policies(documents, version)
        bridge = [old_pods_policy()] if admit_old_pods else []
        self._old = Evaluation(theirs if aws_enforces else [], known, version=version)
        self._moving = Evaluation([*theirs, *ours, *bridge], known, version=version)

    # belief: CILIUM-unmanaged-identity, EKS-policy-engine-by-address
    def allows(self, flow: Flow, source: Side, destination: Side) -> bool:
        """Whether a connection between pods may pass; *source* and *destination* say which CNI they have."""
        # Each side sees the other one: Cilium sees an old pod without its labels.
        other = _UNMANAGED if (source, destination) == ("new", "old") else flow.destination
        egress = self._of(source).explain(replace(flow, destination=other)).egress
        other = _UNMANAGED if (source, destination) == ("old", "new") else flow.source
        ingress = self._of(destination).explain(replace(flow, source=other)).ingress
        return all(verdict is None or verdict.allowed for verdict in (egress, ingress))

    def change(self, flow: Flow) -> VerdictChange:
        """The verdicts of a connection in each placement of its sides."""
        verdicts = {places: self.allows(flow, *places) for places in PLACEMENTS}
        return VerdictChange(flow, verdicts["old", "old"], verdicts)

    def changes(self, flows: Iterable[Flow]) -> Iterator[VerdictChange]:
        """The connections whose verdict is not the same all the time."""
        for flow in flows:
            change = self.change(flow)
            if change.opens or change.closes:
                yield change

    def _of(self, side: Side) -> Evaluation:
        return self._old if side == "old" else self._moving
