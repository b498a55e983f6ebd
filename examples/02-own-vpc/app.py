"""Cilium in an existing VPC, part by part, with two node groups.

Every id below is a placeholder. Nothing is looked up, so the app synthesizes without an account.
"""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

import cdk_eks_cilium as cilium


class ClusterStack(cdk.Stack):
    """The same parts as `CiliumCluster` puts together, open to changes in between."""

    def __init__(self, scope: Construct, id: str, **kwargs: Any) -> None:
        super().__init__(scope, id, **kwargs)
        vpc = ec2.Vpc.from_vpc_attributes(
            self,
            "Vpc",
            vpc_id="vpc-0123456789abcdef0",
            vpc_cidr_block="10.20.0.0/16",
            availability_zones=["eu-west-1a", "eu-west-1b"],
            private_subnet_ids=["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
            private_subnet_route_table_ids=["rtb-0123456789abcdef0", "rtb-0123456789abcdef1"],
        )
        pods = cilium.PodSubnets(self, "PodSubnets", vpc=vpc, cidr="100.64.0.0/16")
        pods.route_through_nat({"eu-west-1a": "nat-0123456789abcdef0", "eu-west-1b": "nat-0123456789abcdef0"})
        control_plane = cilium.ControlPlane(
            self,
            "ControlPlane",
            vpc=vpc,
            subnets=vpc.private_subnets,
            access=[cilium.AccessGrant(principal_arn="arn:aws:iam::111122223333:role/platform-team")],
            # EKS may take an hour to learn a range that is added after the control plane.
            after=pods.blocks,
        )
        network = cilium.Cilium(
            self,
            "Cilium",
            cluster=control_plane.cluster,
            pod_subnets=pods,
            values=cilium.CiliumValues(
                egress=cilium.Egress.pod(),
                encryption=cilium.Encryption(type="wireguard"),
                overrides={"bpf": {"policyMapMax": 32768}},
            ),
        )
        # People get in before the first Kubernetes call, and keep their access until the last.
        network.api_ready.node.add_dependency(control_plane.access)
        network.add_node_group("General", instance_types=["m6i.large", "m7i.large"], max_size=10)
        network.add_node_group("Arm", instance_types=["m7g.large"], labels={"example.com/pool": "arm"})
        cdk.CfnOutput(self, "Kubeconfig", value=control_plane.kubeconfig_command)


app = cdk.App()
environment = cdk.Environment(account="111122223333", region="eu-west-1")
stack = ClusterStack(app, "Platform", env=environment)
cdk.Validations.of(app).add_plugins(cilium.CiliumChecks())
cdk.Validations.of(stack).acknowledge(
    cdk.Acknowledgment(id="CloudFormation-Validate::W3010", reason="the existing subnets are in these zones")
)
app.synth()
