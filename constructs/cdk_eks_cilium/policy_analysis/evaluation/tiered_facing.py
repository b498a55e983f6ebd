"""ClusterNetworkPolicies over what other policies let through, for all other sides at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from cdk_eks_cilium.policy_analysis.workloads import Workload

from .classes import SideClasses
from .compiled import CompiledItem, Direction
from .evaluation import Evaluation
from .flow import Endpoint
from .index import members
from .meaning import Meaning
from .ports import Gate
from .reach import Passage
from .spans import PortSet
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

    def part(
        self,
        workload: Workload,
        sure: Iterable[CompiledItem],
        classes: int,
        passage: Passage,
        receiver: Workload | None,
        *,
        doubtful: bool,
    ) -> FacingPart:
        """Other sides for which a pod's policies say the same, with the ports that the policies name.

        Args:
            workload: The pod.
            sure: The items of its policies that are known to be for the sides.
            classes: The sides.
            passage: What the policies let through.
            receiver: The pod whose names of ports count; None without such a pod.
            doubtful: Whether other items may be for the sides.
        """
        if not self.any:
            return FacingPart(classes, passage)
        if doubtful or self._classes.names & classes:
            return FacingPart(classes, passage, self._explicit(workload, self._first(classes), receiver))
        return FacingPart(classes, passage, Explicit(_union(item.gates(receiver) for item in sure)))

    def _explicit(self, workload: Workload, other: Endpoint, receiver: Workload | None) -> Explicit:
        """The ports that rules for another side name, where it is unknown whether some are for it."""
        found = self._evaluation.possible(workload, other, self._direction, receiver)
        sure, possible = (
            _union(one.gates for one in found if one.is_sure is known) for known in (True, False)
        )
        missing = dict.fromkeys(each for one in found if not one.is_sure for each in one.missing)
        return Explicit(sure, possible, tuple(missing))

    def _first(self, classes: int) -> Endpoint:
        return self._classes.firsts[(classes & -classes).bit_length() - 1]

    def over(self, workload: Workload, part: FacingPart) -> Iterator[tuple[int, Passage]]:
        """What stands in the end for a part, by classes."""
        if not self.choosing(workload):
            yield part.classes, part.passage
            return
        evaluation, subject = self._evaluation, Endpoint.pod(workload)
        for classes in self._alike(workload, part.classes):
            other = self._first(classes)
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


def _union(gates: Iterable[Iterable[Gate]]) -> PortSet:
    return PortSet.union(gate.ports for some in gates for gate in some)
