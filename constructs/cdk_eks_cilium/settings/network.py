"""The network of an environment, typed: the VPC, its blocks, and what is beyond it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from cdk_eks_cilium.problems.wording import Fix

from .fields import (
    AccountId,
    NatGatewayId,
    Range,
    ServiceName,
    SubnetId,
    TransitGatewayId,
    VpcBlock,
    VpcId,
    Zone,
)
from .part import SettingsPart
from .part import unlike as _unlike


class PodSubnetSettings(SettingsPart):
    """A pod subnet that is there already."""

    id: SubnetId = Field(description="Its id.")
    cidr: VpcBlock = Field(description="Its range, for the plan of addresses. Nothing is looked up.")


class OnPremises(SettingsPart):
    """Private networks beyond the VPC."""

    cidrs: Annotated[list[Range], AfterValidator(_unlike)] = Field(
        min_length=1, max_length=50, description="Their ranges. One may contain the VPC's own."
    )
    transit_gateway_id: TransitGatewayId | None = Field(
        default=None,
        description="The transit gateway that leads there. A new VPC is attached to it.",
    )
    private_nat: bool = Field(
        default=False,
        description="With egress 'pod': hide pods behind private NAT gateways in the node subnets, for "
        "networks that do not route pod addresses.",
    )


class Network(SettingsPart):
    """The VPC, new or existing, and the block its pods live in."""

    vpc_cidr: VpcBlock = Field(
        default="10.0.0.0/16",
        description="Primary block of the VPC: nodes, control plane and load balancers live in it. "
        "With vpc_id, the primary block that VPC has.",
    )
    pod_cidr: VpcBlock = Field(
        default="100.64.0.0/16",
        description="Secondary block, added to the VPC for pods alone and split evenly over the zones.",
    )
    further_pod_cidrs: list[VpcBlock] = Field(
        default=[],
        max_length=48,
        description="More secondary blocks for pods, each split over the zones too, for when the first is "
        "full. A VPC has five blocks in all; AWS raises that on request to 50.",
    )
    reserve_prefixes: bool = Field(
        default=False,
        description="Reserve three quarters of each pod subnet for prefixes, so that single addresses cannot "
        "scatter over it.",
    )
    availability_zones: Annotated[
        list[Zone],
        AfterValidator(_unlike),
        Fix("too_short", "EKS spreads a control plane over two zones or more, add one"),
    ] = Field(
        default=["eu-west-1a", "eu-west-1b", "eu-west-1c"],
        min_length=2,
        max_length=6,
        description="Zones to build in. They are never looked up: every synth gives the same template. "
        "Their order decides the subnets' ranges, so a further zone goes to the end.",
    )
    nat_gateways: Annotated[int, Field(ge=1)] | None = Field(
        default=None,
        description="NAT gateways of a new VPC, at most one for each zone. By default one for each zone.",
    )
    vpc_id: VpcId | None = Field(
        default=None,
        description="Build in this VPC. By default a new one is made. Needs vpc_cidr and the ids below.",
    )
    private_subnet_ids: dict[Zone, SubnetId] = Field(
        default={},
        description="With vpc_id: for each zone the subnet that nodes and the control plane live in.",
    )
    public_subnet_ids: dict[Zone, SubnetId] = Field(
        default={},
        description="With vpc_id: for each zone the subnet of public load balancers, if there are any.",
    )
    nat_gateway_ids: dict[Zone, NatGatewayId] = Field(
        default={},
        description="With vpc_id and egress 'pod': for each zone the NAT gateway its pods leave through. "
        "Zones may share one.",
    )
    associated_cidrs: list[VpcBlock] = Field(
        default=[],
        description="With vpc_id: the other blocks that VPC has, so that the new one is checked with them.",
    )

    isolated: bool = Field(
        default=False,
        description="A new VPC without any way to the internet: no public subnet, no NAT gateway, VPC "
        "endpoints instead. Needs endpoint_access.public_cidrs [], cilium.chart and cilium.image_registry.",
    )
    endpoints: Annotated[list[ServiceName], AfterValidator(_unlike)] = Field(
        default=[],
        max_length=40,
        description="With isolated: further services to make an interface endpoint for, such as 'logs'. "
        "Those that the cluster itself needs are made in any case.",
    )

    trusted_accounts: Annotated[list[AccountId], AfterValidator(_unlike)] = Field(
        default=[],
        max_length=40,
        description="With isolated: other accounts whose principals and S3 buckets may be used through the "
        "VPC endpoints. This account's may in any case.",
    )

    pod_subnets: dict[Zone, PodSubnetSettings] = Field(
        default={},
        description="With vpc_id: for each zone a pod subnet that is there already, taken as it is. "
        "pod_cidr and further_pod_cidrs are then the blocks they are in, and nothing is added to the VPC.",
    )
    vpc_owner_account: AccountId | None = Field(
        default=None,
        description="With vpc_id: the account that shares that VPC's subnets with this one, in quotes. Needs "
        "pod_subnets, since only the owner can extend the VPC. By default the VPC is the account's own.",
    )
    pod_subnets_have_way_out: bool = Field(
        default=False,
        description="With pod_subnets and egress 'pod': that their route tables lead out of the VPC. "
        "Nothing is looked up.",
    )
    on_premises: OnPremises | None = Field(
        default=None, description="Private networks beyond the VPC, and the way to them. By default none."
    )
    peer_cidrs: Annotated[list[Range], AfterValidator(_unlike)] = Field(
        default=[],
        max_length=100,
        description="Ranges of peered VPCs and others that are routed elsewhere: no block may overlap them.",
    )
    gateway_endpoints: Annotated[list[Literal["s3", "dynamodb"]], AfterValidator(_unlike)] = Field(
        default=[],
        description="Services that nodes and, with egress 'pod', pods reach through gateway endpoints, past "
        "NAT gateways and their price. For a new VPC; an isolated one has that of S3 in any case.",
    )

    @property
    def pod_cidrs(self) -> list[str]:
        """Every block of pods."""
        return [self.pod_cidr, *self.further_pod_cidrs]

    @property
    def pod_blocks(self) -> dict[str, str]:
        """Every block of pods by the setting that names it."""
        further = {f"network.further_pod_cidrs[{n}]": block for n, block in enumerate(self.further_pod_cidrs)}
        return {"network.pod_cidr": self.pod_cidr, **further}

    @property
    def existing(self) -> bool:
        """Whether the VPC is there already."""
        return self.vpc_id is not None
