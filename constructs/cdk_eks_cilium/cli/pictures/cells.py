"""The /28s of a pod subnet, and what each stands for in a picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from itertools import groupby
from typing import Final

from cdk_eks_cilium.addressing import CapacityPlan, PodSubnet, SubnetPlan, Take

_ADDRESSES: Final = 16


@dataclass(frozen=True)
class Kind:
    """What a cell stands for.

    Attributes:
        label: What it is, for the legend.
        fill: Its colour.
    """

    label: str
    fill: str


MINIMUM: Final = Kind("at minimum size", "#0550ae")
MAXIMUM: Final = Kind("up to maximum size", "#4493f8")
SURGE: Final = Kind("during updates", "#b6d7ff")
SPOILED: Final = Kind("lost to interfaces, at worst", "#e0a100")
TAKEN: Final = Kind("taken by others", "#57606a")
KEPT: Final = Kind("kept by AWS", "#9aa4af")
RESERVED: Final = Kind("reserved for prefixes", "#c9ecd3")
FREE: Final = Kind("free", "#e9edf1")
KINDS: Final = (MINIMUM, MAXIMUM, SURGE, SPOILED, TAKEN, KEPT, RESERVED, FREE)


@dataclass(frozen=True)
class Cells:
    """A pod subnet as a row of /28s.

    Attributes:
        kinds: What each /28 stands for.
        plan: What the subnet must hold.
        prefixes: Whether nodes take whole /28s, or single addresses.
    """

    kinds: tuple[Kind, ...]
    plan: SubnetPlan
    prefixes: bool

    @property
    def unit(self) -> str:
        """The unit of the counts."""
        return "/28 blocks" if self.prefixes else "addresses"

    @property
    def usable(self) -> int:
        """How many of them nodes can use."""
        return self.plan.room.blocks if self.prefixes else self.plan.room.loose

    @property
    def missing(self) -> int:
        """How many are missing at maximum size; 0 if it fits."""
        lacking = self.used(self.plan.maximum) - self.usable
        singles = self.plan.maximum.singles + self.plan.maximum.interfaces - self.plan.room.loose
        return max(0, lacking, singles)

    def used(self, take: Take) -> int:
        """Return how many of them *take* costs at worst."""
        return self.plan.room.blocks_used(take) if self.prefixes else take.singles + take.interfaces

    def runs(self) -> Iterator[tuple[Kind, int, int]]:
        """Yield runs of one kind, each with the index of its first cell and the index after its last."""
        at = 0
        for kind, cells in groupby(self.kinds):
            end = at + len(list(cells))
            yield kind, at, end
            at = end


def cells_of(plan: SubnetPlan, capacity: CapacityPlan) -> Cells:
    """Return the cells of a subnet: prefixes take from the front, interfaces spoil from the back."""
    count = max(1, plan.subnet.size // _ADDRESSES)
    if capacity.addressing.prefix_delegation:
        kinds = _with_prefixes(plan, count)
    else:
        kinds = [FREE] * count
        # AWS keeps less than a cell of addresses, which is not shown.
        takes = [plan.subnet.taken, *(plan.subnet.taken + each.addresses for each in _phases(plan))]
        ends = [-(-addresses // _ADDRESSES) for addresses in takes]
        _paint(kinds, range(count), [*zip((TAKEN, MINIMUM, MAXIMUM, SURGE), _steps(ends), strict=True)])
    return Cells(tuple(kinds), plan, capacity.addressing.prefix_delegation)


def _phases(plan: SubnetPlan) -> tuple[Take, Take, Take]:
    return plan.minimum, plan.maximum, plan.surge


def _with_prefixes(plan: SubnetPlan, count: int) -> list[Kind]:
    kinds = [FREE] * count
    kinds[0] = kinds[-1] = KEPT
    reserved = _reserved(plan.subnet, count)
    for at in reserved:
        kinds[at] = RESERVED
    inner = [at for at in range(count) if kinds[at] is not KEPT]
    minimum, maximum, surge = _steps([take.prefixes for take in _phases(plan)])
    spoils = [take.interfaces + take.singles for take in _phases(plan)]
    if reserved:
        _paint(kinds, reserved, [(MINIMUM, minimum), (MAXIMUM, maximum), (SURGE, surge)])
        # Interfaces lie close together here, because all loose addresses are theirs.
        *_, grown, updating = _steps(
            [0, *(-(-(plan.subnet.taken + each) // _ADDRESSES) for each in spoils[1:])]
        )
        _paint(kinds, [at for at in inner if kinds[at] is FREE], [(SPOILED, grown), (SURGE, updating)])
        return kinds
    _, grown, updating = _steps(spoils)
    back = [(TAKEN, plan.subnet.taken), (SPOILED, spoils[0] + grown), (SURGE, updating)]
    room = len(inner) - minimum
    _paint(kinds, inner, [(MINIMUM, minimum)])
    _paint(kinds, inner[::-1][: max(0, room)], back[:2])
    free = [at for at in inner if kinds[at] is FREE]
    _paint(kinds, free, [(MAXIMUM, maximum), (SURGE, surge)])
    _paint(kinds, [at for at in reversed(inner) if kinds[at] is FREE], back[2:])
    return kinds


def _steps(sums: Sequence[int]) -> list[int]:
    """What each sum adds to the sum before."""
    return [max(0, each - before) for before, each in zip([0, *sums], sums, strict=False)]


def _reserved(subnet: PodSubnet, count: int) -> list[int]:
    first = int(IPv4Network(subnet.cidr).network_address)
    blocks = [IPv4Network(cidr) for cidr in subnet.prefix_reservations]
    return [
        at
        for at in range(1, count - 1)
        if any(
            int(block.network_address) <= first + at * _ADDRESSES <= int(block.broadcast_address)
            for block in blocks
        )
    ]


def _paint(kinds: list[Kind], places: Sequence[int], amounts: Sequence[tuple[Kind, int]]) -> None:
    """Give the first of *places* to each kind in turn, as many as there are."""
    at = 0
    for kind, amount in amounts:
        for place in places[at : at + amount]:
            kinds[place] = kind
        at += amount
