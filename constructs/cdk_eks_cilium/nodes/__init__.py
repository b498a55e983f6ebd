"""Images of nodes, their boot data, sizes of groups, and access policies of a cluster. Plain Python."""

from __future__ import annotations

from .accelerators import accelerator_of
from .access_policy import ACCESS_POLICIES, Role
from .bootstrap import NODE_CONFIG, Bootstrap, Part, Proxy
from .group_size import GroupSize
from .image import (
    AL2,
    AL2023,
    BOTTLEROCKET,
    FIXED_INTERFACE,
    IMAGES,
    LATEST,
    Accelerator,
    ImageName,
    ImageRequest,
    NodeImage,
)
from .node_problems import node_group_problems
from .props import (
    DEFAULTS,
    LARGEST_GROUP,
    LARGEST_VOLUME_GIB,
    SMALLEST_VOLUME_GIB,
    Capacity,
    NodeGroupKeywords,
    NodeGroupProps,
)
from .taint import AGENT_NOT_READY, Taint, TaintEffect

__all__ = [
    "ACCESS_POLICIES",
    "AGENT_NOT_READY",
    "AL2",
    "AL2023",
    "BOTTLEROCKET",
    "DEFAULTS",
    "FIXED_INTERFACE",
    "IMAGES",
    "LARGEST_GROUP",
    "LARGEST_VOLUME_GIB",
    "LATEST",
    "NODE_CONFIG",
    "SMALLEST_VOLUME_GIB",
    "Accelerator",
    "Bootstrap",
    "Capacity",
    "GroupSize",
    "ImageName",
    "ImageRequest",
    "NodeGroupKeywords",
    "NodeGroupProps",
    "NodeImage",
    "Part",
    "Proxy",
    "Role",
    "Taint",
    "TaintEffect",
    "accelerator_of",
    "node_group_problems",
]
