"""Service accounts and charts in a stack of their own, which comes after the nodes.

https://github.com/aws/aws-cdk/issues/8884, https://github.com/aws/aws-cdk/issues/9325
"""

from __future__ import annotations

from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam

from cdk_eks_cilium import CiliumCluster


def build(app: cdk.App) -> tuple[cdk.Stack, cdk.Stack]:
    """The platform, and a controller with a role of its own."""
    first = cdk.Stack(app, "Shop")
    platform = CiliumCluster(first, "Platform", cluster_name="shop")
    second = cdk.Stack(app, "Workloads")
    cluster = platform.cluster
    account = eks.ServiceAccount(
        second, "Dns", cluster=cast(eks.ICluster, cluster), name="external-dns", namespace="kube-system"
    )
    account.add_to_principal_policy(
        iam.PolicyStatement(actions=["route53:ChangeResourceRecordSets"], resources=["*"])
    )
    chart = eks.HelmChart(
        second,
        "DnsChart",
        cluster=cast(eks.ICluster, cluster),
        chart="external-dns",
        repository="https://kubernetes-sigs.github.io/external-dns/",
        namespace="kube-system",
        values={"serviceAccount": {"create": False, "name": "external-dns"}},
    )
    chart.node.add_dependency(account, *platform.cilium.running)
    return first, second
