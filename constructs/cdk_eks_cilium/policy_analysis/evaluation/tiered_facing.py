"""ClusterNetworkPolicies over what other policies let through, for all other sides at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from cdk_eks_cilium.policy_analysis.workloads import Workload

from .classes import SideClasses
from .compiled import CompiledItem, Direction
from .evaluation import Evaluation
from .flow import Endpoint
from .index import members
from .meaning import Meaning
from .reach import Passage
from .tier_rules import TierRule
from .tiers import TIERS, Explicit


@dataclass(frozen=True)
class FacingPart:
    """Other sides for which a pod's policies say the same.

    Attributes:
        classes: Their classes.
        passage: What policies without tiers let through.
        explicit: The ports that these policies name.
    """

    classes: int
    passage: Passage
    explicit: Explicit = field(default_factory=Explicit)


class FacingTiers:
    """Lays tiers over one direction.

    Args:
        evaluation: The policies and their inventory.
        classes: The sides.
        direction: The direction.
    """

    def __init__(self, evaluation: Evaluation, classes: SideClasses, direction: Direction) -> None:
        self._evaluation = evaluation
        self._classes = classes
        self._direction = direction

    @property
    def any(self) -> bool:
        """Whether there are tiers."""
        return bool(self._evaluation.tiers.policies)

    def choosing(self, workload: Workload) -> list[tuple[TierRule, Meaning]]:
        """The rules whose policies select, or may select, a pod."""
        if not self.any:
            return []
        tiers, labels = self._evaluation.tiers, self._evaluation.labels_of(Endpoint.pod(workload))
        return [one for tier in TIERS for one in tiers.choosing(workload, labels, tier, self._direction)]

    def has_names(self, workload: Workload) -> bool:
        """Whether one of these rules names ports."""
        return any(item.has_names for item in self._items(workload))

    def over(self, workload: Workload, part: FacingPart) -> Iterator[tuple[int, Passage]]:
        """What stands in the end for a part, by classes."""
        if not self.choosing(workload):
            yield part.classes, part.passage
            return
        evaluation, subject = self._evaluation, Endpoint.pod(workload)
        for classes in self._alike(workload, part.classes):
            other = self._classes.firsts[(classes & -classes).bit_length() - 1]
            owner = workload if self._direction == "ingress" else other.workload
            receiver = evaluation.names.receiver(self._direction, owner)
            pair = evaluation.tier_pair(subject, other, self._direction, receiver)
            yield classes, evaluation.tiers.passage(self._direction, pair, part.passage, part.explicit)

    def _items(self, workload: Workload) -> Iterator[CompiledItem]:
        for rule, _ in self.choosing(workload):
            yield from rule.items

    def _alike(self, workload: Workload, classes: int) -> Iterator[int]:
        """Parts of some classes that the rules mean alike."""
        parts = [classes]
        alone = self._classes.outside
        for item in self._items(workload):
            sure, possible = self._classes.meant(item)
            # What a doubtful side misses is its own.
            alone |= possible & ~sure
            parts = [piece for one in parts for piece in (one & sure, one & ~sure) if piece]
        if self._direction == "egress" and self.has_names(workload):
            named = [some for some, _ in self._classes.receivers]
            parts = [piece for one in parts for some in named if (piece := one & some)]
        for one in parts:
            yield from (1 << number for number in members(one & alone))
            if one & ~alone:
                yield one & ~alone
