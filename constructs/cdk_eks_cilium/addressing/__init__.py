"""Ranges of a VPC, their subnets, the addresses and pods of a node, and whether all of them fit."""

from __future__ import annotations

from .capacity import plan
from .comparison import Design, compare
from .instance_checks import instance_problems
from .instance_facts import Facts, Row, read_facts, render_facts, row_from_api, rows_from_answer
from .instance_types import NO_FACTS, InstanceType, data_source, find, known
from .node_addressing import NodeAddressing, agent_addresses_per_node, pod_cap
from .node_take import Take
from .plan_model import CapacityPlan, GroupPlan, PlannedGroup, SubnetPlan, ZonePlan
from .quotas import ELASTIC_IPS, QUOTAS, SUBNETS, Quota, QuotaUse, quota_uses
from .service_range import DEFAULT_SERVICE_CIDR, cluster_dns_address, service_range_problems
from .sizing import Proposal, propose
from .subnet_space import PodSubnet
from .subnets import pod_subnet_cidrs, pod_subnets, prefix_reservations, split
from .vpc_blocks import (
    DEFAULT_BLOCK_QUOTA,
    LARGEST_BLOCK_QUOTA,
    cidr_problems,
    secondary_cidr_advice,
    secondary_cidr_problems,
    vpc_cidr_problems,
)

__all__ = [
    "DEFAULT_BLOCK_QUOTA",
    "DEFAULT_SERVICE_CIDR",
    "ELASTIC_IPS",
    "LARGEST_BLOCK_QUOTA",
    "NO_FACTS",
    "QUOTAS",
    "SUBNETS",
    "CapacityPlan",
    "Design",
    "Facts",
    "GroupPlan",
    "InstanceType",
    "NodeAddressing",
    "PlannedGroup",
    "PodSubnet",
    "Proposal",
    "Quota",
    "QuotaUse",
    "Row",
    "SubnetPlan",
    "Take",
    "ZonePlan",
    "agent_addresses_per_node",
    "cidr_problems",
    "cluster_dns_address",
    "compare",
    "data_source",
    "find",
    "instance_problems",
    "known",
    "plan",
    "pod_cap",
    "pod_subnet_cidrs",
    "pod_subnets",
    "prefix_reservations",
    "propose",
    "quota_uses",
    "read_facts",
    "render_facts",
    "row_from_api",
    "rows_from_answer",
    "secondary_cidr_advice",
    "secondary_cidr_problems",
    "service_range_problems",
    "split",
    "vpc_cidr_problems",
]
