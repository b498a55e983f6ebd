"""The properties of a managed node group, with the defaults of constructs and settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypedDict

from cdk_eks_cilium.problems import Problem

from .group_size import GroupSize
from .image import BOTTLEROCKET, IMAGES, NodeImage

LARGEST_GROUP: Final = 450
"""Most nodes of a managed node group, by EKS's default quota: https://docs.aws.amazon.com/general/latest/gr/eks.html."""

SMALLEST_VOLUME_GIB: Final = 20
LARGEST_VOLUME_GIB: Final = 16384
"""Largest gp3 volume: https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html"""


class NodeGroupKeywords(TypedDict, total=False):
    """The keywords of `NodeGroupProps`, for functions that make a node group."""

    instance_types: Sequence[str]
    image: str
    min_size: int
    max_size: int
    desired_size: int | None
    volume_size_gib: int
    labels: Mapping[str, str] | None


@dataclass(frozen=True, kw_only=True)
class NodeGroupProps:
    """A managed node group: machines of one kind.

    Attributes:
        instance_types: Type names of one architecture, such as ``m6i.large``; the smallest type decides the
            pods per node.
        image: ``bottlerocket``, ``al2023``, or ``al2`` for the article's profile.
        min_size: Fewest nodes.
        max_size: Most nodes.
        desired_size: Nodes at creation. By default *min_size*.
        volume_size_gib: Size in GiB of the volume for images and pods.
        labels: Kubernetes labels of the nodes.
    """

    instance_types: Sequence[str] = ("m6i.large",)
    image: str = BOTTLEROCKET.name
    min_size: int = 2
    max_size: int = 6
    desired_size: int | None = None
    volume_size_gib: int = 50
    labels: Mapping[str, str] | None = None

    @property
    def size(self) -> GroupSize:
        """The numbers of nodes."""
        return GroupSize(min_size=self.min_size, max_size=self.max_size, desired_size=self.desired_size)

    @property
    def node_image(self) -> NodeImage:
        """The image, of a group whose `problems` are empty."""
        return IMAGES[self.image]

    def problems(self, where: str) -> Iterator[Problem]:
        """Yield a problem for everything that is wrong, except in the instance types."""
        if self.image not in IMAGES:
            fix = f"use '{DEFAULTS.image}'"
            yield Problem(
                f"{where}: image", f"must be one of {', '.join(IMAGES)}", self.image, fix, id="CEK3052"
            )
        yield from self.size.problems(f"{where}: ")
        if not SMALLEST_VOLUME_GIB <= self.volume_size_gib <= LARGEST_VOLUME_GIB:
            rule = f"must be from {SMALLEST_VOLUME_GIB} to {LARGEST_VOLUME_GIB}"
            fix = f"{DEFAULTS.volume_size_gib} holds the usual images"
            yield Problem(f"{where}: volume_size_gib", rule, self.volume_size_gib, fix, id="CEK3053")


DEFAULTS: Final = NodeGroupProps()
"""A node group with every default: two to six m6i.large with Bottlerocket."""
