"""From node groups to the subnets that they need: the reverse of the capacity plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cdk_eks_cilium.problems import Problem, refuse

from .capacity import plan
from .node_addressing import NodeAddressing
from .plan_model import CapacityPlan, PlannedGroup
from .subnet_space import PodSubnet
from .subnets import LARGEST_BLOCK, SMALLEST_SUBNET, pod_subnets
from .vpc_blocks import LARGEST_BLOCK_QUOTA, free_blocks

_SPACE: Final = "100.64.0.0/10"
_WHERE: Final = "network.pod_cidr"
_MOST_BLOCKS: Final = LARGEST_BLOCK_QUOTA - 1
"""Most pod CIDRs of a VPC beside its primary range, with the highest quota that AWS grants."""


@dataclass(frozen=True)
class Proposal:
    """The smallest pod CIDRs that hold the node groups.

    Attributes:
        cidrs: The pod CIDRs, all of one size, each split evenly over its zones.
        subnets: The pod subnets.
        plan: The plan with them, without problems.
    """

    cidrs: tuple[str, ...]
    subnets: tuple[PodSubnet, ...]
    plan: CapacityPlan


def propose(
    groups: Sequence[PlannedGroup],
    zones: Sequence[str],
    *,
    addressing: NodeAddressing | None = None,
    taken: Sequence[str] = (),
    roomy: bool = True,
) -> Proposal:
    """Return the smallest pod CIDRs that hold node groups in the given zones.

    One block suffices up to a /16; its subnets have equal sizes from /28 up. Larger plans have several /16:
    fewer and fewer zones share a block, until each zone has one or several of its own.

    Args:
        addressing: How Cilium gives addresses, by default as this library sets it up.
        taken: Ranges in use, in the VPC and elsewhere, that the blocks must not overlap.
        roomy: Whether the plan must be without advice too: with room for an update, and some to spare.

    Raises:
        InputError: If the input is invalid, or no number of blocks that AWS permits suffices.
    """
    if not zones:
        refuse([Problem(_WHERE, "must be split over at least one availability zone", id="CEK3028")])
    extra = (len(zones) - 1).bit_length()
    lengths = range(SMALLEST_SUBNET - extra, LARGEST_BLOCK - 1, -1)
    for length, count in [*((length, 1) for length in lengths), *_more_blocks(len(zones))]:
        blocks = free_blocks(_SPACE, length, count, taken)
        if blocks is None:
            break
        subnets = _subnets(blocks, zones)
        found = plan(subnets, groups, addressing=addressing)
        if found.fits and not (roomy and found.advice):
            return Proposal(tuple(blocks), subnets, found)
    rule = f"must have room for {sum(group.max_size for group in groups)} nodes in {len(zones)} zones"
    fix = "plan fewer nodes or fewer pods on each, free a part of this range, or use several clusters"
    refuse([Problem(_WHERE, rule, _SPACE, fix, id="CEK3029")])
    raise AssertionError("unreachable")


def _more_blocks(zones: int) -> list[tuple[int, int]]:
    """Return the steps beyond one /16: fewer zones to a block, then more blocks to a zone."""
    shared = [-(-zones // per_block) for per_block in (8, 4, 2) if per_block < zones]
    own = range(zones, _MOST_BLOCKS + 1, zones)
    return [(LARGEST_BLOCK, count) for count in (*shared, *own) if count > 1]


def _subnets(blocks: Sequence[str], zones: Sequence[str]) -> tuple[PodSubnet, ...]:
    if len(blocks) >= len(zones):
        return tuple(PodSubnet(zones[at % len(zones)], block) for at, block in enumerate(blocks))
    each = -(-len(zones) // len(blocks))
    parts = [zones[start : start + each] for start in range(0, len(zones), each)]
    return tuple(
        subnet for block, part in zip(blocks, parts, strict=True) for subnet in pod_subnets([block], part)
    )
