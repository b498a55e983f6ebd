"""The CNI ConfigMap with the subnets and interfaces of agents below 1.19."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from aws_cdk import aws_eks_v2 as eks
from constructs import Construct

from cdk_eks_cilium.cluster.service_timeout import limit_service_time


class CniConfiguration(Construct):
    """ConfigMap ``kube-system/cni-configuration``.

    From chart 1.19 on the same settings are Helm values (``eni.nodeSpec``), and Cilium must not have both:
    the ConfigMap would win, silently (https://docs.cilium.io/en/stable/network/concepts/ipam/eni/).

    Args:
        cluster: The cluster.
        manifest: The whole ConfigMap, from `cdk_eks_cilium.values.cni_config_map`.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        cluster: eks.Cluster | eks.ICluster,
        manifest: Mapping[str, Any],
    ) -> None:
        super().__init__(scope, id)
        self.manifest = eks.KubernetesManifest(
            self,
            "Resource",
            cluster=cast(eks.ICluster, cluster),
            manifest=[dict(manifest)],
            # A retried create must not fail on its own earlier success.
            overwrite=True,
        )
        limit_service_time(self.manifest)
