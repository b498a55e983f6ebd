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
    cidr_problems,
    pod_subnet_cidrs,
    prefix_reservations,
    secondary_cidr_advice,
    service_range_problems,
)
from cdk_eks_cilium.network.pod_ranges import range_problems, without_stand_ins, zones_problems
from cdk_eks_cilium.network.pod_subnets_base import PodSubnetsBase, ZonedSubnet
from cdk_eks_cilium.network.same_vpc import shared_vpc
from cdk_eks_cilium.network.vpc_range import primary_cidr
from cdk_eks_cilium.problems import InputError, Problem, refuse
from cdk_eks_cilium.problems.looked_up import STAND_IN_RANGE, awaits_lookup

EVERYWHERE: Final = "0.0.0.0/0"
"""Destination of a default route."""

# Of a zone that is yet to be looked up.
_NO_GATEWAY_YET: Final = "nat-00000000000000000"

POD_SUBNET_TAG = "cilium.io/pod-subnet"
"""Tag key of every pod subnet; its value is the name of the cluster whose pods live there."""


class PodSubnets(PodSubnetsBase):
    """Secondary CIDR blocks and, in each, one subnet per zone for pods alone.

    Pods then take no addresses from the enterprise's range. The subnets are outside
    ``vpc.private_subnets``, so that nodes, load balancers, Lambda functions and control-plane interfaces
    never go there. Each subnet has its own route table: by default only the VPC's local route, which is
    enough when pods leave through the node's primary interface.

    Args:
        vpc: The VPC to extend, new or imported. An imported VPC needs `vpc_cidr_block`.
        cidr: IPv4 range, /16 to /28, split evenly over the zones. Enterprises usually do not route
            100.64.0.0/10 and 198.19.0.0/16.
        further_cidrs: More ranges for when *cidr* is full, each split over the zones: Cilium uses the subnet
            of a zone with the most free addresses. AWS allows a VPC five ranges in all, and up to 50 on
            request. EKS can take an hour to learn a range that is added later.
        availability_zones: Zones that get a subnet. By default the zones of *vpc*.
        cluster_name: Value of the subnets' tag ``cilium.io/pod-subnet``. By default the path of this
            construct.
        associated_cidrs: Other secondary blocks of the VPC, to find overlaps.
        service_cidr: The range of the cluster's Services, which no range here may overlap. By default
            unknown.
        reserve_prefixes: Keep three quarters of each subnet for prefixes, so that primary addresses of
            interfaces cannot scatter over it and leave no 16 addresses in a row. By default nothing is
            reserved, because how Cilium counts free addresses beside reservations is unknown.

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
        service_cidr: str | None = None,
        reserve_prefixes: bool = False,
    ) -> None:
        super().__init__(scope, id)
        self.vpc = vpc
        if isinstance(further_cidrs, str):
            where, fix = f"{self.node.path}: further_cidrs", f"write ['{further_cidrs}']"
            refuse([Problem(where, "must be a list of ranges", further_cidrs, fix, id="CEK6019")])
        self.cidrs = (cidr, *further_cidrs)
        self._destinations: set[str] = set()
        zones = list(availability_zones or vpc.availability_zones)
        refuse(zones_problems(f"{self.node.path}: availability_zones", zones))
        self._shared = shared_vpc(vpc)
        self._check(associated_cidrs, service_cidr)
        for number, each in enumerate(self.cidrs, start=1):
            for text in secondary_cidr_advice(each, service_cidr=service_cidr):
                cdk.Annotations.of(self).add_warning_v2(f"cdk-eks-cilium:pod-cidr{_suffix(number)}", text)
        self.blocks: list[ec2.CfnVPCCidrBlock] = []
        self._made: list[ec2.PrivateSubnet] = []
        for number, each in enumerate(self.cidrs, start=1):
            self._extend(number, each, zones, reserve_prefixes=reserve_prefixes)
        for subnet in self._made:
            cdk.Tags.of(subnet).add(POD_SUBNET_TAG, cluster_name or self.node.path)
        self._shared.ranges.update(dict.fromkeys(without_stand_ins(self.cidrs), self.node.path))

    @property
    def cidr(self) -> str:
        """The first range."""
        return self.cidrs[0]

    @property
    def block_count(self) -> int:
        """Number of CIDR blocks."""
        return len(self.cidrs)

    def route_through_nat(self, nat_gateway_ids: Mapping[str, str]) -> None:
        """Give each pod subnet a default route through a NAT gateway.

        Pods need it when they leave with their own address (`Egress.pod()`).

        Args:
            nat_gateway_ids: NAT gateway id by zone, for each zone of the subnets.

        Raises:
            InputError: If a zone has no gateway, or a default route exists already.
        """
        self._refuse_missing(nat_gateway_ids)
        self._add_destinations([EVERYWHERE])
        for each, subnet in zip(self._zoned, self._made, strict=True):
            subnet.add_default_nat_route(nat_gateway_ids.get(each.availability_zone, _NO_GATEWAY_YET))
        self._routed = True

    def route_through_private_nat(
        self, nat_gateway_ids: Mapping[str, str], destination_cidrs: Sequence[str]
    ) -> None:
        """Route to networks that do not route pod addresses, through private NAT gateways.

        Args:
            nat_gateway_ids: Gateway id by zone, as in `PrivateNatGateways.gateway_ids`.
            destination_cidrs: The ranges of these networks. With 0.0.0.0/0 all traffic leaves this way.

        Raises:
            InputError: If a zone has no gateway, or a range is invalid, lies in the VPC or has a route
                already.
        """
        self._refuse_missing(nat_gateway_ids)
        self._add_destinations(destination_cidrs)
        for cidr in destination_cidrs:
            for each, subnet in zip(self._zoned, self._made, strict=True):
                gateway = nat_gateway_ids.get(each.availability_zone, _NO_GATEWAY_YET)
                self._route(subnet, cidr, nat_gateway_id=gateway)

    def route_to_transit_gateway(
        self,
        transit_gateway_id: str,
        destination_cidrs: Sequence[str],
        *,
        after: Sequence[IDependable] = (),
    ) -> None:
        """Route to networks behind a transit gateway, which see pods at their own address.

        The other side must route the pods' ranges back, and rarely routes 100.64.0.0/10.

        Args:
            transit_gateway_id: The transit gateway, attached to this VPC.
            destination_cidrs: The ranges behind it. With 0.0.0.0/0 all traffic leaves this way.
            after: What must exist before, such as the attachment made in this app.

        Raises:
            InputError: If a range is invalid, lies in the VPC or has a route already.
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
        # One at a time: AWS does not say that two associations of a VPC may be under way together. Stacks are
        # deployed one after the other anyway.
        before = self._shared.last_block_of(cdk.Stack.of(self))
        if before is not None:
            block.node.add_dependency(before)
        self._shared.blocks.append(block)
        self.blocks.append(block)
        prefix = f"Block{number}" if suffix else ""
        where = self._where(number)
        if any(map(awaits_lookup, (cidr, *zones))):
            cidr = STAND_IN_RANGE  # The number of zones, or the range, is yet to be looked up.
        split = pod_subnet_cidrs(cidr, zones, where=where)
        for index, (zone, subnet_cidr) in enumerate(split.items(), start=1):
            subnet = ec2.PrivateSubnet(
                self,
                f"{prefix}Subnet{index}",
                vpc_id=self.vpc.vpc_id,
                availability_zone=zone,
                cidr_block=subnet_cidr,
            )
            # Nothing else orders the two, and a subnet cannot be made before its range exists.
            subnet.node.add_dependency(block)
            if reserve_prefixes:
                self._reserve(subnet, subnet_cidr, where)
            self._made.append(subnet)
            self._zoned.append(ZonedSubnet(zone, subnet))

    def _where(self, number: int) -> str:
        """The argument with a range, to blame; ranges are counted from 1."""
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
        """Note the destinations of routes; a route table has one route to each."""
        where = f"{self.node.path}: destination_cidrs"
        own = [IPv4Network(block) for block in without_stand_ins([primary_cidr(self.vpc), *self.cidrs])]
        problems: list[Problem] = []
        routed = set(self._destinations)
        for cidr in without_stand_ins(cidrs):
            wrong = cidr_problems(where, cidr, shortest=0, longest=32)
            problems += wrong
            if not wrong and cidr in routed:
                rule = "must have one route"
                problems.append(Problem(where, rule, cidr, "name it for one way only", id="CEK6020"))
            elif not wrong and any(IPv4Network(cidr).subnet_of(block) for block in own):
                rule = "must lie outside the VPC, whose local route wins"
                problems.append(Problem(where, rule, cidr, "leave it out", id="CEK6021"))
            routed.add(cidr)
        refuse(problems)
        self._destinations = routed

    def _refuse_missing(self, nat_gateway_ids: Mapping[str, str]) -> None:
        if any(map(awaits_lookup, (*self.availability_zones, *nat_gateway_ids))):
            return
        rule = "every pod subnet must have a NAT gateway"
        refuse(
            Problem(self.node.path, rule, zone, "name one for its zone", id="CEK6022")
            for zone in self.availability_zones
            if zone not in nat_gateway_ids
        )

    def _check(self, associated_cidrs: Sequence[str], service_cidr: str | None) -> None:
        primary = primary_cidr(self.vpc)
        if primary is None:
            rule, fix = (
                "the VPC's primary CIDR must be known at synth",
                "import the VPC with vpc_cidr_block=...",
            )
            raise InputError([Problem(self.node.path, rule, fix=fix, id="CEK6023")])
        associated = without_stand_ins(associated_cidrs)
        where = f"{self.node.path}: associated_cidrs"
        refuse(problem for cidr in associated for problem in cidr_problems(where, cidr))
        refuse(
            range_problems(
                [(self._where(number), cidr) for number, cidr in enumerate(self.cidrs, start=1)],
                primary=primary,
                associated=associated,
                elsewhere=self._shared.ranges,
            )
        )
        if service_cidr is not None:
            pods = [(cidr, "a range of the pods") for cidr in self.cidrs]
            refuse(service_range_problems(f"{self.node.path}: service_cidr", service_cidr, pods))
        blocks = 1 + len({*associated_cidrs, *self._shared.ranges, *self.cidrs})
        if blocks > DEFAULT_BLOCK_QUOTA:
            cdk.Annotations.of(self).add_warning_v2(
                "cdk-eks-cilium:blocks",
                f"the VPC has {blocks} IPv4 ranges with these, and the default quota is "
                f"{DEFAULT_BLOCK_QUOTA}: have AWS raise 'IPv4 CIDR blocks per VPC' beforehand",
            )


def _suffix(number: int) -> str:
    """The suffix of ids; empty for the first range, so that a second range does not change its ids."""
    return "" if number == 1 else str(number)
