"""The typed form of `settings.yaml`: one environment.

Every field has a default, so that an empty file is a whole environment. This module and `fields` judge each
field by itself, `rules` judges several fields together, and `load` runs both.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from cdk_eks_cilium.addressing.service_range import DEFAULT_SERVICE_CIDR
from cdk_eks_cilium.nodes import ACCESS_POLICIES, Role
from cdk_eks_cilium.versions.kubernetes import UpgradePolicy

from .cilium import CiliumSettings
from .fields import (
    AccountId,
    KeyArn,
    KubernetesNumber,
    Name,
    Namespace,
    PrincipalArn,
    Reason,
    Region,
    RoleArn,
    TagKey,
    TagValue,
)
from .network import Network
from .node_group import NodeGroupSettings
from .part import SettingsPart
from .part import unlike as _unlike
from .ranges import PrivateBlock, PublicBlock, ServiceBlock
from .tenants import TenantSettings


class EndpointAccess(SettingsPart):
    """Who can reach the Kubernetes API, in addition to nodes and pods."""

    public_cidrs: list[PublicBlock] = Field(
        default=["203.0.113.0/24"],
        max_length=40,
        description="Ranges on the internet that may reach the public endpoint. An empty list turns it off; "
        "the private endpoint, inside the VPC, is always on. The default is a placeholder: replace it.",
    )
    private_cidrs: Annotated[list[PrivateBlock], AfterValidator(_unlike)] = Field(
        default=[],
        max_length=40,
        description="Ranges that may reach the private endpoint: of networks with a route to the VPC, or of "
        "the VPC itself for hosts in it. By default only nodes and pods reach it.",
    )
    open_because: Reason | None = Field(
        default=None,
        description="Why everyone on the internet may reach the API. Needed with 0.0.0.0/0 in public_cidrs; "
        "it acknowledges the check CEC014.",
    )

    @property
    def private_only(self) -> bool:
        """Whether the API has no public endpoint."""
        return not self.public_cidrs


class AccessSettings(SettingsPart):
    """An access entry: a role or user, and what it may do in the cluster."""

    principal_arn: PrincipalArn = Field(description="ARN of the IAM role or user. Each has one entry.")
    policy: Role = Field(
        description="What it may do: the name of a Kubernetes role, which an access policy of EKS grants."
    )
    namespaces: list[Namespace] = Field(
        default=[],
        description="Namespaces for this policy; * matches any characters. Empty means the whole cluster.",
    )

    @property
    def policy_name(self) -> str:
        """The access policy of EKS, such as ``AmazonEKSViewPolicy``."""
        return ACCESS_POLICIES[self.policy]


class Settings(SettingsPart):
    """An environment: one VPC, one cluster, Cilium and its nodes."""

    name: Name = Field(
        default="platform",
        description="Name of the cluster, and the beginning of its stacks' names. A new name makes another "
        "environment: the old stacks stay.",
    )
    account: AccountId | None = Field(
        default=None, description="Account to deploy to. By default the account of the credentials."
    )
    region: Region = Field(default="eu-west-1", description="Region to deploy to.")
    kubernetes_version: KubernetesNumber = Field(
        default="1.35", description="Kubernetes minor version of control plane and nodes, in quotes."
    )
    endpoint_access: EndpointAccess = Field(
        default_factory=EndpointAccess,
        description="Which addresses reach the Kubernetes API, in addition to nodes and pods.",
    )
    access: list[AccessSettings] = Field(
        default=[],
        description="People and pipelines that may use the cluster. By default the stack makes an "
        "administrator role, which principals of the account may assume.",
    )
    aws_node: Literal["remove", "patch", "never-install"] = Field(
        default="remove",
        description="How the cluster gets rid of the VPC CNI: 'remove' deletes it before any node starts, "
        "'patch' keeps it off every node by a node selector, until a destroy removes the selector, "
        "'never-install' creates the cluster without add-ons and adds CoreDNS and kube-proxy. 'remove' and "
        "'patch' can replace each other; CloudFormation refuses a change from or to 'never-install'.",
    )
    service_cidr: ServiceBlock = Field(
        default=DEFAULT_SERVICE_CIDR,
        description="Range of the addresses of Services, /12 to /24 in 10.0.0.0/8, 172.16.0.0/12 or "
        "192.168.0.0/16, outside the ranges of the VPC, the pods and peers. Fixed when the cluster is made.",
    )
    termination_protection: bool = Field(
        default=False,
        description="Whether CloudFormation refuses to delete the stacks. By default a destroy needs one "
        "command.",
    )
    deletion_protection: bool = Field(
        default=False,
        description="Whether EKS refuses to delete the cluster, whoever asks. Needs termination_protection.",
    )
    upgrade_policy: UpgradePolicy = Field(
        default="extended",
        description="What EKS does when standard support of the Kubernetes version ends: 'extended' keeps "
        "the version for another year, at six times the price of the cluster, 'standard' upgrades the "
        "control plane by itself.",
    )
    zonal_shift: bool | None = Field(
        default=None,
        description="Whether traffic may be shifted away from a zone, by you or by zonal autoshift. By "
        "default EKS decides, which is no.",
    )
    secrets_key_arn: KeyArn | None = Field(
        default=None,
        description="A KMS key of yours, in this region, that encrypts Kubernetes secrets. By default the "
        "stack makes one, and deletes it with the cluster. Fixed when the cluster is made.",
    )
    cluster_role_arn: RoleArn | None = Field(
        default=None,
        description="An IAM role of yours that the control plane acts as, with AmazonEKSClusterPolicy. By "
        "default the stack makes one. Fixed when the cluster is made.",
    )
    network: Network = Field(default_factory=Network, description="The VPC and the addresses of pods.")
    cilium: CiliumSettings = Field(
        default_factory=CiliumSettings, description="Cilium: which version, and what it does."
    )
    node_groups: list[NodeGroupSettings] = Field(
        default_factory=lambda: [NodeGroupSettings(name="workers")],
        min_length=1,
        max_length=30,
        description="The managed node groups.",
    )
    tenants: list[TenantSettings] = Field(
        default=[],
        max_length=100,
        description="Namespaces with default deny and the policies that allow traffic, in a stack of their "
        "own. By default without tenants and without this stack.",
    )
    instance_facts: str | None = Field(
        default=None,
        description="Path of a file with facts of instance types that the library does not know, relative to "
        "the settings file. `cdk-eks-cilium instances --region REGION --output FILE` writes it.",
    )
    tags: Annotated[dict[TagKey, TagValue], Field(max_length=40)] = Field(
        default={},
        description="Tags of every resource that can have tags, and of the interfaces that Cilium makes.",
    )
