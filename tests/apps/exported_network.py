"""A VPC that another team's stack exports: every id, and every list of ids, is known at the deployment alone.

https://github.com/aws/aws-cdk/issues/10287, https://github.com/aws/aws-cdk/issues/10341
"""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

from cdk_eks_cilium import CiliumCluster, CiliumValues, Egress, ExistingPodSubnets

ZONES = ("eu-west-1a", "eu-west-1b", "eu-west-1c")


def build(app: cdk.App) -> cdk.Stack:
    """A cluster on lists of subnets that are exported as one text each."""
    stack = cdk.Stack(app, "Shop")

    def exported(name: str) -> list[str]:
        """The parts of a list whose length both teams have agreed on."""
        parts = cdk.Fn.split(",", cdk.Fn.import_value(f"network-{name}"))
        return [cdk.Fn.select(number, parts) for number in range(len(ZONES))]

    vpc = ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id=cdk.Fn.import_value("network-vpc"),
        availability_zones=list(ZONES),
        private_subnet_ids=exported("nodes"),
        private_subnet_route_table_ids=exported("tables"),
    )
    CiliumCluster(
        stack,
        "Platform",
        vpc=vpc,
        cluster_name="shop",
        pod_subnets=ExistingPodSubnets(
            stack,
            "Pods",
            subnet_ids=dict(zip(ZONES, exported("pods"), strict=True)),
            has_way_out=True,
            owner_account=cdk.Fn.import_value("network-owner"),
        ),
        values=CiliumValues(egress=Egress.pod()),
    )
    return stack
