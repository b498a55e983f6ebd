"""The input and the result of a capacity plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cdk_eks_cilium.nodes import GroupSize
from cdk_eks_cilium.problems import Problem

from .node_addressing import NodeAddressing
from .node_take import Take
from .subnet_space import PodSubnet, Room

TIGHT_PERCENT: Final = 20
"""The plan advises on a subnet with less than this, in percent, free at maximum size.

A choice, not a rule of AWS: a fifth covers what the plan cannot know, such as a zone without capacity whose
nodes start in other zones, a rebalancing of the Auto Scaling group, and bursts of pods on one node.
"""

SURGE_IN_A_ZONE: Final = 2
"""Nodes of a group that an update adds to each zone at least: EKS starts them before it ends any old node.

It adds more where more nodes may be unavailable at a time.
https://docs.aws.amazon.com/eks/latest/userguide/managed-node-update-behavior.html
"""


@dataclass(frozen=True, kw_only=True)
class PlannedGroup:
    """A managed node group that needs room in its zones.

    Attributes:
        name: Its name, for messages.
        instance_types: The types it may use; the plan assumes the one that takes the most.
        min_size: Fewest nodes.
        max_size: Most nodes, at least one.
        pods_per_node: Planned pods of a node as the kubelet counts them. By default max pods.
        zones: Where its nodes run. By default in every zone with pod subnets.
        max_unavailable: How many nodes an update replaces at a time.
        where: The settings key that problems name.
    """

    name: str
    instance_types: tuple[str, ...]
    min_size: int
    max_size: int
    pods_per_node: int | None = None
    zones: tuple[str, ...] = ()
    max_unavailable: int = 1
    where: str = "node_groups"

    @property
    def size(self) -> GroupSize:
        """Its fewest and its most nodes."""
        return GroupSize(min_size=self.min_size, max_size=self.max_size)


@dataclass(frozen=True)
class GroupPlan:
    """The plan of a node group.

    Attributes:
        group: The input.
        zones: The zones it is in.
        pods_per_node: Planned pods of a node.
        max_pods: The kubelet's ``maxPods``.
        take: The most that a node of any of its types takes with its planned pods.
        idle: The most that a node of any of its types takes before pods run on it.
        interface: The most that one pod interface can hold.
    """

    group: PlannedGroup
    zones: tuple[str, ...]
    pods_per_node: int
    max_pods: int
    take: Take
    idle: Take
    interface: Take

    def nodes(self, *, at_minimum: bool = False, surge: bool = False) -> int:
        """Return the most nodes of the group in one of its zones, when AWS spreads the group evenly."""
        size = self.group.min_size if at_minimum else self.group.max_size
        together = max(SURGE_IN_A_ZONE, -(-self.group.max_unavailable // len(self.zones)))
        return -(-size // len(self.zones)) + (together if surge else 0)


@dataclass(frozen=True)
class SubnetPlan:
    """What one pod subnet has to hold in the worst case.

    Attributes:
        subnet: The input.
        room: What the subnet holds for certain.
        minimum: What nodes take at minimum size.
        maximum: What nodes take at maximum size.
        surge: What nodes take at maximum size during an update of every group.
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
    def prefixes_held(self) -> int:
        """The prefixes that it holds for certain at maximum size, used and free, beside its interfaces."""
        return self.room.prefixes_beside(self.maximum)

    @property
    def fits_surge(self) -> bool:
        """Whether the maximum fits during an update of all groups."""
        return self.room.holds(self.surge)

    @property
    def free_addresses(self) -> int:
        """Addresses left at maximum size, including fragments; negative when nodes take too many."""
        return self.room.addresses - self.maximum.addresses

    @property
    def free_blocks(self) -> int:
        """/28 blocks left for certain at maximum size; negative when the maximum does not fit."""
        return self.room.blocks - self.room.blocks_used(self.maximum)

    @property
    def headroom_percent(self) -> int:
        """Free blocks or addresses at maximum size in percent, whichever is less, rounded down."""
        return self.room.free_percent(self.maximum)


@dataclass(frozen=True)
class ZonePlan:
    """One zone of a plan. All numbers of nodes and pods are for the worst case.

    Attributes:
        zone: Its name.
        subnets: Its pod subnets.
        nodes_minimum: Nodes at minimum size.
        nodes_maximum: Nodes at maximum size.
        nodes_surge: Nodes at maximum size during an update of all groups.
        pods_maximum: Planned pods at maximum size.
        nodes_that_fit: Nodes that fit if all are of the group that takes the most, 0 without a group.
        pods_that_fit: Planned pods of these nodes.
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
        zones: The zones, in the order of the subnets.
        problems: Why the plan cannot be deployed, for `problems.refuse`.
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
    def nodes_maximum(self) -> int:
        """Nodes at maximum size."""
        return sum(each.group.max_size for each in self.groups)

    @property
    def pods_maximum(self) -> int:
        """Planned pods at maximum size."""
        return sum(each.group.max_size * each.pods_per_node for each in self.groups)

    @property
    def take_maximum(self) -> Take:
        """What all nodes take at maximum size: each group once, and not the worst case of every zone."""
        return sum((each.take * each.group.max_size for each in self.groups), Take())

    @property
    def subnets(self) -> tuple[SubnetPlan, ...]:
        """All subnets, zone after zone."""
        return tuple(subnet for zone in self.zones for subnet in zone.subnets)
