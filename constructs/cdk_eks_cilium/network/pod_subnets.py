"""Subnets that hold pods only, in secondary CIDRs of the VPC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from constructs import Construct, IDependable

from cdk_eks_cilium.addressing import (
    DEFAULT_BLOCK_QUOTA,
    LARGEST_BLOCK_QUOTA,
    cidr_problems,
    pod_subnet_cidrs,
    prefix_reservations,
    secondary_cidr_advice,
    secondary_cidr_problems,
)
from cdk_eks_cilium.network.pod_subnets_base import PodSubnetsBase, ZonedSubnet
from cdk_eks_cilium.problems import InputError, Problem, refuse

EVERYWHERE: Final = "0.0.0.0/0"
"""Destination of a default route."""

POD_SUBNET_TAG = "cilium.io/pod-subnet"
"""Tag key of every pod subnet; its value is the name of the cluster whose pods live there."""


class PodSubnets(PodSubnetsBase):
    """Secondary CIDR blocks and, in each, one subnet per zone for pods alone.

    Pod addresses then cost nothing from the enterprise's range. The subnets are no part of
    ``vpc.private_subnets``, so that no node, load balancer, Lambda function or control-plane
    interface is ever placed there. Each has its own route table: by default only the VPC's local
    route, which is all that pods need when they leave through the node's primary interface.

    Args:
        vpc: The VPC to extend, new or imported. An imported one needs `vpc_cidr_block`.

        cidr: IPv4 range, /16 to /28, split evenly over the zones.
            100.64.0.0/10 and 198.19.0.0/16 are outside what enterprises route.

        further_cidrs: More ranges, each split over the zones as *cidr* is, for when that is full: Cilium
            takes the subnet of a zone with the most free addresses. AWS allows a VPC five ranges in all,
            and up to 50 on request. EKS can take an hour to learn a range that is added later.

        availability_zones: Zones that get a subnet. By default, the zones of *vpc*.

        cluster_name: Value of the subnets' tag ``cilium.io/pod-subnet``. By default, the path of
            this construct.

        associated_cidrs: Other secondary blocks the VPC already has, so that overlaps are found.

        reserve_prefixes: Keep three quarters of each subnet for prefixes, so that primary addresses of
            interfaces cannot scatter over it and leave no 16 addresses in a row. How Cilium counts what is
            free in a subnet with reservations is not known, so by default nothing is reserved.

    Raises:
        InputError: If AWS would refuse a range on this VPC, or it is too small for the zones.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        vpc: ec2.IVpc,
        cidr: str = "100.64.0.0/16",
        further_cidrs: Sequence[str] = (),
        availability_zones: Sequence[str] | None = None,
        cluster_name: str | None = None,
        associated_cidrs: Sequence[str] = (),
        reserve_prefixes: bool = False,
    ) -> None:
        super().__init__(scope, id)
        self.vpc = vpc
        if isinstance(further_cidrs, str):
            rule = "must be a list of ranges"
            refuse(
                [
                    Problem(
                        f"{self.node.path}: further_cidrs",
                        rule,
                        further_cidrs,
                        f"write ['{further_cidrs}']",
                        id="CEK6019",
                    )
                ]
            )
        self.cidrs = (cidr, *further_cidrs)
        self._destinations: set[str] = set()
        zones = tuple(availability_zones or vpc.availability_zones)
        self._check(associated_cidrs)
        for number, each in enumerate(self.cidrs, start=1):
            for text in secondary_cidr_advice(each):
                cdk.Annotations.of(self).add_warning_v2(f"cdk-eks-cilium:pod-cidr{_suffix(number)}", text)
        self.blocks: list[ec2.CfnVPCCidrBlock] = []
        self._made: list[ec2.PrivateSubnet] = []
        for number, each in enumerate(self.cidrs, start=1):
            self._extend(number, each, zones, reserve_prefixes=reserve_prefixes)
        for subnet in self._made:
            cdk.Tags.of(subnet).add(POD_SUBNET_TAG, cluster_name or self.node.path)

    @property
    def cidr(self) -> str:
        """The first range."""
        return self.cidrs[0]

    @property
    def block_count(self) -> int:
        """CIDR blocks that are made for them here."""
        return len(self.cidrs)

    def route_through_nat(self, nat_gateway_ids: Mapping[str, str]) -> None:
        """Give each pod subnet a default route through a NAT gateway.

        Needed when pods leave with their own address (`Egress.pod()`).

        Args:
            nat_gateway_ids: NAT gateway id by zone; each zone of the subnets has one.

        Raises:
            InputError: If a zone has no gateway, or there is a default route already.
        """
        self._refuse_missing(nat_gateway_ids)
        self._add_destinations([EVERYWHERE])
        for each, subnet in zip(self._zoned, self._made, strict=True):
            subnet.add_default_nat_route(nat_gateway_ids[each.availability_zone])
        self._routed = True

    def route_through_private_nat(
        self, nat_gateway_ids: Mapping[str, str], destination_cidrs: Sequence[str]
    ) -> None:
        """Lead networks that do not route pod addresses through private NAT gateways.

        Args:
            nat_gateway_ids: Gateway id by zone, as `PrivateNatGateways.gateway_ids` has them.
            destination_cidrs: The ranges of those networks. 0.0.0.0/0 makes it the way out.

        Raises:
            InputError: If a zone has no gateway, or a range is none, lies in the VPC or has a route already.
        """
        self._refuse_missing(nat_gateway_ids)
        self._add_destinations(destination_cidrs)
        for cidr in destination_cidrs:
            for each, subnet in zip(self._zoned, self._made, strict=True):
                gateway = nat_gateway_ids[each.availability_zone]
                self._route(subnet, cidr, nat_gateway_id=gateway)

    def route_to_transit_gateway(
        self,
        transit_gateway_id: str,
        destination_cidrs: Sequence[str],
        *,
        after: Sequence[IDependable] = (),
    ) -> None:
        """Lead networks behind a transit gateway there; they see pods at their own address.

        The other side must route the pods' ranges back, which 100.64.0.0/10 seldom is.

        Args:
            transit_gateway_id: The transit gateway, attached to this VPC.
            destination_cidrs: The ranges behind it. 0.0.0.0/0 makes it the way out.
            after: What must exist before, such as the attachment made in this app.

        Raises:
            InputError: If a range is none, lies in the VPC or has a route already.
        """
        self._add_destinations(destination_cidrs)
        for cidr in destination_cidrs:
            for subnet in self._made:
                route = self._route(subnet, cidr, transit_gateway_id=transit_gateway_id)
                route.node.add_dependency(*after)

    def add_gateway_endpoint(
        self, id: str, service: ec2.IGatewayVpcEndpointService
    ) -> ec2.GatewayVpcEndpoint:
        """Reach S3 or DynamoDB from the pod subnets without a NAT gateway.

        For `Egress.pod()`: with `Egress.node()` such traffic takes the node subnets' routes.

        Args:
            id: Construct id of the endpoint.
            service: ``ec2.GatewayVpcEndpointAwsService.S3`` or ``.DYNAMODB``.
        """
        return ec2.GatewayVpcEndpoint(
            self,
            id,
            vpc=self.vpc,
            service=service,
            subnets=[ec2.SubnetSelection(subnets=list(self.subnets))],
        )

    def _extend(self, number: int, cidr: str, zones: Sequence[str], *, reserve_prefixes: bool) -> None:
        suffix = _suffix(number)
        block = ec2.CfnVPCCidrBlock(self, f"CidrBlock{suffix}", vpc_id=self.vpc.vpc_id, cidr_block=cidr)
        if self.blocks:
            # One at a time: EC2 takes no second association while the first is under way.
            block.node.add_dependency(self.blocks[-1])
        self.blocks.append(block)
        prefix = f"Block{number}" if suffix else ""
        where = self._where(number)
        split = pod_subnet_cidrs(cidr, zones, where=where)
        for index, (zone, subnet_cidr) in enumerate(split.items(), start=1):
            subnet = ec2.PrivateSubnet(
                self,
                f"{prefix}Subnet{index}",
                vpc_id=self.vpc.vpc_id,
                availability_zone=zone,
                cidr_block=subnet_cidr,
            )
            # Without it nothing orders the two, and the subnet can be asked for before its range exists.
            subnet.node.add_dependency(block)
            if reserve_prefixes:
                self._reserve(subnet, subnet_cidr, where)
            self._made.append(subnet)
            self._zoned.append(ZonedSubnet(zone, subnet))

    def _where(self, number: int) -> str:
        """The argument that names a range, to blame; ranges are counted from 1."""
        name = "cidr" if number == 1 else f"further_cidrs[{number - 2}]"
        return f"{self.node.path}: {name}"

    def _reserve(self, subnet: ec2.PrivateSubnet, cidr: str, where: str) -> None:
        for number, part in enumerate(prefix_reservations(cidr, where=where), start=1):
            ec2.CfnSubnetCidrReservation(
                subnet,
                f"Prefixes{number}",
                subnet_id=subnet.subnet_id,
                cidr=part,
                reservation_type="prefix",
                description="Prefixes of pods",
            )

    def _route(self, subnet: ec2.PrivateSubnet, cidr: str, **target: str) -> ec2.CfnRoute:
        self._routed = self._routed or cidr == EVERYWHERE
        return ec2.CfnRoute(
            subnet,
            f"To{cidr.replace('/', '-')}",
            route_table_id=subnet.route_table.route_table_id,
            destination_cidr_block=cidr,
            **target,
        )

    def _add_destinations(self, cidrs: Sequence[str]) -> None:
        """Note where routes lead, of which each table has one to a destination."""
        where = f"{self.node.path}: destination_cidrs"
        own = [_primary_cidr(self.vpc), *self.cidrs]
        problems: list[Problem] = []
        routed = set(self._destinations)
        for cidr in cidrs:
            wrong = cidr_problems(where, cidr, shortest=0, longest=32)
            if not wrong and cidr in routed:
                wrong = [Problem(where, "must have one route", cidr, "lead it one way", id="CEK6020")]
            elif not wrong and any(
                block and IPv4Network(cidr).subnet_of(IPv4Network(block)) for block in own
            ):
                wrong = [
                    Problem(
                        where,
                        "must lie outside the VPC, whose local route wins",
                        cidr,
                        "leave it out",
                        id="CEK6021",
                    )
                ]
            problems += wrong
            routed.add(cidr)
        refuse(problems)
        self._destinations = routed

    def _refuse_missing(self, nat_gateway_ids: Mapping[str, str]) -> None:
        missing = [zone for zone in self.availability_zones if zone not in nat_gateway_ids]
        refuse(
            Problem(
                self.node.path,
                "every pod subnet must have a NAT gateway",
                zone,
                "name one for its zone",
                id="CEK6022",
            )
            for zone in missing
        )

    def _check(self, associated_cidrs: Sequence[str]) -> None:
        primary = _primary_cidr(self.vpc)
        if primary is None:
            raise InputError(
                [
                    Problem(
                        self.node.path,
                        "the VPC's primary CIDR must be known at synth",
                        fix="import the VPC with vpc_cidr_block=...",
                        id="CEK6023",
                    )
                ]
            )
        found: list[Problem] = []
        for number, cidr in enumerate(self.cidrs, start=1):
            found += secondary_cidr_problems(
                self._where(number),
                primary=primary,
                secondary=cidr,
                associated=[*associated_cidrs, *self.cidrs[: number - 1]],
                quota=LARGEST_BLOCK_QUOTA,
            )
        refuse(found)
        blocks = 1 + len(associated_cidrs) + len(self.cidrs)
        if blocks > DEFAULT_BLOCK_QUOTA:
            cdk.Annotations.of(self).add_warning_v2(
                "cdk-eks-cilium:blocks",
                f"the VPC has {blocks} IPv4 ranges with these, and the default quota is "
                f"{DEFAULT_BLOCK_QUOTA}: have AWS raise 'IPv4 CIDR blocks per VPC' before",
            )


def _suffix(number: int) -> str:
    """Of ids of the first range none, so that they stay what they were when a second one comes."""
    return "" if number == 1 else str(number)


def _primary_cidr(vpc: ec2.IVpc) -> str | None:
    """The primary block as text; None where only CloudFormation will know it."""
    resource = vpc.node.default_child
    if isinstance(resource, ec2.CfnVPC):
        block = resource.cidr_block
        return None if block is None or cdk.Token.is_unresolved(block) else block
    try:
        block = vpc.vpc_cidr_block
    except RuntimeError:  # an imported VPC without it refuses to say
        return None
    return None if cdk.Token.is_unresolved(block) else block
