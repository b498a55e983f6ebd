"""How many nodes a group has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cdk_eks_cilium.problems import Problem


@dataclass(frozen=True, kw_only=True)
class GroupSize:
    """The fewest, the most and the first nodes of a group.

    Attributes:
        min_size: Fewest nodes.
        max_size: Most nodes, at least one.
        desired_size: Nodes at creation; without effect on a group that exists. By default *min_size*.
    """

    min_size: int
    max_size: int
    desired_size: int | None = None

    @property
    def initial(self) -> int:
        """Nodes at creation."""
        return self.min_size if self.desired_size is None else self.desired_size

    def problems(self, place: str) -> Iterator[Problem]:
        """Yield a problem for each number that is out of order.

        Args:
            place: The text before the name of the number: ``node_groups[0].`` or ``Stack/Workers: ``.
        """
        if self.max_size < 1:
            yield Problem(f"{place}max_size", "must be 1 or more", self.max_size, id="CEK3048")
        elif not 0 <= self.min_size <= self.max_size:
            rule = f"must be from 0 to max_size, which is {self.max_size}"
            yield Problem(f"{place}min_size", rule, self.min_size, "lower it or raise max_size", id="CEK3049")
        elif not self.min_size <= self.initial <= self.max_size:
            rule = f"must be from min_size to max_size, {self.min_size} to {self.max_size}"
            fix = "leave it out to start with min_size"
            yield Problem(f"{place}desired_size", rule, self.desired_size, fix, id="CEK3050")
