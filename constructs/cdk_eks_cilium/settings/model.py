"""What an environment is made of: the typed form of `settings.yaml`.

Every field has a default, so that an empty file is a whole environment. The fields are judged one by
one here and in `fields`; what several of them must agree on is in `rules`, and `load` runs both.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from cdk_eks_cilium.nodes import (
    ACCESS_POLICIES,
    BOTTLEROCKET,
    DEFAULTS,
    FIXED_INTERFACE,
    LARGEST_GROUP,
    LARGEST_VOLUME_GIB,
    SMALLEST_VOLUME_GIB,
    GroupSize,
    ImageName,
    Role,
)

from .cilium import CiliumSettings
from .fields import (
    AccountId,
    GroupName,
    InstanceTypeName,
    InterfaceName,
    KubernetesNumber,
    LabelKey,
    LabelValue,
    Name,
    Namespace,
    PrincipalArn,
    PrivateBlock,
    PublicBlock,
    Reason,
    Region,
    TagKey,
    TagValue,
)
from .network import Network
from .part import SettingsPart
from .part import unlike as _unlike
from .tenants import TenantSettings


class EndpointAccess(SettingsPart):
    """Who can reach the Kubernetes API, beside nodes and pods."""

    public_cidrs: list[PublicBlock] = Field(
        default=["203.0.113.0/24"],
        max_length=40,
        description="Ranges on the internet that may reach the public endpoint. Empty turns it off; the "
        "private one, inside the VPC, is always on. The default belongs to nobody: replace it.",
    )

    private_cidrs: Annotated[list[PrivateBlock], AfterValidator(_unlike)] = Field(
        default=[],
        max_length=40,
        description="Ranges that may reach the private endpoint: networks that are connected to the VPC, or "
        "the VPC's own for hosts in it. By default nodes and pods alone reach it.",
    )

    open_because: Reason | None = Field(
        default=None,
        description="Why everyone on the internet may reach the API. Needed with 0.0.0.0/0 in public_cidrs; "
        "the check CEC014 is acknowledged with it.",
    )

    @property
    def private_only(self) -> bool:
        """Whether the API has no public endpoint."""
        return not self.public_cidrs


class AccessSettings(SettingsPart):
    """An access entry: one role or user, and what it may do in the cluster."""

    principal_arn: PrincipalArn = Field(description="The IAM role or user, by ARN. One grant for each.")
    policy: Role = Field(
        description="What it may do: the Kubernetes role of that name, by way of the access policy of EKS."
    )
    namespaces: list[Namespace] = Field(
        default=[],
        description="Where it may do that; * matches any run of characters. Empty means the whole cluster.",
    )

    @property
    def policy_name(self) -> str:
        """The access policy of EKS, such as ``AmazonEKSViewPolicy``."""
        return ACCESS_POLICIES[self.policy]


class NodeGroupSettings(SettingsPart):
    """A managed node group: machines that are alike."""

    name: GroupName = Field(description="Name of the group, one of a kind.")
    instance_types: Annotated[list[InstanceTypeName], AfterValidator(_unlike)] = Field(
        default=[*DEFAULTS.instance_types],
        min_length=1,
        max_length=20,
        description="Nitro instance types of one architecture, any of which may be launched. "
        "Max pods is that of the smallest.",
    )
    image: ImageName = Field(
        default=BOTTLEROCKET.name,
        description="Operating system. 'al2023' with egress 'node' needs primary_interface; "
        "'al2' exists for the article's profile alone.",
    )
    min_size: int = Field(
        default=DEFAULTS.min_size,
        ge=0,
        le=LARGEST_GROUP,
        description="Fewest nodes. Cilium's operator keeps two replicas on separate nodes.",
    )
    max_size: int = Field(
        default=DEFAULTS.max_size,
        ge=1,
        le=LARGEST_GROUP,
        description="Most nodes an autoscaler may ask for.",
    )
    desired_size: Annotated[int, Field(ge=0, le=LARGEST_GROUP)] | None = Field(
        default=None, description="Nodes at creation. By default min_size, but at least one."
    )
    volume_size_gib: int = Field(
        default=DEFAULTS.volume_size_gib,
        ge=SMALLEST_VOLUME_GIB,
        le=LARGEST_VOLUME_GIB,
        description="Size in GiB of the encrypted gp3 volume of images and containers.",
    )
    primary_interface: InterfaceName | None = Field(
        default=None,
        description="Exact name of the first network interface, where egress 'node' needs it and the image "
        f"does not fix it. By default {FIXED_INTERFACE}, which Bottlerocket and AL2 guarantee.",
    )
    labels: dict[LabelKey, LabelValue] = Field(default={}, description="Kubernetes labels of its nodes.")

    @property
    def size(self) -> GroupSize:
        """How many nodes it has."""
        return GroupSize(min_size=self.min_size, max_size=self.max_size, desired_size=self.desired_size)

    @property
    def initial_size(self) -> int:
        """Nodes at creation."""
        return max(self.min_size, 1) if self.desired_size is None else self.desired_size


def _default_groups() -> list[NodeGroupSettings]:
    return [NodeGroupSettings(name="workers")]


class Settings(SettingsPart):
    """An environment: one VPC, one cluster, Cilium and its nodes."""

    name: Name = Field(
        default="platform",
        description="Name of the cluster, and how its stacks' names begin. Another name is another "
        "environment: the old one stays.",
    )
    account: AccountId | None = Field(
        default=None, description="Account to deploy to. By default whichever the credentials belong to."
    )
    region: Region = Field(default="eu-west-1", description="Region to deploy to.")
    kubernetes_version: KubernetesNumber = Field(
        default="1.35", description="Kubernetes minor version of control plane and nodes, in quotes."
    )
    endpoint_access: EndpointAccess = Field(
        default_factory=EndpointAccess,
        description="Which addresses reach the Kubernetes API, beside nodes and pods.",
    )
    access: list[AccessSettings] = Field(
        default=[],
        description="People and pipelines that may use the cluster. "
        "By default the stack makes an administrator role for the account's principals to assume.",
    )
    aws_node: Literal["remove", "patch", "never-install"] = Field(
        default="remove",
        description="How the cluster gets rid of the VPC CNI: 'remove' deletes it before any node starts, "
        "'patch' keeps it off every node by a node selector, until a destroy takes that back, "
        "'never-install' creates the cluster without add-ons and adds CoreDNS and kube-proxy. "
        "The first two can be switched; the last is fixed when the cluster is made: CloudFormation refuses "
        "a change.",
    )
    network: Network = Field(default_factory=Network, description="The VPC and the addresses of pods.")
    cilium: CiliumSettings = Field(
        default_factory=CiliumSettings, description="Cilium: which version, and what it does."
    )
    node_groups: list[NodeGroupSettings] = Field(
        default_factory=_default_groups, min_length=1, max_length=30, description="The managed node groups."
    )
    tenants: list[TenantSettings] = Field(
        default=[],
        max_length=100,
        description="Namespaces that are shut by default, with the policies that open them, in a stack of "
        "their own. By default none, and no such stack.",
    )
    instance_facts: str | None = Field(
        default=None,
        description="Path of a file with facts of instance types that the library does not know, as seen "
        "from the settings file. `cdk-eks-cilium instances --region REGION --output FILE` writes one.",
    )
    tags: Annotated[dict[TagKey, TagValue], Field(max_length=40)] = Field(
        default={},
        description="Tags of every resource that can have them, and of the interfaces that Cilium makes.",
    )
