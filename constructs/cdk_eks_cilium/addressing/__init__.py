"""Ranges of a VPC, their subnets, the addresses and pods a node can have, and whether it all fits."""

from __future__ import annotations

from .capacity import plan
from .comparison import Design, compare
from .instance_facts import (
    Facts,
    Row,
    read_facts,
    render_facts,
    row_from_api,
    rows_from_answer,
    rows_from_api,
)
from .instance_types import (
    NO_FACTS,
    InstanceType,
    UnknownInstanceType,
    data_source,
    find,
    known,
    node_instance_problems,
)
from .node_addresses import PRE_ALLOCATE, NodeAddressing, Take, addressing_problems, idle_take, node_take
from .plan_model import TIGHT_PERCENT, CapacityPlan, GroupPlan, PlannedGroup, SubnetPlan, ZonePlan
from .pods import (
    AGENT_ADDRESSES,
    HOST_NETWORK_PODS,
    agent_addresses_per_node,
    allocatable_ipv4,
    host_network_pods_per_node,
    max_pods,
    pod_cap,
)
from .quotas import QUOTAS, SUBNETS, Quota, QuotaUse, address_usage, binding_quota, quota_uses
from .service_ranges import service_cidr_problems
from .sizing import Fit, Proposal, fit, propose
from .subnet_space import PodSubnet, Room, room, subnet_problems
from .subnets import (
    pod_subnet_cidrs,
    pod_subnets,
    prefix_reservations,
    split,
    split_by_size,
    split_by_weight,
)
from .vpc_blocks import (
    DEFAULT_BLOCK_QUOTA,
    LARGEST_BLOCK_QUOTA,
    cidr_problems,
    free_blocks,
    secondary_cidr_problems,
    secondary_cidr_warnings,
    vpc_cidr_problems,
)

__all__ = [
    "AGENT_ADDRESSES",
    "DEFAULT_BLOCK_QUOTA",
    "HOST_NETWORK_PODS",
    "LARGEST_BLOCK_QUOTA",
    "NO_FACTS",
    "PRE_ALLOCATE",
    "QUOTAS",
    "SUBNETS",
    "TIGHT_PERCENT",
    "CapacityPlan",
    "Design",
    "Facts",
    "Fit",
    "GroupPlan",
    "InstanceType",
    "NodeAddressing",
    "PlannedGroup",
    "PodSubnet",
    "Proposal",
    "Quota",
    "QuotaUse",
    "Room",
    "Row",
    "SubnetPlan",
    "Take",
    "UnknownInstanceType",
    "ZonePlan",
    "address_usage",
    "addressing_problems",
    "agent_addresses_per_node",
    "allocatable_ipv4",
    "binding_quota",
    "cidr_problems",
    "compare",
    "data_source",
    "find",
    "fit",
    "free_blocks",
    "host_network_pods_per_node",
    "idle_take",
    "known",
    "max_pods",
    "node_instance_problems",
    "node_take",
    "plan",
    "pod_cap",
    "pod_subnet_cidrs",
    "pod_subnets",
    "prefix_reservations",
    "propose",
    "quota_uses",
    "read_facts",
    "render_facts",
    "room",
    "row_from_api",
    "rows_from_answer",
    "rows_from_api",
    "secondary_cidr_problems",
    "secondary_cidr_warnings",
    "service_cidr_problems",
    "split",
    "split_by_size",
    "split_by_weight",
    "subnet_problems",
    "vpc_cidr_problems",
]
