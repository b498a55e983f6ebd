"""The VPC, new or existing, with the pods' secondary CIDR."""

from __future__ import annotations

from typing import Any, Final, cast

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from cdk_eks_cilium import (
    ExistingPodSubnets,
    FlowLogs,
    PodSubnets,
    PodSubnetsBase,
    PrivateEndpoints,
    PrivateNatGateways,
)
from cdk_eks_cilium.checks.acknowledgements import acknowledge
from cdk_eks_cilium.checks.app_templates import EXISTING_RANGES
from cdk_eks_cilium.cilium_cluster import nat_gateways_by_zone
from cdk_eks_cilium.network.endpoint_policies import table_statement
from cdk_eks_cilium.settings import FlowLogSettings, Settings, gateway_advice

_WITH_A_WAY_OUT: Final = [
    ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC),
    ec2.SubnetConfiguration(name="Node", subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
]
_GATEWAY_SERVICES: Final = {
    "s3": ec2.GatewayVpcEndpointAwsService.S3,
    "dynamodb": ec2.GatewayVpcEndpointAwsService.DYNAMODB,
}
_ISOLATED: Final = [ec2.SubnetConfiguration(name="Node", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)]


class NetworkStack(cdk.Stack):
    """VPC and pod subnets.

    A new VPC has a public and a private (node) subnet in each zone, and NAT gateways for the private subnets.
    An existing VPC only gets the secondary CIDR and the pod subnets. An isolated VPC only has node and pod
    subnets, and VPC endpoints for the services that the cluster calls.

    Attributes:
        vpc: The VPC.
        node_subnets: The subnets of nodes and of the control plane's interfaces.
        pod_subnets: The subnets of pods, with their own routes if pods leave with their own address.
    """

    def __init__(self, scope: Construct, id: str, *, settings: Settings, **kwargs: Any) -> None:
        self._zones = list(settings.network.availability_zones)
        super().__init__(scope, id, termination_protection=settings.termination_protection, **kwargs)
        network = settings.network
        self.vpc = self._existing(settings) if network.vpc_id else self._new(settings)
        self.node_subnets = self.vpc.isolated_subnets if network.isolated else self.vpc.private_subnets
        attachment = self._attach(settings)
        self.pod_subnets: PodSubnetsBase = (
            ExistingPodSubnets(
                self,
                "PodSubnets",
                subnet_ids={zone: network.pod_subnets[zone].id for zone in self._zones},
                has_way_out=network.pod_subnets_have_way_out,
                owner_account=network.vpc_owner_account,
            )
            if network.pod_subnets
            else self._make_pod_subnets(settings, attachment)
        )
        if network.vpc_id:
            # Templates name what exists by its id alone. The rehearsal makes it with these ranges.
            self.template_options.metadata = {EXISTING_RANGES: network.existing_ranges}
        if network.pod_subnets:
            # Everything exists already, and CloudFormation refuses a stack without resources.
            cdk.CfnWaitConditionHandle(self, "Nothing")
        if network.isolated:
            self._keep_inside(settings)

    @property
    def availability_zones(self) -> list[str]:
        """The zones of the settings: CDK would look them up in the account."""
        return self._zones

    def _make_pod_subnets(
        self, settings: Settings, attachment: ec2.CfnTransitGatewayVpcAttachment | None
    ) -> PodSubnets:
        network = settings.network
        pods = PodSubnets(
            self,
            "PodSubnets",
            vpc=self.vpc,
            cidr=network.pod_cidr,
            further_cidrs=network.further_pod_cidrs,
            availability_zones=network.availability_zones,
            cluster_name=settings.name,
            associated_cidrs=network.associated_cidrs,
            service_cidr=settings.service_cidr,
            reserve_prefixes=network.reserve_prefixes,
        )
        if settings.cilium.egress == "pod":
            pods.route_through_nat(
                dict(network.nat_gateway_ids) if network.vpc_id else nat_gateways_by_zone(self.vpc)
            )
            self._lead_pods_on_premises(settings, pods, attachment)
            for name in network.gateway_endpoints:
                pods.add_gateway_endpoint(name.capitalize(), _GATEWAY_SERVICES[name])
        return pods

    def _lead_pods_on_premises(
        self,
        settings: Settings,
        pods: PodSubnets,
        attachment: ec2.CfnTransitGatewayVpcAttachment | None,
    ) -> None:
        beyond = settings.network.on_premises
        if beyond is None:
            return
        if beyond.private_nat:
            subnets = dict(zip(self._zones, self.node_subnets, strict=True))
            gateways = PrivateNatGateways(self, "PrivateNat", subnets=subnets)
            pods.route_through_private_nat(gateways.gateway_ids, beyond.cidrs)
        elif beyond.transit_gateway_id is not None:
            after = [attachment] if attachment is not None else []
            pods.route_to_transit_gateway(beyond.transit_gateway_id, beyond.cidrs, after=after)

    def _attach(self, settings: Settings) -> ec2.CfnTransitGatewayVpcAttachment | None:
        """Attach a new VPC to the transit gateway, and route the node subnets to the networks behind it."""
        network, beyond = settings.network, settings.network.on_premises
        if network.existing or beyond is None or beyond.transit_gateway_id is None:
            return None
        # The other type, TransitGatewayAttachment, is replaced when its tags change: pods would lose the way.
        # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-transitgatewayattachment.html
        attachment = ec2.CfnTransitGatewayVpcAttachment(
            self,
            "TransitGatewayAttachment",
            transit_gateway_id=beyond.transit_gateway_id,
            vpc_id=self.vpc.vpc_id,
            subnet_ids=[subnet.subnet_id for subnet in self.node_subnets],
        )
        for text in gateway_advice(settings):
            cdk.Annotations.of(self).add_warning_v2("cdk-eks-cilium:gateway", text)
        for subnet in self.node_subnets:
            for cidr in beyond.cidrs:
                route = ec2.CfnRoute(
                    cast(Construct, subnet),
                    f"To{cidr.replace('/', '-')}",
                    route_table_id=subnet.route_table.route_table_id,
                    destination_cidr_block=cidr,
                    transit_gateway_id=beyond.transit_gateway_id,
                )
                route.node.add_dependency(attachment)
        return attachment

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
        self._log_flows(cast(ec2.IVpc, vpc), network.flow_logs)
        for name in network.gateway_endpoints:
            nodes = vpc.isolated_subnets if network.isolated else vpc.private_subnets
            endpoint = vpc.add_gateway_endpoint(
                name.capitalize(),
                service=_GATEWAY_SERVICES[name],
                subnets=[ec2.SubnetSelection(subnets=nodes)],
            )
            if network.isolated:
                # `PrivateEndpoints` makes the endpoint of S3.
                endpoint.add_to_policy(table_statement([self.account, *network.trusted_accounts]))
        return cast(ec2.IVpc, vpc)

    def _log_flows(self, vpc: ec2.IVpc, wanted: FlowLogSettings | None) -> None:
        if wanted is None:
            reason = "where flow logs go and how long they stay is the account's to decide"
            acknowledge(self, {"AwsSolutions-VPC7": reason})
            return
        FlowLogs(
            self,
            "FlowLogs",
            vpc=vpc,
            traffic=wanted.traffic,
            retention_days=wanted.retention_days,
            bucket_arn=wanted.bucket_arn,
        )

    def _keep_inside(self, settings: Settings) -> None:
        """Make endpoints for what the cluster calls, and let internal load balancers find subnets."""
        network = settings.network
        PrivateEndpoints(
            self,
            "Endpoints",
            vpc=self.vpc,
            subnets=self.node_subnets,
            client_cidrs=[network.vpc_cidr, *network.pod_cidrs],
            routed_subnets=[*self.node_subnets, *self.pod_subnets.subnets],
            further_services=network.endpoints,
            trusted_accounts=network.trusted_accounts,
        )
        for subnet in self.node_subnets:
            # CDK's cluster only tags the subnets that CDK calls private, not isolated subnets.
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
        # This stack adds no route to the existing tables, so it needs no ids of them.
        cdk.Annotations.of(vpc).acknowledge_warning("@aws-cdk/aws-ec2:noSubnetRouteTableId")
        return vpc
