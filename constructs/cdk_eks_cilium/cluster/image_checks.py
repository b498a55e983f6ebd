"""Whether Cilium can be the only CNI of a cluster, whoever made it, and run on its images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks

from cdk_eks_cilium.nodes import FIXED_INTERFACE, IMAGES
from cdk_eks_cilium.problems import Problem
from cdk_eks_cilium.problems.looked_up import known_at_synth
from cdk_eks_cilium.values import CiliumValues

_SECURITY_GROUP: Final = "cluster_security_group"
_ALWAYS: Final = {
    "vpc": "nodes and pods live in it",
    "open_id_connect_provider": "the operator's role trusts it",
    "cluster_endpoint": "the removal of aws-node and the agents call it",
}
_FOR_REMOVAL: Final = {
    "cluster_certificate_authority_data": "the removal of aws-node verifies the API with it",
    _SECURITY_GROUP: "the removal of aws-node runs in it",
}


def cluster_problems(
    where: str,
    cluster: eks.Cluster | eks.ICluster,
    aws_node: str,
    *,
    handler_in_vpc: bool = True,
    operator_identity: str = "irsa",
) -> list[Problem]:
    """Why Cilium cannot be installed on *cluster*; empty if it can.

    Args:
        aws_node: What happens to aws-node: ``remove``, ``patch``, ``beside`` or ``never-install``.
        handler_in_vpc: Whether the removal's handler runs inside the VPC.
        operator_identity: How the operator gets its role: ``irsa`` or ``pod-identity``.
    """
    found = []
    if cluster.kubectl_provider is None:
        found.append(
            Problem(
                f"{where}: cluster",
                "must have a kubectl provider: manifests and the release go through it",
                fix="make it with kubectl_provider_options, or import it with kubectl_provider",
                id="CEK6004",
            )
        )
    resource = cluster.node.default_child
    if isinstance(resource, eks.CfnCluster):
        return [*found, *_own(where, cluster, resource, aws_node, handler_in_vpc=handler_in_vpc)]
    needed = {**_ALWAYS, **(_FOR_REMOVAL if aws_node != "never-install" else {})}
    if not handler_in_vpc:
        needed.pop(_SECURITY_GROUP, None)
    if operator_identity == "pod-identity":
        needed.pop("open_id_connect_provider")
    return [*found, *_imported(where, cluster, needed)]


def library_problems(where: str, cluster: object) -> Iterator[Problem]:
    """Yield why *cluster* is of the wrong module of CDK: ``aws_eks`` has the older constructs."""
    # jsii gives an import as a proxy with a delegate for each interface.
    kinds = [type(cluster), *map(type, getattr(cluster, "_delegates", ()))]
    bases = (base for kind in kinds for base in kind.__mro__)
    kind = next((base for base in bases if base.__module__ == "aws_cdk.aws_eks"), None)
    if kind is not None:
        yield Problem(
            f"{where}: cluster",
            "must be a cluster of aws_cdk.aws_eks_v2",
            f"aws_cdk.aws_eks.{kind.__name__.strip('_').removesuffix('Proxy')}",
            "make it with aws_eks_v2.Cluster, or import it with aws_eks_v2.Cluster.from_cluster_attributes()",
            id="CEK6043",
        )


def node_subnet_problems(
    where: str,
    node_subnets: Sequence[ec2.ISubnet],
    pod_zones: Sequence[str],
    *,
    name: str = "node_subnets",
) -> list[Problem]:
    """Why nodes in *node_subnets* would lack addresses for their pods; empty if they find some.

    Zones that only the deployment knows are not checked.

    Args:
        name: The argument that names the subnets.
    """
    if not node_subnets:
        return [
            Problem(
                f"{where}: {name}",
                "must not be empty, and the VPC has no private subnets to use instead",
                fix="pass the subnets of the nodes",
                id="CEK6005",
            )
        ]
    if not all(map(known_at_synth, pod_zones)):
        return []
    zones = {zone for zone in map(_zone, node_subnets) if zone is not None}
    return [
        Problem(
            f"{where}: {name}",
            f"must lie in zones with a pod subnet ({', '.join(pod_zones)}), where pods find addresses",
            zone,
            "add the zone to the pod subnets, or leave the subnet out",
            id="CEK6006",
        )
        for zone in sorted(zones - set(pod_zones))
    ]


def _zone(subnet: ec2.ISubnet) -> str | None:
    try:
        zone = subnet.availability_zone
    except RuntimeError:  # an imported subnet may not know its zone
        return None
    return zone if known_at_synth(zone) else None


def _own(
    where: str,
    cluster: eks.Cluster | eks.ICluster,
    resource: eks.CfnCluster,
    aws_node: str,
    *,
    handler_in_vpc: bool,
) -> Iterator[Problem]:
    compute = resource.compute_config
    if isinstance(compute, eks.CfnCluster.ComputeConfigProperty) and compute.enabled is True:
        yield Problem(
            where,
            "an Auto Mode cluster has a CNI of its own that Cilium cannot replace",
            fix="make the cluster with default_capacity_type=eks.DefaultCapacityType.NODEGROUP",
            id="CEK6007",
        )
    if isinstance(cluster, eks.Cluster) and cluster.default_nodegroup is not None:
        yield Problem(
            where,
            "the cluster's default node group would start before Cilium, with aws-node or without a CNI",
            fix="make the cluster with default_capacity=0 and its nodes with Cilium.add_node_group()",
            id="CEK6008",
        )
    if aws_node == "beside":
        yield Problem(
            f"{where}: aws_node",
            "'beside' is for a cluster that exists, whose nodes have aws-node",
            fix="use 'remove' or 'patch', or import the cluster with ExistingCluster",
            id="CEK6051",
        )
    if not handler_in_vpc and aws_node != "never-install":
        yield from _outside_problems(f"{where}: handler_subnets", resource.resources_vpc_config)
    bare = resource.bootstrap_self_managed_addons is False
    if bare != (aws_node == "never-install"):
        need = "needs a cluster" if not bare else "is needed for a cluster"
        yield Problem(
            f"{where}: aws_node",
            f"'never-install' {need} made with bootstrap_self_managed_addons=False",
            aws_node,
            "make the two agree when you make the cluster, which fixes them",
            id="CEK6009",
        )


def _outside_problems(where: str, access: object) -> Iterator[Problem]:
    """Yield why a handler outside the VPC, which calls from some public address of AWS, does not get in."""
    if not isinstance(access, eks.CfnCluster.ResourcesVpcConfigProperty):
        return
    fix = "leave them out for the node subnets, or open the public endpoint"
    if access.endpoint_public_access is False:
        rule = "must not be empty for a cluster without a public endpoint, which its handler could not reach"
        yield Problem(where, rule, fix=fix, id="CEK6040")
        return
    admitted = access.public_access_cidrs or []
    if admitted and all(known_at_synth(each) and not each.endswith("/0") for each in admitted):
        rule = "must not be empty where the public endpoint admits some addresses only, not its handler's"
        yield Problem(where, rule, ", ".join(admitted), fix, id="CEK6047")


def _imported(
    where: str, cluster: eks.Cluster | eks.ICluster, needed: Mapping[str, str]
) -> Iterator[Problem]:
    for attribute, reason in needed.items():
        try:
            known = getattr(cluster, attribute) is not None
        except RuntimeError:  # from CDK, for an attribute that the import left out
            known = False
        if not known:
            given = f"{attribute}_id" if attribute == _SECURITY_GROUP else attribute
            yield Problem(
                f"{where}: cluster",
                f"an imported cluster must know its {given}: {reason}",
                fix=f"pass {given} to eks.Cluster.from_cluster_attributes()",
                id="CEK6010",
            )


def image_problems(where: str, image: str, values: CiliumValues) -> Iterator[Problem]:
    """Why *values* do not work on nodes of *image*: its primary interface differs, or it lacks a shell.

    Args:
        image: ``bottlerocket``, ``al2023`` or ``al2``. Unknown images are not checked here.
    """
    known = IMAGES.get(image)
    if known is None:
        return
    if values.node_init and not known.has_shell:
        yield Problem(
            f"{where}: image",
            "must have a shell for node_init, whose script Bottlerocket cannot run: its agents wait for it",
            image,
            "use another image, or leave node_init out",
            id="CEK6011",
        )
    egress, fixed = values.egress, known.primary_interface
    if egress.kind != "node":
        return
    if egress.interface == FIXED_INTERFACE if fixed is None else egress.interface != fixed:
        what = "must be given exactly" if fixed is None else f"must be {fixed!r}"
        yield Problem(
            f"{where}: image",
            f"the primary interface of {image} nodes {what} in Egress.node(interface)",
            egress.interface,
            "use image 'bottlerocket' for every group, or Egress.pod()",
            id="CEK6012",
        )
