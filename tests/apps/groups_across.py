"""A network stack with everything that others connect to: VPC, pod subnets, and a database's security group.

https://github.com/aws/aws-cdk/issues/9536
"""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

from cdk_eks_cilium import CiliumCluster, PodSubnets, PrivateEndpoints


def build(app: cdk.App) -> tuple[cdk.Stack, cdk.Stack]:
    """The network, and the cluster that uses all of it."""
    network = cdk.Stack(app, "Network")
    vpc = ec2.Vpc(network, "Vpc", max_azs=2)
    pods = PodSubnets(network, "Pods", vpc=vpc)
    PrivateEndpoints(
        network,
        "Endpoints",
        vpc=vpc,
        subnets=vpc.private_subnets,
        client_cidrs=[vpc.vpc_cidr_block, pods.cidr],
        routed_subnets=[*vpc.private_subnets, *pods.subnets],
    )
    database = ec2.SecurityGroup(network, "Database", vpc=vpc)
    cluster = cdk.Stack(app, "Cluster")
    platform = CiliumCluster(cluster, "Platform", vpc=vpc, pod_subnets=pods, cluster_name="shop")
    # In the cluster's stack: a rule in the network's would let the network wait for the cluster.
    ec2.CfnSecurityGroupIngress(
        cluster,
        "DatabaseFromNodes",
        group_id=database.security_group_id,
        source_security_group_id=platform.cluster.cluster_security_group_id,
        ip_protocol="tcp",
        from_port=5432,
        to_port=5432,
    )
    return network, cluster
