"""Ranges and a release that a network team keeps in Systems Manager, zones that CDK asks the account for.

https://github.com/aws/aws-cdk/issues/8699
"""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ssm as ssm

from cdk_eks_cilium import CiliumCluster, ExistingPodSubnets


def build(app: cdk.App) -> None:
    """A cluster in a new VPC of the account's zones, and pod subnets by their ids."""
    stack = cdk.Stack(app, "Shop", env=cdk.Environment(account="123456789012", region="eu-west-1"))

    def parameter(name: str) -> str:
        return ssm.StringParameter.value_from_lookup(stack, f"/network/{name}")

    CiliumCluster(
        stack,
        "Platform",
        vpc=ec2.Vpc(stack, "Vpc", max_azs=2),
        cluster_name=parameter("name"),
        kubernetes_version=parameter("kubernetes"),
        pod_cidr=parameter("pods"),
        service_cidr=parameter("services"),
        private_access_cidrs=parameter("offices").split(","),
        public_access_cidrs=[f"{parameter('proxy')}/32"],
    )
    ids = parameter("subnets").split(",")
    zones = stack.availability_zones[: len(ids)]
    ExistingPodSubnets(
        stack,
        "Pods",
        subnet_ids=dict(zip(zones, ids, strict=True)),
        owner_account=parameter("owner"),
    )


if __name__ == "__main__":
    whole = cdk.App()
    build(whole)
    whole.synth()
