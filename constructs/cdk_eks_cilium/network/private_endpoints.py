"""AWS's services inside the VPC, for a cluster without a way to the internet."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from cdk_eks_cilium.addressing import cidr_problems
from cdk_eks_cilium.addressing.endpoint_services import GATEWAY_SERVICE, NEEDED_SERVICES
from cdk_eks_cilium.network.endpoint_policies import interface_statements, storage_statements
from cdk_eks_cilium.problems import Problem, refuse
from cdk_eks_cilium.problems.looked_up import awaits_lookup, known_at_synth

# belief: EC2-endpoint-reach, EKS-nodes-need-services


class PrivateEndpoints(Construct):
    """VPC endpoints for every AWS service that a Cilium cluster calls, which then needs no internet.

    Interface endpoints have private DNS names, so that clients need no configuration, and one security group
    that lets in only HTTPS from the given ranges. S3 is a gateway endpoint in the route tables of nodes and
    pods.

    Where the service has policies, an endpoint lets through only principals of this account, and the S3
    endpoint only to buckets of this account and to the buckets of AWS that the cluster needs. Credentials
    and buckets of another account are useless here. `interfaces` and `storage` take further statements with
    ``add_to_policy``.

    Constructs that call AWS must come after this construct. In the same stack as the cluster, add a
    dependency: ``cilium.api_ready.node.add_dependency(endpoints)``.

    Args:
        vpc: The VPC, with DNS support and DNS host names.
        subnets: Subnets of the interface endpoints, at most one in each zone: the node subnets.
        client_cidrs: Ranges of the clients: the VPC's primary block and the pods' block. Pods reach
            addresses inside the VPC with their own address, with either egress.
        routed_subnets: Subnets whose route tables lead to S3: the subnets of nodes and of pods.
        further_services: Names of more interface endpoints, such as ``logs`` or ``autoscaling``.
        trusted_accounts: Ids of other accounts whose principals and buckets are let through too.

    Raises:
        InputError: If a service is named twice, or always has an endpoint.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        vpc: ec2.IVpc,
        subnets: Sequence[ec2.ISubnet],
        client_cidrs: Sequence[str],
        routed_subnets: Sequence[ec2.ISubnet],
        further_services: Sequence[str] = (),
        trusted_accounts: Sequence[str] = (),
    ) -> None:
        super().__init__(scope, id)
        services = [*NEEDED_SERVICES, *further_services]
        where, rule = f"{self.node.path}: further_services", "must name services without an endpoint here"
        clients = [cidr for cidr in client_cidrs if known_at_synth(cidr)]
        refuse(
            [
                *(
                    Problem(where, rule, service, "leave it out", id="CEK6024")
                    for service in dict.fromkeys(further_services)
                    if services.count(service) > 1 or service == GATEWAY_SERVICE
                ),
                *(
                    problem
                    for cidr in clients
                    for problem in cidr_problems(
                        f"{self.node.path}: client_cidrs", cidr, shortest=0, longest=32
                    )
                ),
            ]
        )
        self.security_group = self._security_group(vpc, client_cidrs)
        self.interfaces = {
            service: ec2.InterfaceVpcEndpoint(
                self,
                _id_of(service),
                vpc=vpc,
                service=ec2.InterfaceVpcEndpointAwsService(service),
                subnets=ec2.SubnetSelection(subnets=list(subnets)),
                security_groups=[self.security_group],
                private_dns_enabled=True,
                open=False,
            )
            for service in services
        }
        self.storage = ec2.GatewayVpcEndpoint(
            self,
            "S3",
            vpc=vpc,
            service=ec2.GatewayVpcEndpointAwsService.S3,
            subnets=[ec2.SubnetSelection(subnets=list(routed_subnets))],
        )

        accounts = [cdk.Stack.of(self).account, *trusted_accounts]
        for service, endpoint in self.interfaces.items():
            for statement in interface_statements(service, accounts):
                endpoint.add_to_policy(statement)
        for statement in storage_statements(self, accounts):
            self.storage.add_to_policy(statement)

    def _security_group(self, vpc: ec2.IVpc, client_cidrs: Sequence[str]) -> ec2.SecurityGroup:
        group = ec2.SecurityGroup(
            self,
            "Clients",
            vpc=vpc,
            description="VPC endpoints: HTTPS from nodes and pods",
            allow_all_outbound=False,
        )
        for cidr in client_cidrs:
            if awaits_lookup(cidr):
                continue
            group.add_ingress_rule(
                ec2.Peer.ipv4(cidr), ec2.Port.tcp(443), "HTTPS to AWS services", remote_rule=False
            )
        cdk.Tags.of(group).add("Name", self.node.path)
        return group


def _id_of(service: str) -> str:
    """``ecr.api`` as ``EcrApi``."""
    return "".join(part.capitalize() for part in service.replace("-", ".").split("."))
