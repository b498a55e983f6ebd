"""The VPC, new or existing, with the pods' secondary CIDR."""

from __future__ import annotations

from typing import Any, Final, cast

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from cdk_eks_cilium import PodSubnets, PrivateEndpoints
from cdk_eks_cilium.acknowledgements import acknowledge
from cdk_eks_cilium.cilium_cluster import nat_gateways_by_zone
from cdk_eks_cilium.settings import Settings

_WITH_A_WAY_OUT: Final = [
    ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC),
    ec2.SubnetConfiguration(name="Node", subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
]
_ISOLATED: Final = [ec2.SubnetConfiguration(name="Node", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)]


class NetworkStack(cdk.Stack):
    """VPC and pod subnets.

    A new VPC has a public and a private (node) subnet a zone and NAT gateways for the private ones. An
    existing one is taken by its ids and only gets the secondary CIDR and the pod subnets. An isolated one
    has node and pod subnets alone, and VPC endpoints for the services that the cluster calls.

    Attributes:
        vpc: The VPC.
        node_subnets: Where nodes and the control plane's interfaces are.
        pod_subnets: The pods' subnets, with routes of their own where pods leave with their own address.
    """

    def __init__(self, scope: Construct, id: str, *, settings: Settings, **kwargs: Any) -> None:
        self._zones = list(settings.network.availability_zones)
        super().__init__(scope, id, **kwargs)
        network = settings.network
        self.vpc = self._existing(settings) if network.vpc_id else self._new(settings)
        self.node_subnets = self.vpc.isolated_subnets if network.isolated else self.vpc.private_subnets
        self.pod_subnets = PodSubnets(
            self,
            "PodSubnets",
            vpc=self.vpc,
            cidr=network.pod_cidr,
            availability_zones=network.availability_zones,
            cluster_name=settings.name,
            associated_cidrs=network.associated_cidrs,
        )
        if settings.cilium.egress == "pod":
            self.pod_subnets.route_through_nat(
                dict(network.nat_gateway_ids) if network.vpc_id else nat_gateways_by_zone(self.vpc)
            )
        if network.isolated:
            self._keep_inside(settings)

    @property
    def availability_zones(self) -> list[str]:
        """The zones of the settings: CDK would look them up in the account."""
        return self._zones

    def _new(self, settings: Settings) -> ec2.IVpc:
        network = settings.network
        vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr(network.vpc_cidr),
            availability_zones=self._zones,
            nat_gateways=0 if network.isolated else network.nat_gateways,
            restrict_default_security_group=False,
            subnet_configuration=_ISOLATED if network.isolated else _WITH_A_WAY_OUT,
        )
        acknowledge(
            self,
            {"AwsSolutions-VPC7": "where flow logs go and how long they stay is the account's to decide"},
        )
        return cast(ec2.IVpc, vpc)

    def _keep_inside(self, settings: Settings) -> None:
        """Answer inside the VPC for what the cluster calls, and let internal load balancers find subnets."""
        network = settings.network
        PrivateEndpoints(
            self,
            "Endpoints",
            vpc=self.vpc,
            subnets=self.node_subnets,
            client_cidrs=[network.vpc_cidr, network.pod_cidr],
            routed_subnets=[*self.node_subnets, *(cast(ec2.ISubnet, s) for s in self.pod_subnets.subnets)],
            further_services=network.endpoints,
            trusted_accounts=network.trusted_accounts,
        )
        for subnet in self.node_subnets:
            # CDK's cluster tags the subnets that it calls private, and these are not among them.
            cdk.Tags.of(subnet).add("kubernetes.io/role/internal-elb", "1")

    def _existing(self, settings: Settings) -> ec2.IVpc:
        network = settings.network

        def by_zone(ids: dict[str, str]) -> list[str] | None:
            return [ids[zone] for zone in network.availability_zones] if ids else None

        vpc = ec2.Vpc.from_vpc_attributes(
            self,
            "Vpc",
            vpc_id=cast(str, network.vpc_id),
            vpc_cidr_block=network.vpc_cidr,
            availability_zones=self._zones,
            private_subnet_ids=by_zone(network.private_subnet_ids),
            public_subnet_ids=by_zone(network.public_subnet_ids),
        )
        # Nothing here routes through the existing tables, so their ids are not asked for.
        cdk.Annotations.of(vpc).acknowledge_warning("@aws-cdk/aws-ec2:noSubnetRouteTableId")
        return vpc
