"""EKS add-ons."""

from __future__ import annotations

from rehearsal.aws.account import Cluster
from rehearsal.aws.handler import (
    COMMON,
    Duration,
    Handler,
    Made,
    Properties,
    ResourceContext,
    ResourceError,
    as_bool,
)
from rehearsal.aws.types.eks_cluster import cluster_named

# belief: CILIUM-patch-node-selector
# An affinity for this label keeps aws-node off every node
# (https://github.com/cilium/cilium/issues/31041).
_KEPT_OFF = "io.cilium/aws-node-enabled"


# belief: EKS-coredns-needs-nodes
class Addon(Handler):
    """An add-on. It must become active, for which CoreDNS needs Ready nodes."""

    types = ("AWS::EKS::Addon",)
    duration = Duration(30, COMMON)
    notable = True
    # belief: EKS-add-on-updatable
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-eks-addon.html
    updatable = frozenset(
        {
            "AddonVersion",
            "ConfigurationValues",
            "PodIdentityAssociations",
            "PreserveOnDelete",
            "ResolveConflicts",
            "ServiceAccountRoleArn",
            "Tags",
        }
    )

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        cluster = cluster_named(context, properties["ClusterName"])
        name = properties["AddonName"]
        physical_id = f"{cluster.name}|{name}"
        # belief: EKS-add-on-twice
        if name in cluster.kubernetes.managed_addons:
            raise ResourceError(f"ResourceInUseException: Addon already exists: {name}")
        self._install(context, cluster, properties, physical_id)
        return Made(physical_id, {"Arn": context.account.arn("eks", f"addon/{cluster.name}/{name}")})

    def update(self, context: ResourceContext, existing: Made, old: Properties, new: Properties) -> Made:
        super().update(context, existing, old, new)
        cluster = cluster_named(context, new["ClusterName"])
        # belief: EKS-add-on-update-overwrites
        if new.get("ConfigurationValues") != old.get("ConfigurationValues"):
            cluster.kubernetes.remove_addon(new["AddonName"])
        self._install(context, cluster, new, existing.physical_id)
        return existing

    @staticmethod
    def _install(
        context: ResourceContext, cluster: Cluster, properties: Properties, physical_id: str
    ) -> None:
        """Installs the add-on, and waits until it is active.

        Raises:
            ResourceError: It does not get active.
        """
        name = properties["AddonName"]
        kept_off = _KEPT_OFF in str(properties.get("ConfigurationValues"))
        cluster.kubernetes.install_addon(name, only_on={_KEPT_OFF: "true"} if kept_off else None)
        context.runtime.wait(
            context.runtime.options.node_patience, lambda: cluster.kubernetes.addon_state(name)[0]
        )
        active, reason = cluster.kubernetes.addon_state(name)
        # belief: EKS-coredns-needs-nodes
        if not active:
            raise ResourceError(f"the add-on {name} is DEGRADED: {reason}", physical_id)

    def delete(self, context: ResourceContext, existing: Made, properties: Properties) -> None:
        cluster = context.account.clusters.get(properties["ClusterName"])
        if cluster is not None and not as_bool(properties.get("PreserveOnDelete")):
            cluster.kubernetes.remove_addon(properties["AddonName"])
