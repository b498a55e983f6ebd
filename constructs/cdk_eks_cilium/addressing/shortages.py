"""What a capacity plan lacks, and the smallest change that helps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from ipaddress import IPv4Network
from typing import Final

from cdk_eks_cilium.problems import Problem

from .plan_model import TIGHT_PERCENT, GroupPlan, SubnetPlan, ZonePlan
from .subnet_space import PodSubnet, Room, room

ZonePlanner = Callable[[str, Sequence[tuple[PodSubnet, Room]], Sequence[GroupPlan]], ZonePlan]
Wish = Callable[[ZonePlan], bool]

_LARGEST_SUBNET: Final = 16
_MOST_FURTHER: Final = 8


def shortages(
    groups: Sequence[GroupPlan], zones: Sequence[ZonePlan], planner: ZonePlanner, where: str
) -> tuple[list[Problem], list[Problem]]:
    """Return the problems of a plan, and the advice on what fits but is tight.

    Zones that lack the same share one problem.
    """

    def roomy(zone: ZonePlan) -> bool:
        return zone.fits_surge and zone.headroom_percent >= TIGHT_PERCENT

    full = [zone for zone in zones if not zone.fits]
    no_surge = [zone for zone in zones if zone.fits and not zone.fits_surge]
    tight = [zone for zone in zones if zone.fits_surge and zone.headroom_percent < TIGHT_PERCENT]
    problems = []
    if full:
        fix = _fix(full, groups, planner, lambda zone: zone.fits)
        problems.append(Problem(where, _too_small(full), _cidrs(full), fix, id="CEK3025"))
    advice = []
    if no_surge:
        fix = _fix(no_surge, groups, planner, lambda zone: zone.fits_surge)
        advice.append(Problem(where, _no_room_for_surge(no_surge), _cidrs(no_surge), fix, id="CEK3026"))
    if tight:
        fix = _fix(tight, groups, planner, roomy)
        least = min(zone.headroom_percent for zone in tight)
        rule = f"should keep {TIGHT_PERCENT} % free at max_size in {_names(tight)}, and keeps {least} %"
        advice.append(Problem(where, rule, _cidrs(tight), fix, id="CEK3027"))
    return problems, advice


def _names(zones: Sequence[ZonePlan]) -> str:
    names = [zone.zone for zone in zones]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _cidrs(zones: Sequence[ZonePlan]) -> list[str]:
    return [plan.subnet.cidr for zone in zones for plan in zone.subnets]


def _fullest(zones: Sequence[ZonePlan], surge: bool) -> tuple[ZonePlan, SubnetPlan]:
    def missing(pair: tuple[ZonePlan, SubnetPlan]) -> int:
        take = pair[1].surge if surge else pair[1].maximum
        return pair[1].room.blocks_used(take) - pair[1].room.blocks + take.singles + take.interfaces

    short = [
        (zone, plan)
        for zone in zones
        for plan in zone.subnets
        if not plan.room.holds(plan.surge if surge else plan.maximum)
    ]
    return max(short, key=missing)


def _needs(plan: SubnetPlan, surge: bool) -> str:
    take = plan.surge if surge else plan.maximum
    held = plan.room
    if take.prefixes and held.blocks_used(take) > held.blocks:
        return (
            f"they need {held.blocks_used(take)} /28 blocks of {plan.subnet.cidr}, of which their interfaces "
            f"may spoil {take.interfaces}, and it has {held.blocks}"
        )
    return (
        f"they need {take.singles + take.interfaces} single addresses of {plan.subnet.cidr}, "
        f"and it has {held.loose}"
    )


def _too_small(zones: Sequence[ZonePlan]) -> str:
    zone, plan = _fullest(zones, surge=False)
    nodes = _count(zone.nodes_maximum)
    return f"must hold {nodes} at max_size in {_names(zones)}: {_needs(plan, surge=False)}"


def _no_room_for_surge(zones: Sequence[ZonePlan]) -> str:
    zone, plan = _fullest(zones, surge=True)
    more = _count(zone.nodes_surge - zone.nodes_maximum)
    return (
        f"should hold {more} more than at max_size in {_names(zones)} while EKS updates the groups: "
        f"{_needs(plan, surge=True)}"
    )


def _count(nodes: int) -> str:
    return f"{nodes} node{'' if nodes == 1 else 's'}"


def _fix(lacking: Sequence[ZonePlan], groups: Sequence[GroupPlan], planner: ZonePlanner, wish: Wish) -> str:
    larger = _larger_subnets(lacking, groups, planner, wish)
    smaller = _smaller_group(lacking, groups, planner, wish)
    if larger is None and smaller is None:
        return "plan fewer nodes, or fewer pods on each"
    return ", or ".join(text for text in (larger, smaller) if text)


def _larger_subnets(
    lacking: Sequence[ZonePlan], groups: Sequence[GroupPlan], planner: ZonePlanner, wish: Wish
) -> str | None:
    """Return the smallest subnets that suffice, or else how many more; None if eight more do not suffice."""
    lengths = sorted({IPv4Network(plan.subnet.cidr).prefixlen for zone in lacking for plan in zone.subnets})
    for steps in range(1, lengths[-1] - _LARGEST_SUBNET + 1):
        # Without reservations: a larger subnet would have other reservations.
        if all(
            wish(planner(zone.zone, [(each, room(each)) for each in _grown(zone, steps)], groups))
            for zone in lacking
        ):
            old = " and ".join(f"/{length}" for length in lengths)
            new = " and ".join(f"/{max(_LARGEST_SUBNET, length - steps)}" for length in lengths)
            return f"take a {new} instead of {old} for each of these zones"
    for more in range(1, _MOST_FURTHER + 1):
        largest = PodSubnet("", f"0.0.0.0/{_LARGEST_SUBNET}")
        further = [(largest, room(largest))] * more
        if all(wish(planner(zone.zone, [*_rooms(zone), *further], groups)) for zone in lacking):
            return f"add {more} further /{_LARGEST_SUBNET} for each of these zones, in pod CIDRs of their own"
    return None


def _rooms(zone: ZonePlan) -> list[tuple[PodSubnet, Room]]:
    return [(plan.subnet, plan.room) for plan in zone.subnets]


def _grown(zone: ZonePlan, steps: int) -> list[PodSubnet]:
    # Only the sizes matter here, so the ranges may overlap.
    grown = []
    for plan in zone.subnets:
        network = IPv4Network(plan.subnet.cidr)
        length = max(_LARGEST_SUBNET, network.prefixlen - steps)
        cidr = str(IPv4Network((network.network_address, length), strict=False))
        grown.append(PodSubnet(zone.zone, cidr, (), plan.subnet.taken))
    return grown


def _smaller_group(
    lacking: Sequence[ZonePlan], groups: Sequence[GroupPlan], planner: ZonePlanner, wish: Wish
) -> str | None:
    """Return the largest max_size that suffices for the group that takes the most, or None."""
    chosen = max(groups, key=lambda each: each.take.addresses * each.group.max_size)

    def with_size(size: int) -> bool:
        smaller = replace(chosen, group=replace(chosen.group, max_size=size))
        changed = [smaller if each is chosen else each for each in groups]
        return all(wish(planner(zone.zone, _rooms(zone), changed)) for zone in lacking)

    low, high = max(1, chosen.group.min_size), chosen.group.max_size - 1
    if low > high or not with_size(low):
        return None
    while low < high:
        middle = (low + high + 1) // 2
        if with_size(middle):
            low = middle
        else:
            high = middle - 1
    return f"max_size {low} instead of {chosen.group.max_size} for '{chosen.group.name}'"
