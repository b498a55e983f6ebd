"""In which order Cilium and Kubernetes go up, so that each state between is one that Cilium tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cdk_eks_cilium.values.upgrade import path
from cdk_eks_cilium.versions.cilium import CiliumVersion
from cdk_eks_cilium.versions.kubernetes import minor_of

_AHEAD: Final = 1
"""The cost of a state one minor above what Cilium tests, which is a note: see `versions.pairing`."""
_UNTESTED: Final = 100
"""The cost of any other state that Cilium does not test, for each minor that it is away."""


@dataclass(frozen=True)
class Stop:
    """A state of the cluster on the way.

    Attributes:
        cilium: The release of Cilium.
        kubernetes: The minor of Kubernetes.
    """

    cilium: CiliumVersion
    kubernetes: str

    @property
    def cost(self) -> int:
        """How far the pair is from what Cilium tests; 0 for a tested pair."""
        oldest, newest = map(minor_of, self.cilium.tested_kubernetes)
        minor = minor_of(self.kubernetes)
        if oldest <= minor <= newest:
            return 0
        return _AHEAD if minor == newest + 1 else _UNTESTED * max(oldest - minor, minor - newest)


# belief: CILIUM-one-minor, EKS-one-minor
def route(start: Stop, goal: Stop) -> tuple[Stop, ...]:
    """The states from *start* to *goal*, both included; each step changes one of the two, by one minor.

    Among all orders it is one whose states are closest to what Cilium tests. Among equals Cilium goes first:
    a newer Cilium closes no way back of Kubernetes that is not open yet.
    """
    ciliums = [start.cilium, *(after for _, after in path(start.cilium, goal.cilium))]
    if start.cilium == goal.cilium:
        ciliums = [start.cilium]
    kubernetes = [f"1.{minor}" for minor in range(minor_of(start.kubernetes), minor_of(goal.kubernetes) + 1)]
    return _cheapest([[Stop(each, minor) for minor in kubernetes] for each in ciliums])


def _cheapest(states: Sequence[Sequence[Stop]]) -> tuple[Stop, ...]:
    """The cheapest way through a table of states, from the first corner to the last one."""
    rows, columns = len(states), len(states[0])
    costs: dict[tuple[int, int], int] = {}
    for row in reversed(range(rows)):
        for column in reversed(range(columns)):
            after = [costs[place] for place in ((row + 1, column), (row, column + 1)) if place in costs]
            costs[row, column] = states[row][column].cost + min(after, default=0)
    row = column = 0
    way = [states[0][0]]
    while (row, column) != (rows - 1, columns - 1):
        up, right = costs.get((row + 1, column)), costs.get((row, column + 1))
        if right is None or (up is not None and up <= right):
            row += 1
        else:
            column += 1
        way.append(states[row][column])
    return tuple(way)
