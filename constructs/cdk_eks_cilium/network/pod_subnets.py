"""Subnets that hold pods only, in a secondary CIDR of the VPC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from cdk_eks_cilium.addressing import pod_subnet_cidrs, secondary_cidr_problems, secondary_cidr_warnings
from cdk_eks_cilium.problems import InputError, Problem, refuse

POD_SUBNET_TAG = "cilium.io/pod-subnet"
"""Tag key of every pod subnet; its value is the name of the cluster whose pods live there."""


class PodSubnets(Construct):
    """A secondary CIDR block and, in it, one subnet per zone for pods alone.

    Pod addresses then cost nothing from the enterprise's range. The subnets are no part of
    ``vpc.private_subnets``, so that no node, load balancer, Lambda function or control-plane
    interface is ever placed there. Each has its own route table: by default only the VPC's local
    route, which is all that pods need when they leave through the node's primary interface.

    Args:
        vpc: The VPC to extend, new or imported. An imported one needs `vpc_cidr_block`.

        cidr: IPv4 range, /16 to /28, split evenly over the zones.
            100.64.0.0/10 and 198.19.0.0/16 are outside what enterprises route.

        availability_zones: Zones that get a subnet. By default, the zones of *vpc*.

        cluster_name: Value of the subnets' tag ``cilium.io/pod-subnet``. By default, the path of
            this construct.

        associated_cidrs: Other secondary blocks the VPC already has, so that overlaps are found.

    Raises:
        InputError: If AWS would refuse *cidr* on this VPC, or it is too small for the zones.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        vpc: ec2.IVpc,
        cidr: str = "100.64.0.0/16",
        availability_zones: Sequence[str] | None = None,
        cluster_name: str | None = None,
        associated_cidrs: Sequence[str] = (),
    ) -> None:
        super().__init__(scope, id)
        self.vpc = vpc
        self.cidr = cidr
        self.availability_zones = tuple(availability_zones or vpc.availability_zones)
        self._check(associated_cidrs)
        for text in secondary_cidr_warnings(cidr):
            cdk.Annotations.of(self).add_warning_v2("cdk-eks-cilium:pod-cidr", text)
        self.block = ec2.CfnVPCCidrBlock(self, "CidrBlock", vpc_id=vpc.vpc_id, cidr_block=cidr)
        self.subnets: tuple[ec2.PrivateSubnet, ...] = tuple(
            self._subnet(index, zone, subnet_cidr)
            for index, (zone, subnet_cidr) in enumerate(
                pod_subnet_cidrs(cidr, self.availability_zones, where=f"{self.node.path}: cidr").items(),
                start=1,
            )
        )
        for subnet in self.subnets:
            cdk.Tags.of(subnet).add(POD_SUBNET_TAG, cluster_name or self.node.path)

    @property
    def subnet_ids(self) -> tuple[str, ...]:
        """Ids of the pod subnets, in the order of the zones (tokens)."""
        return tuple(subnet.subnet_id for subnet in self.subnets)

    @property
    def subnet_arns(self) -> tuple[str, ...]:
        """ARNs of the pod subnets, in the order of the zones (tokens)."""
        stack = cdk.Stack.of(self)
        return tuple(
            stack.format_arn(service="ec2", resource="subnet", resource_name=subnet_id)
            for subnet_id in self.subnet_ids
        )

    @property
    def has_way_out(self) -> bool:
        """Whether the subnets have a route of their own out of the VPC."""
        return self._routed

    _routed = False

    def route_through_nat(self, nat_gateway_ids: Mapping[str, str]) -> None:
        """Give each pod subnet a default route through a NAT gateway.

        Needed when pods leave with their own address (`Egress.pod()`).

        Args:
            nat_gateway_ids: NAT gateway id by zone; each zone of the subnets has one.

        Raises:
            InputError: If a zone has no gateway.
        """
        missing = [zone for zone in self.availability_zones if zone not in nat_gateway_ids]
        refuse(
            Problem(self.node.path, "every pod subnet must have a NAT gateway", zone, "name one for its zone")
            for zone in missing
        )
        for zone, subnet in zip(self.availability_zones, self.subnets, strict=True):
            subnet.add_default_nat_route(nat_gateway_ids[zone])
        self._routed = True

    def _subnet(self, index: int, zone: str, cidr: str) -> ec2.PrivateSubnet:
        subnet = ec2.PrivateSubnet(
            self, f"Subnet{index}", vpc_id=self.vpc.vpc_id, availability_zone=zone, cidr_block=cidr
        )
        # Without it nothing orders the two, and the subnet can be asked for before its range exists.
        subnet.node.add_dependency(self.block)
        return subnet

    def _check(self, associated_cidrs: Sequence[str]) -> None:
        primary = _primary_cidr(self.vpc)
        if primary is None:
            raise InputError(
                [
                    Problem(
                        self.node.path,
                        "the VPC's primary CIDR must be known at synth",
                        fix="import the VPC with vpc_cidr_block=...",
                    )
                ]
            )
        refuse(
            secondary_cidr_problems(
                f"{self.node.path}: cidr", primary=primary, secondary=self.cidr, associated=associated_cidrs
            )
        )


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
