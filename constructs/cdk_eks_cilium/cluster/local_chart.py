"""A chart from this machine in place of one from the internet."""

from __future__ import annotations

import os

from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from cdk_eks_cilium.checks.acknowledgements import acknowledge
from cdk_eks_cilium.versions.chart_file import chart_folder


def local_chart(
    scope: Construct, cluster: eks.Cluster | eks.ICluster, path: str | os.PathLike[str]
) -> s3_assets.Asset:
    """An asset of the chart's files, ``ChartFiles``, which the kubectl handler of *cluster* may read.

    Args:
        path: A chart that passes `chart_problems`.
    """
    asset = s3_assets.Asset(scope, "ChartFiles", path=str(chart_folder(path)))
    role = cluster.kubectl_provider.role if cluster.kubectl_provider is not None else None
    if role is not None:
        reads = "CDK lets the handler read the bucket of the bootstrap, where the chart's asset is"
        bucket = asset.bucket.bucket_arn
        acknowledge(
            role,
            {
                f"AwsSolutions-IAM5[Action::s3:{action}]": reads
                for action in ("GetObject*", "GetBucket*", "List*")
            },
            wildcards={f"{bucket}/*": reads},
        )
    return asset
