"""kube-proxy and CoreDNS as EKS add-ons, for clusters that EKS made without self-managed ones."""

from __future__ import annotations

from aws_cdk import aws_eks_v2 as eks
from constructs import Construct, IConstruct


class CoreAddons(Construct):
    """The add-ons of a cluster that was created without EKS's self-managed ones.

    Their places in the order differ. Agents reach the API through a Service address until they replace
    kube-proxy, so kube-proxy comes before the nodes. The CoreDNS add-on waits until CoreDNS runs on a node:
    before the nodes it would stay degraded until CloudFormation gives up.

    Args:
        cluster: The cluster, made with ``bootstrap_self_managed_addons=False``.
        kube_proxy: Whether to add kube-proxy. False where Cilium replaces it.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        cluster: eks.Cluster | eks.ICluster,
        kube_proxy: bool = True,
    ) -> None:
        super().__init__(scope, id)
        self.kube_proxy: eks.CfnAddon | None = None
        if kube_proxy:
            self.kube_proxy = self._addon(cluster, "KubeProxy", "kube-proxy")
        self.core_dns = self._addon(cluster, "CoreDns", "coredns")

    def run_on(self, nodes: IConstruct) -> None:
        """Order both around a node group: kube-proxy before it, CoreDNS after it."""
        self.core_dns.node.add_dependency(nodes)
        if self.kube_proxy is not None:
            nodes.node.add_dependency(self.kube_proxy)

    def _addon(self, cluster: eks.Cluster | eks.ICluster, id: str, name: str) -> eks.CfnAddon:
        return eks.CfnAddon(
            self,
            id,
            cluster_name=cluster.cluster_name,
            addon_name=name,
            # A later update must not stop at fields that a person or Helm touched.
            resolve_conflicts="OVERWRITE",
        )
