"""Wait until the kubectl handler is authorized."""

from __future__ import annotations

from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_eks_v2 as eks
from constructs import Construct

from cdk_eks_cilium.cluster.service_timeout import limit_service_time

# belief: EKS-access-entry-late, CDK-kubectl-handler-waits-for-values


class ApiReady(Construct):
    """The first Kubernetes call of a deploy: a read that is repeated until it is allowed.

    Access entries take some seconds to reach every API server, and CDK's handler does not retry after
    ``Unauthorized``, so the first manifest of a young cluster can fail. `KubernetesObjectValue` does
    retry, under the same role as every later call: whatever depends on this construct is authorized.

    Args:
        cluster: The cluster to wait for.
        timeout: How long to keep asking. By default ten minutes.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        cluster: eks.Cluster | eks.ICluster,
        timeout: cdk.Duration | None = None,
    ) -> None:
        super().__init__(scope, id)
        self.value = eks.KubernetesObjectValue(
            self,
            "Resource",
            cluster=cast(eks.ICluster, cluster),
            object_type="namespace",
            object_name="kube-system",
            # Reading a namespace needs authorization, which discovery and /healthz do not.
            json_path=".metadata.uid",
            timeout=timeout or cdk.Duration.minutes(10),
        )
        limit_service_time(self.value)
