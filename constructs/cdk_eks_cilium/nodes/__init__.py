"""Images of nodes, sizes of node groups, and the access policies of a cluster. Plain Python."""

from __future__ import annotations

from .access_policy import ACCESS_POLICIES, Role
from .group_size import GroupSize
from .image import AL2, AL2023, BOTTLEROCKET, FIXED_INTERFACE, IMAGES, ImageName, NodeImage
from .props import (
    DEFAULTS,
    LARGEST_GROUP,
    LARGEST_VOLUME_GIB,
    SMALLEST_VOLUME_GIB,
    NodeGroupKeywords,
    NodeGroupProps,
)

__all__ = [
    "ACCESS_POLICIES",
    "AL2",
    "AL2023",
    "BOTTLEROCKET",
    "DEFAULTS",
    "FIXED_INTERFACE",
    "IMAGES",
    "LARGEST_GROUP",
    "LARGEST_VOLUME_GIB",
    "SMALLEST_VOLUME_GIB",
    "GroupSize",
    "ImageName",
    "NodeGroupKeywords",
    "NodeGroupProps",
    "NodeImage",
    "Role",
]
