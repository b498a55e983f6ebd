"""EKS add-ons."""

from __future__ import annotations

from rehearsal.resources.base import Context, Handler, Made, Properties, handles
from rehearsal.resources.ec2_network import as_bool
from rehearsal.resources.eks_cluster import cluster_named
from rehearsal.world import ResourceError


@handles("AWS::EKS::Addon")
class Addon(Handler):
    """An add-on; it has to become active, and CoreDNS needs Ready nodes for that."""

    def create(self, context: Context, properties: Properties) -> Made:
        cluster = cluster_named(context, properties["ClusterName"])
        name = properties["AddonName"]
        physical_id = f"{cluster.name}|{name}"
        cluster.kubernetes.install_addon(name)
        context.world.wait(
            context.world.options.node_patience, lambda: cluster.kubernetes.addon_state(name)[0]
        )
        active, reason = cluster.kubernetes.addon_state(name)
        if not active:
            raise ResourceError(f"the add-on {name} is DEGRADED: {reason}", physical_id)
        return Made(physical_id, {"Arn": context.world.arn("eks", f"addon/{cluster.name}/{name}")})

    def update(self, context: Context, existing: Made, old: Properties, new: Properties) -> Made:
        return existing

    def delete(self, context: Context, existing: Made, properties: Properties) -> None:
        cluster = context.world.clusters.get(properties["ClusterName"])
        if cluster is not None and not as_bool(properties.get("PreserveOnDelete")):
            cluster.kubernetes.remove_addon(properties["AddonName"])
