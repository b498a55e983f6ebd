"""The typed network of an environment: the VPC, its blocks, and the networks beyond it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from cdk_eks_cilium.addressing.flow_logs import FlowLogTraffic, RetentionDays
from cdk_eks_cilium.problems.wording import Fix

from .fields import AccountId, BucketArn, NatGatewayId, ServiceName, SubnetId, TransitGatewayId, VpcId, Zone
from .part import SettingsPart
from .part import unlike as _unlike
from .ranges import PrimaryBlock, Range, VpcBlock


class PodSubnetSettings(SettingsPart):
    """A pod subnet that exists already."""

    id: SubnetId = Field(description="Id of the subnet.")
    cidr: VpcBlock = Field(description="Its range, for the address plan. Nothing is looked up.")


class OnPremises(SettingsPart):
    """Private networks beyond the VPC."""

    cidrs: Annotated[list[Range], AfterValidator(_unlike)] = Field(
        min_length=1, max_length=50, description="Their ranges. A range may contain the VPC's ranges."
    )
    transit_gateway_id: TransitGatewayId | None = Field(
        default=None,
        description="The transit gateway to these networks. The stack attaches a new VPC to it.",
    )
    private_nat: bool = Field(
        default=False,
        description="With egress 'pod': hide pods behind private NAT gateways in the node subnets, for "
        "networks that do not route pod addresses.",
    )


class FlowLogSettings(SettingsPart):
    """Records of the connections of the VPC's interfaces."""

    traffic: FlowLogTraffic = Field(
        default="all",
        description="Which connections: all, or only connections that a security group refused.",
    )
    retention_days: RetentionDays = Field(
        default=30, description="How long the log group of the stack keeps them."
    )
    bucket_arn: BucketArn | None = Field(
        default=None,
        description="An S3 bucket of yours that gets them, cheaper than a log group. By default the stack "
        "makes a log group.",
    )


class Network(SettingsPart):
    """The VPC, new or existing, and the blocks of its pods."""

    vpc_cidr: PrimaryBlock = Field(
        default="10.0.0.0/16",
        description="Primary block of the VPC, for nodes, control plane and load balancers. With vpc_id, the "
        "primary block of that VPC.",
    )
    pod_cidr: VpcBlock = Field(
        default="100.64.0.0/16",
        description="Secondary block, added to the VPC for pods only and split evenly over the zones.",
    )
    further_pod_cidrs: list[VpcBlock] = Field(
        default=[],
        max_length=48,
        description="More secondary blocks for pods when the first is full, each split over the zones too. A "
        "VPC has at most five blocks; AWS raises that to 50 on request.",
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
        description="Availability zones. Nothing is looked up: every synth gives the same template. "
        "Their order decides the ranges of the subnets, so add a further zone at the end.",
    )
    nat_gateways: Annotated[int, Field(ge=1)] | None = Field(
        default=None,
        description="NAT gateways of a new VPC, at most one for each zone. By default one for each zone.",
    )
    vpc_id: VpcId | None = Field(
        default=None,
        description="An existing VPC; it needs vpc_cidr and private_subnet_ids. By default the stack makes "
        "a VPC.",
    )
    private_subnet_ids: dict[Zone, SubnetId] = Field(
        default={},
        description="With vpc_id: for each zone the subnet of nodes and control plane.",
    )
    public_subnet_ids: dict[Zone, SubnetId] = Field(
        default={},
        description="With vpc_id: for each zone the subnet of public load balancers, if the VPC has any.",
    )
    nat_gateway_ids: dict[Zone, NatGatewayId] = Field(
        default={},
        description="With vpc_id and egress 'pod': for each zone the NAT gateway of its pods. Zones may "
        "share a gateway.",
    )
    associated_cidrs: list[VpcBlock] = Field(
        default=[],
        description="With vpc_id: the other blocks of that VPC, which the new block must go with.",
    )
    isolated: bool = Field(
        default=False,
        description="A new VPC without any way to the internet: no public subnet, no NAT gateway, VPC "
        "endpoints instead. Needs endpoint_access.public_cidrs [], cilium.chart and cilium.image_registry.",
    )
    endpoints: Annotated[list[ServiceName], AfterValidator(_unlike)] = Field(
        default=[],
        max_length=40,
        description="With isolated: further services that get an interface endpoint, such as 'logs'. The "
        "services that the cluster itself needs always get one.",
    )
    trusted_accounts: Annotated[list[AccountId], AfterValidator(_unlike)] = Field(
        default=[],
        max_length=40,
        description="With isolated: other accounts whose principals and S3 buckets the VPC endpoints let "
        "through. They always let this account through.",
    )
    pod_subnets: dict[Zone, PodSubnetSettings] = Field(
        default={},
        description="With vpc_id: for each zone a pod subnet that exists already, and stays as it is. "
        "pod_cidr and further_pod_cidrs are then the blocks of these subnets, and the stack adds nothing "
        "to the VPC.",
    )
    vpc_owner_account: AccountId | None = Field(
        default=None,
        description="With vpc_id: the account that shares the subnets of that VPC with this account, in "
        "quotes. Needs pod_subnets, since only the owner can extend the VPC. By default this account owns "
        "it.",
    )
    pod_subnets_have_way_out: bool = Field(
        default=False,
        description="With pod_subnets and egress 'pod': whether their route tables lead out of the VPC. "
        "Nothing is looked up.",
    )
    on_premises: OnPremises | None = Field(
        default=None, description="Private networks beyond the VPC, and the way to them."
    )
    peer_cidrs: Annotated[list[Range], AfterValidator(_unlike)] = Field(
        default=[],
        max_length=100,
        description="Ranges of peered VPCs and of other networks with routes: no block may overlap them.",
    )
    gateway_endpoints: Annotated[list[Literal["s3", "dynamodb"]], AfterValidator(_unlike)] = Field(
        default=[],
        description="For a new VPC: services that nodes and, with egress 'pod', pods reach through gateway "
        "endpoints, without NAT gateways and their price. An isolated VPC always has the endpoint of S3.",
    )

    flow_logs: FlowLogSettings | None = Field(
        default=None,
        description="For a new VPC: flow logs, {} for all traffic into a log group of 30 days. AWS bills "
        "them by the gigabyte. Off by default.",
    )

    @property
    def pod_cidrs(self) -> list[str]:
        """Every block of pods."""
        return [self.pod_cidr, *self.further_pod_cidrs]

    @property
    def pod_blocks(self) -> dict[str, str]:
        """Every block of pods, by its setting."""
        further = {f"network.further_pod_cidrs[{n}]": block for n, block in enumerate(self.further_pod_cidrs)}
        return {"network.pod_cidr": self.pod_cidr, **further}

    @property
    def existing_ranges(self) -> dict[str, list[str]]:
        """The ranges of a VPC, its primary range first, and of pod subnets that exist already, by id."""
        if self.vpc_id is None:
            return {}
        subnets = {subnet.id: [subnet.cidr] for subnet in self.pod_subnets.values()}
        pods = self.pod_cidrs if subnets else []
        return {self.vpc_id: [self.vpc_cidr, *self.associated_cidrs, *pods], **subnets}

    @property
    def existing(self) -> bool:
        """Whether the VPC exists already."""
        return self.vpc_id is not None
