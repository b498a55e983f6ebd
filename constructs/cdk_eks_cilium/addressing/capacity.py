"""The address plan: whether the nodes of all groups, at maximum size, find room in the pod subnets.

The plan assumes the worst case, in whole numbers: each zone gets the larger share of a group's nodes, each
node is of the type that takes the most and gets all its planned pods at once, and each interface spoils a
/28. A plan that fits therefore always fits; a plan that is refused might have fitted with luck.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cdk_eks_cilium.problems import InputError, Problem, refuse

from .node_addressing import NodeAddressing
from .node_take import Take, fullest_interface, idle_take, node_take, worst
from .plan_model import CapacityPlan, GroupPlan, PlannedGroup, SubnetPlan, ZonePlan
from .shortages import shortages
from .subnet_space import PodSubnet, Room, room, shares, subnet_problems


def plan(
    subnets: Sequence[PodSubnet],
    groups: Sequence[PlannedGroup],
    *,
    addressing: NodeAddressing | None = None,
    where: str = "network.pod_cidr",
) -> CapacityPlan:
    """Work out what every pod subnet has to hold, and what does not fit or is tight.

    A plan without room for every group's ``max_size`` has problems. Other plans have advice where less than
    `TIGHT_PERCENT` stays free, or where an update of all groups at once has no room. Each problem and each
    advice names the smallest change that helps. Neither is raised.

    Args:
        subnets: The pod subnets, one or several in a zone.
        groups: The node groups.
        addressing: How Cilium gives addresses, by default as this library sets it up.
        where: The settings key that a lack of room names.

    Raises:
        InputError: If the input is invalid: unknown types, sizes out of order, or overlapping
            subnets.
    """
    addressing = addressing or NodeAddressing()
    zones = tuple(dict.fromkeys(subnet.zone for subnet in subnets))
    problems = [*addressing.problems("cilium"), *subnet_problems(where, subnets)]
    if not subnets:
        problems.append(Problem(where, "must have at least one pod subnet", id="CEK3003"))
    for group in groups:
        problems += _group_problems(group, addressing)
    refuse(problems)
    planned = tuple(_group_plan(group, zones, addressing) for group in groups)
    rooms = {zone: [(each, room(each)) for each in subnets if each.zone == zone] for zone in zones}
    result = tuple(zone_plan(zone, rooms[zone], planned) for zone in zones)
    problems, advice = shortages(planned, result, zone_plan, where)
    return CapacityPlan(addressing, planned, result, tuple(problems), tuple(advice))


def _group_problems(group: PlannedGroup, addressing: NodeAddressing) -> Iterator[Problem]:
    at = group.where
    if not group.instance_types:
        yield Problem(f"{at}.instance_types", "must name at least one instance type", id="CEK3004")
    for name in group.instance_types:
        try:
            addressing.find(name, f"{at}.instance_types")
        except InputError as unknown:
            yield from unknown.problems
    yield from group.size.problems(f"{at}.")
    if group.pods_per_node is not None and group.pods_per_node < 1:
        yield Problem(f"{at}.pods_per_node", "must be 1 or more", group.pods_per_node, id="CEK3005")


def _group_plan(group: PlannedGroup, zones: tuple[str, ...], addressing: NodeAddressing) -> GroupPlan:
    instances = [addressing.find(name) for name in group.instance_types]
    most = addressing.max_pods(group.instance_types)
    # More pods than the kubelet admits never run.
    pods = most if group.pods_per_node is None else min(group.pods_per_node, most)
    return GroupPlan(
        group=group,
        zones=tuple(zone for zone in zones if zone in group.zones) or zones,
        pods_per_node=pods,
        max_pods=most,
        take=worst(node_take(instance, addressing, pods) for instance in instances),
        idle=worst(idle_take(instance, addressing) for instance in instances),
        interface=worst(fullest_interface(instance, addressing) for instance in instances),
    )


def zone_plan(zone: str, rooms: Sequence[tuple[PodSubnet, Room]], groups: Sequence[GroupPlan]) -> ZonePlan:
    """Work out one zone from its pod subnets, with what they hold, and the groups in it."""
    groups = [group for group in groups if zone in group.zones]
    spaces = [space for _, space in rooms]

    def takes(**phase: bool) -> list[Take]:
        return _takes(spaces, [(group, group.nodes(**phase)) for group in groups])

    minimum, maximum, surge = takes(at_minimum=True), takes(), takes(surge=True)
    fit, pods = _nodes_that_fit(spaces, groups)
    return ZonePlan(
        zone=zone,
        subnets=tuple(
            SubnetPlan(subnet, space, minimum[at], maximum[at], surge[at])
            for at, (subnet, space) in enumerate(rooms)
        ),
        nodes_minimum=sum(group.nodes(at_minimum=True) for group in groups),
        nodes_maximum=sum(group.nodes() for group in groups),
        nodes_surge=sum(group.nodes(surge=True) for group in groups),
        pods_maximum=sum(group.nodes() * group.pods_per_node for group in groups),
        nodes_that_fit=fit,
        pods_that_fit=fit * pods,
    )


def _takes(spaces: Sequence[Room], counts: Sequence[tuple[GroupPlan, int]]) -> list[Take]:
    """Return what each subnet of a zone has to hold in the worst case."""
    total = sum((group.take * count for group, count in counts), Take())
    if len(spaces) == 1 or not total.interfaces:
        return [total] * len(spaces)
    some = [group for group, count in counts if count]
    free = [space.addresses for space in spaces]
    # If all nodes start before any pod, the largest subnet gets the most. If each node fills up before the
    # next starts, the smaller subnets get more. All other orders are between the two.
    idle = min(group.idle.addresses // max(1, group.idle.interfaces) for group in some)
    full = max(group.interface.addresses for group in some)
    first, second = (shares(free, max(1, cost), total.interfaces) for cost in (idle, full))
    loads = sorted(
        ((count * group.take.interfaces, _interface_load(group)) for group, count in counts),
        key=lambda load: (load[1].prefixes, load[1].singles),
        reverse=True,
    )
    return [_heaviest(loads, max(pair), total) for pair in zip(first, second, strict=True)]


def _interface_load(group: GroupPlan) -> Take:
    return Take(
        min(group.take.prefixes, group.interface.prefixes),
        min(group.take.singles, group.interface.singles),
        1,
    )


def _heaviest(loads: Sequence[tuple[int, Take]], count: int, total: Take) -> Take:
    """Return what the *count* fullest interfaces hold together."""
    sum_ = Take()
    for available, load in loads:
        sum_ += load * min(available, count)
        count -= min(available, count)
    return Take(min(sum_.prefixes, total.prefixes), min(sum_.singles, total.singles), sum_.interfaces)


def _nodes_that_fit(spaces: Sequence[Room], groups: Sequence[GroupPlan]) -> tuple[int, int]:
    """Return how many nodes fit of the group that takes the most, and the pods of such a node."""
    if not groups:
        return 0, 0
    heaviest = max(groups, key=lambda group: group.take.addresses + group.take.interfaces * 15)
    return _most_nodes(spaces, heaviest), heaviest.pods_per_node


def _most_nodes(spaces: Sequence[Room], group: GroupPlan) -> int:
    """Return how many nodes of *group* fit into subnets of one zone."""
    if not group.take.interfaces:
        return 0
    low, high = 0, sum(space.loose for space in spaces) // group.take.interfaces
    while low < high:
        middle = (low + high + 1) // 2
        takes = _takes(spaces, [(group, middle)])
        if all(space.holds(take) for space, take in zip(spaces, takes, strict=True)):
            low = middle
        else:
            high = middle - 1
    return low
