"""What goes into a capacity plan and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cdk_eks_cilium.nodes import GroupSize
from cdk_eks_cilium.problems import Problem

from .node_addressing import NodeAddressing
from .node_take import Take
from .subnet_space import PodSubnet, Room

TIGHT_PERCENT: Final = 20
"""A plan with a subnet that has less free than this, in percent, at maximum size is advised about.

A choice, not a rule of AWS: a fifth pays for what the plan cannot know, such as a zone without capacity whose
nodes start in the others, a rebalancing of the Auto Scaling group, and bursts of pods on one node.
"""

MOST_UNAVAILABLE: Final = 100
"""Nodes an update replaces at once at most.

https://docs.aws.amazon.com/eks/latest/userguide/managed-node-update-behavior.html
"""


@dataclass(frozen=True, kw_only=True)
class PlannedGroup:
    """A managed node group to find room for.

    Attributes:
        name: Its name, for messages.
        instance_types: The types it may use; the worst of them is planned for.
        min_size: Fewest nodes.
        max_size: Most nodes, at least one.
        zones: The zones it is in, none for all that have pod subnets.
        pods_per_node: Pods planned on a node as the kubelet counts them, None for max pods.
        max_unavailable: Nodes an update replaces at once, EKS's default being 1.
        max_unavailable_percent: The same in percent of the nodes, in place of *max_unavailable*.
        minimal_updates: Whether the update strategy is ``MINIMAL``: old nodes end before new ones start.
        where: The settings key to blame.
    """

    name: str
    instance_types: tuple[str, ...]
    min_size: int
    max_size: int
    zones: tuple[str, ...] = ()
    pods_per_node: int | None = None
    max_unavailable: int = 1
    max_unavailable_percent: int | None = None
    minimal_updates: bool = False
    where: str = "node_groups"

    @property
    def size(self) -> GroupSize:
        """Its least and its most nodes."""
        return GroupSize(min_size=self.min_size, max_size=self.max_size)

    def nodes_in_a_zone(self, size: int, zones: int) -> int:
        """Return the nodes of one zone at worst when *size* nodes are spread evenly over *zones* zones."""
        return -(-size // zones)

    def surge_in_a_zone(self, zones: int) -> int:
        """Return the nodes an update adds to one zone at worst.

        EKS starts the larger of twice the number of zones and *max_unavailable*, up to two in each zone,
        before it ends any old node. How it rounds a percentage is not documented, so it is rounded up.
        """
        if self.minimal_updates:
            return 0
        count = self.max_unavailable
        if self.max_unavailable_percent is not None:
            count = -(-self.max_size * self.max_unavailable_percent // 100)
        return max(2, -(-min(MOST_UNAVAILABLE, count) // zones))


@dataclass(frozen=True)
class GroupPlan:
    """A node group as it is planned.

    Attributes:
        group: The input.
        zones: The zones it is in.
        pods_per_node: Pods planned on a node.
        max_pods: What the kubelet is told.
        take: What one node takes at most with its planned pods, at worst of its types.
        idle: What one node takes before pods run on it, at worst of its types.
        interface: What one pod interface can hold, at most.
    """

    group: PlannedGroup
    zones: tuple[str, ...]
    pods_per_node: int
    max_pods: int
    take: Take
    idle: Take
    interface: Take

    def nodes(self, zone: str, *, at_minimum: bool = False, surge: bool = False) -> int:
        """Return the nodes of the group in *zone*, at worst."""
        if zone not in self.zones:
            return 0
        size = self.group.min_size if at_minimum else self.group.max_size
        count = self.group.nodes_in_a_zone(size, len(self.zones))
        return count + (self.group.surge_in_a_zone(len(self.zones)) if surge else 0)


@dataclass(frozen=True)
class SubnetPlan:
    """What one pod subnet has to hold, at worst.

    Attributes:
        subnet: The input.
        room: What it holds for certain.
        minimum: What nodes take at minimum size.
        maximum: What nodes take at maximum size.
        surge: What nodes take at maximum size while every group is being updated.
    """

    subnet: PodSubnet
    room: Room
    minimum: Take
    maximum: Take
    surge: Take

    @property
    def fits(self) -> bool:
        """Whether the maximum fits."""
        return self.room.holds(self.maximum)

    @property
    def fits_surge(self) -> bool:
        """Whether the maximum fits during an update of all groups."""
        return self.room.holds(self.surge)

    @property
    def free_addresses(self) -> int:
        """Addresses left at maximum size, fragments included; negative when too many are taken."""
        return self.room.addresses - self.maximum.addresses

    @property
    def free_blocks(self) -> int:
        """/28 blocks certain to be left for prefixes at maximum size; negative when it does not fit."""
        return self.room.blocks - self.room.blocks_used(self.maximum)

    @property
    def headroom_percent(self) -> int:
        """What stays free at maximum size, in percent of what is scarcest, rounded down."""
        return self.room.free_percent(self.maximum)


@dataclass(frozen=True)
class ZonePlan:
    """One zone of a plan.

    Attributes:
        zone: Its name.
        subnets: Its pod subnets.
        nodes_minimum: Nodes at minimum size, at worst.
        nodes_maximum: Nodes at maximum size, at worst.
        nodes_surge: Nodes during an update of all groups at maximum size, at worst.
        pods_maximum: Planned pods at maximum size, at worst.
        nodes_that_fit: Nodes that fit if all are of the group that takes the most, none if no group is here.
        pods_that_fit: Their planned pods.
    """

    zone: str
    subnets: tuple[SubnetPlan, ...]
    nodes_minimum: int
    nodes_maximum: int
    nodes_surge: int
    pods_maximum: int
    nodes_that_fit: int
    pods_that_fit: int

    @property
    def fits(self) -> bool:
        """Whether every subnet holds the maximum."""
        return all(subnet.fits for subnet in self.subnets)

    @property
    def fits_surge(self) -> bool:
        """Whether every subnet holds an update of all groups at maximum size."""
        return all(subnet.fits_surge for subnet in self.subnets)

    @property
    def headroom_percent(self) -> int:
        """The least headroom of its subnets."""
        return min((subnet.headroom_percent for subnet in self.subnets), default=0)


@dataclass(frozen=True)
class CapacityPlan:
    """Whether the node groups fit the pod subnets, and what is left.

    Attributes:
        addressing: How Cilium gives addresses.
        groups: The node groups.
        zones: The zones, in the order their subnets were given.
        problems: What cannot be deployed: hand them to `problems.refuse`.
        advice: What fits, but is tight.
    """

    addressing: NodeAddressing
    groups: tuple[GroupPlan, ...]
    zones: tuple[ZonePlan, ...]
    problems: tuple[Problem, ...] = ()
    advice: tuple[Problem, ...] = ()

    @property
    def fits(self) -> bool:
        """Whether all nodes at maximum size find room."""
        return not self.problems

    @property
    def nodes_minimum(self) -> int:
        """Nodes at minimum size."""
        return sum(each.group.min_size for each in self.groups)

    @property
    def nodes_maximum(self) -> int:
        """Nodes at maximum size."""
        return sum(each.group.max_size for each in self.groups)

    @property
    def pods_maximum(self) -> int:
        """Planned pods at maximum size."""
        return sum(each.group.max_size * each.pods_per_node for each in self.groups)

    @property
    def take_maximum(self) -> Take:
        """What all nodes take at maximum size, counted once and not at worst in every zone."""
        return sum((each.take * each.group.max_size for each in self.groups), Take())

    @property
    def subnets(self) -> tuple[SubnetPlan, ...]:
        """All subnets, zone after zone."""
        return tuple(subnet for zone in self.zones for subnet in zone.subnets)
