"""The settings of a managed node group."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from cdk_eks_cilium.nodes import (
    BOTTLEROCKET,
    DEFAULTS,
    FIXED_INTERFACE,
    LARGEST_GROUP,
    LARGEST_VOLUME_GIB,
    LATEST,
    SMALLEST_VOLUME_GIB,
    Accelerator,
    Capacity,
    GroupSize,
    ImageName,
    NodeGroupKeywords,
    NodeGroupProps,
    Proxy,
    Taint,
    TaintEffect,
)

from .fields import (
    GroupName,
    InstanceTypeName,
    InterfaceName,
    KeyArn,
    LabelKey,
    LabelValue,
    RoleArn,
    Zone,
)
from .part import SettingsPart
from .part import unlike as _unlike


class TaintSettings(SettingsPart):
    """A taint of the nodes of a group: it keeps pods off that do not tolerate it."""

    key: LabelKey = Field(description="Key of the taint, such as 'dedicated'.")
    value: LabelValue = Field(default="", description="Value of the taint. By default empty.")
    effect: TaintEffect = Field(
        default="NoSchedule",
        description="What happens to pods without a toleration: 'NoSchedule' keeps new ones off, "
        "'PreferNoSchedule' if there is another place, 'NoExecute' also evicts running ones.",
    )


class ProxySettings(SettingsPart):
    """A proxy on the way from nodes to AWS and to the registries of images."""

    url: str = Field(description="Its address, such as 'http://proxy.example.com:3128'.")
    no_proxy: list[str] = Field(
        default=[],
        description="What nodes reach without it: names, suffixes such as '.example.com', and ranges. The "
        "node itself, the metadata service, Services and the Kubernetes API are always among them.",
    )


class NodeGroupSettings(SettingsPart):
    """A managed node group: machines of one kind."""

    name: GroupName = Field(description="Name of the group. No other group has it.")
    instance_types: Annotated[list[InstanceTypeName], AfterValidator(_unlike)] = Field(
        default=[*DEFAULTS.instance_types],
        min_length=1,
        max_length=20,
        description="Nitro instance types of one architecture; AWS may launch any of them. The smallest type "
        "decides how many pods each node may run.",
    )
    capacity: Capacity = Field(
        default=DEFAULTS.capacity,
        description="'on-demand', or 'spot', which is cheaper and which AWS may take back with two minutes' "
        "notice; name several types then.",
    )
    zones: Annotated[list[Zone], AfterValidator(_unlike)] = Field(
        default=[],
        description="Zones of its nodes, for volumes that live in one zone. By default all zones.",
    )
    image: ImageName = Field(
        default=BOTTLEROCKET.name,
        description="Operating system. 'al2023' with egress 'node' needs primary_interface; 'al2' is for the "
        "article's profile alone.",
    )
    image_version: str = Field(
        default=LATEST,
        description="Release of the image, such as '1.62.0' of Bottlerocket or 'v20261104' of AL2023. With "
        "the default, each deploy, also of the same settings, replaces the nodes if AWS has published an "
        "image since; a release makes that a change of this file.",
    )
    ami_id: str | None = Field(
        default=None,
        description="An image of your own, made from the image's family. By default AWS's image. You take "
        "another one for a new kubernetes_version.",
    )
    accelerator: Accelerator | None = Field(
        default=None,
        description="'nvidia' or 'neuron', for the image with these drivers. Types with such chips need it.",
    )
    min_size: int = Field(
        default=DEFAULTS.min_size,
        ge=0,
        le=LARGEST_GROUP,
        description="Fewest nodes. The two replicas of Cilium's operator need two nodes.",
    )
    max_size: int = Field(
        default=DEFAULTS.max_size,
        ge=1,
        le=LARGEST_GROUP,
        description="Most nodes, for an autoscaler.",
    )
    desired_size: Annotated[int, Field(ge=0, le=LARGEST_GROUP)] | None = Field(
        default=None,
        description="Nodes at creation. By default min_size, but at least one. A group that exists keeps the "
        "number it has, within min_size and max_size.",
    )
    max_unavailable: int | None = Field(
        default=None, description="How many nodes an update replaces at a time. By default one."
    )
    max_unavailable_percentage: int | None = Field(
        default=None, description="The same as a share of the group, in percent."
    )
    node_repair: bool = Field(
        default=DEFAULTS.node_repair, description="Whether EKS replaces nodes that it finds unhealthy."
    )
    volume_size_gib: int = Field(
        default=DEFAULTS.volume_size_gib,
        ge=SMALLEST_VOLUME_GIB,
        le=LARGEST_VOLUME_GIB,
        description="Size in GiB of the encrypted gp3 volume for images and containers.",
    )
    volume_key_arn: KeyArn | None = Field(
        default=None,
        description="A KMS key for the volumes. Its policy must let the role AWSServiceRoleForAutoScaling "
        "use it, or no node starts. By default the account's default key of EBS.",
    )
    primary_interface: InterfaceName | None = Field(
        default=None,
        description="Exact name of the first network interface. Egress 'node' needs it with image 'al2023'. "
        f"By default {FIXED_INTERFACE}, which Bottlerocket and AL2 guarantee.",
    )
    labels: dict[LabelKey, LabelValue] = Field(default={}, description="Kubernetes labels of its nodes.")
    taints: list[TaintSettings] = Field(
        default=[], max_length=50, description="Kubernetes taints of its nodes."
    )
    ssm_access: bool = Field(
        default=DEFAULTS.ssm_access,
        description="Whether people with the right reach its nodes by AWS Systems Manager. The group then "
        "has a role of its own.",
    )
    node_role_arn: RoleArn | None = Field(
        default=None,
        description="Role of its nodes, made elsewhere with the policies AmazonEKSWorkerNodePolicy and "
        "AmazonEC2ContainerRegistryPullOnly. By default the stack makes one role for all groups.",
    )
    proxy: ProxySettings | None = Field(
        default=None, description="A proxy for the nodes' own calls and for images. Pods do not use it."
    )
    certificates: dict[str, str] = Field(
        default={},
        description="Certificate authorities that its nodes trust, each in PEM by a name, for a proxy or a "
        "registry of images.",
    )

    @property
    def props(self) -> NodeGroupProps:
        """The group as the constructs and their rules know it."""
        return NodeGroupProps(**self.keywords)

    @property
    def keywords(self) -> NodeGroupKeywords:
        """The keywords of `Cilium.add_node_group`, except what is an object of CDK there."""
        proxy = None
        if self.proxy is not None:
            proxy = Proxy(url=self.proxy.url, no_proxy=tuple(self.proxy.no_proxy))
        return NodeGroupKeywords(
            instance_types=self.instance_types,
            image=self.image,
            image_version=self.image_version,
            ami_id=self.ami_id,
            accelerator=self.accelerator,
            capacity=self.capacity,
            min_size=self.min_size,
            max_size=self.max_size,
            desired_size=self.initial_size,
            volume_size_gib=self.volume_size_gib,
            labels=self.labels,
            taints=tuple(Taint(taint.key, taint.value, taint.effect) for taint in self.taints),
            max_unavailable=self.max_unavailable,
            max_unavailable_percentage=self.max_unavailable_percentage,
            node_repair=self.node_repair,
            ssm_access=self.ssm_access,
            proxy=proxy,
            certificates=self.certificates,
        )

    @property
    def size(self) -> GroupSize:
        """The numbers of nodes."""
        return GroupSize(min_size=self.min_size, max_size=self.max_size, desired_size=self.desired_size)

    @property
    def initial_size(self) -> int:
        """Nodes at creation."""
        return max(self.min_size, 1) if self.desired_size is None else self.desired_size

    @property
    def most_unavailable(self) -> int:
        """The most nodes that an update replaces at a time."""
        if self.max_unavailable_percentage is not None:
            return -(-self.max_size * self.max_unavailable_percentage // 100)
        return self.max_unavailable or 1

    @property
    def takes_any_pod(self) -> bool:
        """Whether pods without a toleration run on its nodes."""
        return not any(taint.effect != "PreferNoSchedule" for taint in self.taints)
