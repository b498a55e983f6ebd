"""A cluster that exists moves from aws-node to Cilium: one construct, and a phase for each deployment.

``cdk deploy -c phase=prepare``, then ``install``, ``move`` and ``finish``: see docs/migration.md. Every id
below is a placeholder. Nothing is looked up, so the app synthesizes without an account.
"""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk.lambda_layer_kubectl_v35 import KubectlV35Layer
from constructs import Construct

import cdk_eks_cilium as cilium


class MigrationStack(cdk.Stack):
    """Everything of the migration. It stays in the app in the phase ``finish``."""

    def __init__(self, scope: Construct, id: str, **kwargs: Any) -> None:
        super().__init__(scope, id, **kwargs)
        vpc = ec2.Vpc.from_vpc_attributes(
            self,
            "Vpc",
            vpc_id="vpc-0123456789abcdef0",
            vpc_cidr_block="10.0.0.0/16",
            availability_zones=["eu-west-1a", "eu-west-1b"],
            private_subnet_ids=["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
            private_subnet_route_table_ids=["rtb-0123456789abcdef0", "rtb-0123456789abcdef1"],
        )
        shop = cilium.ExistingCluster(
            self,
            "Shop",
            cluster_name="shop",
            vpc=vpc,
            cluster_endpoint="https://ABC.gr7.eu-west-1.eks.amazonaws.com",
            cluster_certificate_authority_data="LS0tLS1CRUdJTi...",
            cluster_security_group_id="sg-0123456789abcdef0",
            kubectl_layer=KubectlV35Layer(self, "KubectlLayer"),
        )
        migration = cilium.CiliumMigration(
            self,
            "Migration",
            cluster=shop.cluster,
            phase=self.node.try_get_context("phase") or "prepare",
            pod_subnets=cilium.PodSubnets(self, "Pods", vpc=vpc),
            values=cilium.CiliumValues(egress=cilium.Egress.node()),
            operator_identity="pod-identity",
            old_node_security_groups=[
                ec2.SecurityGroup.from_security_group_id(self, "OldNodes", "sg-0123456789abcdef1")
            ],
        )
        migration.add_node_group("Workers", kubernetes_version="1.35", max_size=10)
        cdk.Validations.of(self).acknowledge(
            cdk.Acknowledgment(
                id="CloudFormation-Validate::W3010", reason="the existing subnets are in these zones"
            )
        )


app = cdk.App()
cdk.Validations.of(app).add_plugins(cilium.CiliumChecks())
MigrationStack(app, "shop", env=cdk.Environment(account="111122223333", region="eu-west-1"))
app.synth()
