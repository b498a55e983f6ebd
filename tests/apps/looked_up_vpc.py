"""A cluster in a VPC that CDK looks up by its name, pods in subnets that it looks up by their group.

https://github.com/aws/aws-cdk/issues/19425, https://github.com/aws/aws-cdk/issues/28146
"""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

from cdk_eks_cilium import CiliumCluster, ControlPlane, ExistingPodSubnets, PrivateEndpoints


def build(app: cdk.App) -> None:
    """A cluster with new pod subnets, and a control plane beside pod subnets that exist."""
    env = cdk.Environment(account="123456789012", region="eu-west-1")
    shop = cdk.Stack(app, "Shop", env=env)
    vpc = ec2.Vpc.from_lookup(shop, "Vpc", vpc_name=app.node.try_get_context("vpc"))
    platform = CiliumCluster(shop, "Platform", vpc=vpc, cluster_name="shop")
    PrivateEndpoints(
        shop,
        "Endpoints",
        vpc=vpc,
        subnets=vpc.private_subnets,
        client_cidrs=[vpc.vpc_cidr_block, "100.64.0.0/16"],
        routed_subnets=[*vpc.private_subnets, *platform.pod_subnets.subnets],
    )

    bank = cdk.Stack(app, "Bank", env=env)
    vpc = ec2.Vpc.from_lookup(bank, "Vpc", vpc_name=app.node.try_get_context("vpc"))
    pods = vpc.select_subnets(subnet_group_name="Pods").subnets
    ExistingPodSubnets(bank, "Pods", subnet_ids={pod.availability_zone: pod.subnet_id for pod in pods})
    nodes = vpc.select_subnets(subnet_group_name="Nodes").subnets
    ControlPlane(bank, "Plane", vpc=vpc, subnets=nodes, cluster_name="bank")


if __name__ == "__main__":
    whole = cdk.App()
    build(whole)
    whole.synth()
