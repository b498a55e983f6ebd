"""Ranges of a VPC, their subnets, and the addresses and pods a node can have."""

from __future__ import annotations

from .instance_types import (
    InstanceType,
    UnknownInstanceType,
    data_source,
    find,
    known,
    node_instance_problems,
)
from .pods import (
    AGENT_ADDRESSES,
    HOST_NETWORK_PODS,
    allocatable_ipv4,
    host_network_pods_per_node,
    max_pods,
    pod_cap,
)
from .subnets import pod_subnet_cidrs, prefix_reservations, split
from .vpc_blocks import (
    DEFAULT_BLOCK_QUOTA,
    cidr_problems,
    secondary_cidr_problems,
    secondary_cidr_warnings,
    vpc_cidr_problems,
)

__all__ = [
    "AGENT_ADDRESSES",
    "DEFAULT_BLOCK_QUOTA",
    "HOST_NETWORK_PODS",
    "InstanceType",
    "UnknownInstanceType",
    "allocatable_ipv4",
    "cidr_problems",
    "data_source",
    "find",
    "host_network_pods_per_node",
    "known",
    "max_pods",
    "node_instance_problems",
    "pod_cap",
    "pod_subnet_cidrs",
    "prefix_reservations",
    "secondary_cidr_problems",
    "secondary_cidr_warnings",
    "split",
    "vpc_cidr_problems",
]
