"""The properties of a managed node group, with the defaults of constructs and settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypedDict

from .bootstrap import Proxy
from .group_size import GroupSize
from .image import BOTTLEROCKET, IMAGES, LATEST, Accelerator, NodeImage
from .taint import Taint

LARGEST_GROUP: Final = 450
"""Most nodes of a managed node group, by EKS's default quota: https://docs.aws.amazon.com/general/latest/gr/eks.html."""

SMALLEST_VOLUME_GIB: Final = 20
LARGEST_VOLUME_GIB: Final = 16384
"""Largest gp3 volume: https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html"""

Capacity = Literal["on-demand", "spot"]


class NodeGroupKeywords(TypedDict, total=False):
    """The keywords of `NodeGroupProps`, for functions that make a node group."""

    instance_types: Sequence[str]
    image: str
    image_version: str
    ami_id: str | None
    accelerator: Accelerator | None
    capacity: Capacity
    min_size: int
    max_size: int
    desired_size: int | None
    volume_size_gib: int
    labels: Mapping[str, str] | None
    taints: Sequence[Taint]
    max_unavailable: int | None
    max_unavailable_percentage: int | None
    node_repair: bool
    ssm_access: bool
    proxy: Proxy | None
    certificates: Mapping[str, str] | None


@dataclass(frozen=True, kw_only=True)
class NodeGroupProps:
    """A managed node group: machines of one kind.

    Attributes:
        instance_types: Type names of one architecture, such as ``m6i.large``; the smallest type decides the
            pods per node.
        image: ``bottlerocket``, ``al2023``, or ``al2`` for the article's profile.
        image_version: A release of the image, such as ``1.62.0`` of Bottlerocket or ``v20261104`` of AL2023,
            which makes a patch of the nodes a change of the code. By default the ``latest``: each deploy,
            also of the same template, rolls the nodes if AWS has published an image since.
        ami_id: An image of one's own, made from *image*'s family. By default AWS's.
        accelerator: ``nvidia`` or ``neuron`` for the image with these drivers. Types with such chips need it.
        capacity: ``on-demand``, or ``spot``, which AWS may take back with two minutes' notice.
        min_size: Fewest nodes.
        max_size: Most nodes.
        desired_size: Nodes at creation; without effect on a group that exists. By default *min_size*.
        volume_size_gib: Size in GiB of the volume for images and pods.
        labels: Kubernetes labels of the nodes.
        taints: Kubernetes taints of the nodes.
        max_unavailable: How many nodes an update replaces at a time. By default one.
        max_unavailable_percentage: The same as a share of the group, in percent.
        node_repair: Whether EKS replaces nodes that it finds unhealthy.
        ssm_access: Whether people reach the nodes by AWS Systems Manager, with the rights in the node role.
        proxy: A proxy for the nodes' own calls and for images.
        certificates: Certificate authorities that the nodes trust, each as PEM by a name.
    """

    instance_types: Sequence[str] = ("m6i.large",)
    image: str = BOTTLEROCKET.name
    image_version: str = LATEST
    ami_id: str | None = None
    accelerator: Accelerator | None = None
    capacity: Capacity = "on-demand"
    min_size: int = 2
    max_size: int = 6
    desired_size: int | None = None
    volume_size_gib: int = 50
    labels: Mapping[str, str] | None = None
    taints: Sequence[Taint] = ()
    max_unavailable: int | None = None
    max_unavailable_percentage: int | None = None
    node_repair: bool = False
    ssm_access: bool = False
    proxy: Proxy | None = None
    certificates: Mapping[str, str] | None = None

    @property
    def size(self) -> GroupSize:
        """The numbers of nodes."""
        return GroupSize(min_size=self.min_size, max_size=self.max_size, desired_size=self.desired_size)

    @property
    def node_image(self) -> NodeImage:
        """The image, of a group without problems."""
        return IMAGES[self.image]


DEFAULTS: Final = NodeGroupProps()
"""A node group with every default: two to six m6i.large with Bottlerocket."""
