"""Managed node groups that fit Cilium: pods per node, taint, metadata service, volumes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Unpack, cast

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from cdk_eks_cilium.addressing import NodeAddressing, cluster_dns_address, instance_problems
from cdk_eks_cilium.nodes import (
    AGENT_NOT_READY,
    LATEST,
    Bootstrap,
    ImageRequest,
    NodeGroupKeywords,
    NodeGroupProps,
    node_group_problems,
)
from cdk_eks_cilium.problems import Problem, refuse
from cdk_eks_cilium.problems.looked_up import awaits_lookup, known_at_synth

from .cluster_facts import stack_kubernetes_version, stack_service_cidr
from .launch_template import LARGEST_USER_DATA, launch_template, let_auto_scaling_use, size_of, user_data
from .node_counts import NodeCounts

# For the first pass of an app that looks things up, whose templates nobody deploys.
_STAND_INS: Final = {None: "m6i.large", "nvidia": "g5.xlarge", "neuron": "inf2.xlarge"}
_STAND_IN_IMAGE: Final = "ami-00000000000000000"
_CAPACITIES: Final = {"on-demand": eks.CapacityType.ON_DEMAND, "spot": eks.CapacityType.SPOT}
_EFFECTS: Final = {
    "NoSchedule": eks.TaintEffect.NO_SCHEDULE,
    "PreferNoSchedule": eks.TaintEffect.PREFER_NO_SCHEDULE,
    "NoExecute": eks.TaintEffect.NO_EXECUTE,
}


class NodeGroup(Construct):
    """A managed node group and its launch template.

    The launch template names the image by its AMI id, so that the nodes boot by its data alone: the cluster,
    the pods per node that Cilium can address on the smallest of the instance types, labels, taints, and the
    taint that keeps pods away until Cilium runs. It sets the metadata service to IMDSv2 with a hop limit of
    one (pods cannot reach the node's credentials), and encrypts the gp3 volumes.

    A deploy leaves the number of nodes as it is, within *min_size* and *max_size*: see `NodeCounts`.

    New nodes replace the old ones, a few at a time, when the image, the boot data, the volumes or the tags
    change (docs/changes.md).

    Args:
        cluster: The cluster to join. Order the group after the release with `Cilium.add_node_group`. An
            imported cluster must know its endpoint and its certificate authority.
        node_role: Role of the nodes, of `NodeRole`.
        subnets: Node subnets; never the pod subnets.
        kubernetes_version: Minor version of the nodes, which chooses AWS's image. By default that of a
            cluster of this app. An imported cluster needs it, except with an ``ami_id``.
        service_cidr: Range of the cluster's Services. By default that of a cluster of this app that names it.
            Image ``al2023`` needs it; the others ask EKS for it.
        addressing: How Cilium gives nodes addresses, which decides the pods per node, with facts of
            instance types that the library does not know. By default as with the default values.
        instance_tags: Tags of the instances and their volumes. A change replaces the nodes.
        volume_key: A key for the volumes, which this construct lets EC2 Auto Scaling use. The owner of an
            imported key must do that: https://docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html.
            By default the account's default key of EBS.
        node_counts: The function that keeps the number of nodes, to share it among the groups of a cluster:
            `Cilium.node_counts`. By default a function of the group's own.
        props: The nodes; see `NodeGroupProps` for each keyword and its default.

    Raises:
        InputError: If a type is unknown, not Nitro, too small, or of another architecture, a property is
            invalid, or the nodes could not join because the cluster does not know something.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        cluster: eks.Cluster | eks.ICluster,
        node_role: iam.IRole,
        subnets: Sequence[ec2.ISubnet],
        kubernetes_version: str | None = None,
        service_cidr: str | None = None,
        addressing: NodeAddressing | None = None,
        instance_tags: Mapping[str, str] | None = None,
        volume_key: kms.IKey | None = None,
        node_counts: NodeCounts | None = None,
        **props: Unpack[NodeGroupKeywords],
    ) -> None:
        super().__init__(scope, id)
        addressing = addressing or NodeAddressing()
        self.props = _judgeable(NodeGroupProps(**props))
        version = kubernetes_version or stack_kubernetes_version(cluster)
        services = service_cidr or stack_service_cidr(cluster)
        where = self.node.path
        refuse(
            [
                *instance_problems(f"{where}: instance_types", self.props.instance_types, addressing),
                *node_group_problems(f"{where}: ", self.props),
                *_join_problems(where, cluster, self.props, version, services),
            ]
        )
        self.max_pods = addressing.max_pods(self.props.instance_types)
        self._warn()
        self.bootstrap = self._bootstrap(cluster, services)
        self._fit_user_data()
        self.launch_template = launch_template(
            self,
            self.props,
            image=self._image(version, addressing),
            data=user_data(self.props.node_image, self.bootstrap),
            volume_key=volume_key,
        )
        if volume_key is not None and not let_auto_scaling_use(self, volume_key):
            cdk.Annotations.of(self).add_info_v2(
                "cdk-eks-cilium:volume-key",
                "the policy of the imported volume_key must let AWSServiceRoleForAutoScaling use it, or no "
                "node starts",
            )
        for key, value in (instance_tags or {}).items():
            cdk.Tags.of(self.launch_template).add(key, value)
        self.resource = self._node_group(cluster, node_role, subnets)
        counts = node_counts or NodeCounts(self, "NodeCounts", cluster=cluster)
        self.count = counts.keep(
            Construct(self, "Count"), cast(eks.CfnNodegroup, self.resource.node.default_child)
        )

    def _node_group(
        self, cluster: eks.Cluster | eks.ICluster, role: iam.IRole, subnets: Sequence[ec2.ISubnet]
    ) -> eks.Nodegroup:
        """The group itself. With an AMI id it has neither an AMI type nor a version."""
        props = self.props
        group = eks.Nodegroup(
            self,
            "Resource",
            cluster=cast(eks.ICluster, cluster),
            instance_types=[ec2.InstanceType(name) for name in props.instance_types],
            capacity_type=None if props.capacity == "on-demand" else _CAPACITIES[props.capacity],
            min_size=props.min_size,
            max_size=props.max_size,
            desired_size=props.size.initial,
            labels=dict(props.labels) if props.labels else None,
            taints=[
                eks.TaintSpec(key=taint.key, value=taint.value or None, effect=_EFFECTS[taint.effect])
                for taint in props.taints
            ]
            or None,
            launch_template_spec=eks.LaunchTemplateSpec(
                id=cast(str, self.launch_template.launch_template_id),
                version=self.launch_template.latest_version_number,
            ),
            node_role=role,
            # A drain that a PodDisruptionBudget blocks fails the update instead of killing the pods.
            force_update=False,
            max_unavailable=props.max_unavailable,
            max_unavailable_percentage=props.max_unavailable_percentage,
            enable_node_auto_repair=True if props.node_repair else None,
            subnets=ec2.SubnetSelection(subnets=list(subnets)),
        )
        if props.accelerator is not None:
            # CDK judges by the types alone, and cannot see the image of the launch template.
            cdk.Annotations.of(group).acknowledge_warning(
                "@aws-cdk/aws-eks:gpuInstancesUseAL2", "the launch template names the image"
            )
        return group

    def _bootstrap(self, cluster: eks.Cluster | eks.ICluster, service_cidr: str | None) -> Bootstrap:
        if service_cidr is None or not known_at_synth(service_cidr):
            cluster_dns = None
        else:
            cluster_dns = cluster_dns_address(service_cidr)
        return Bootstrap(
            cluster_name=cluster.cluster_name,
            api_server=cluster.cluster_endpoint,
            certificate_authority=cluster.cluster_certificate_authority_data,
            service_cidr=service_cidr,
            cluster_dns=cluster_dns,
            max_pods=self.max_pods,
            labels=self.props.labels or {},
            taints=(AGENT_NOT_READY, *self.props.taints),
            proxy=self.props.proxy,
            certificates=self.props.certificates or {},
        )

    # belief: EKS-custom-ami-in-place, CDK-ssm-parameter-always-deploys, CDK-keeps-parameter-values
    def _image(self, version: str | None, addressing: NodeAddressing) -> ImageRequest | None:
        if self.props.ami_id is not None or version is None:
            return None
        return ImageRequest(
            kubernetes_version=version,
            architecture=addressing.find(self.props.instance_types[0]).architecture,
            version=self.props.image_version,
            accelerator=self.props.accelerator,
        )

    def _fit_user_data(self) -> None:
        size = size_of(self.props.node_image, self.bootstrap)
        if size > LARGEST_USER_DATA:
            refuse(
                [
                    Problem(
                        f"{self.node.path}: certificates",
                        f"must leave the user data within {LARGEST_USER_DATA} bytes",
                        size,
                        "leave certificates out, or make an image with them",
                        id="CEK6029",
                    )
                ]
            )

    def _warn(self) -> None:
        image = self.props.node_image
        if image.end_of_life is not None:
            cdk.Annotations.of(self).add_warning_v2(f"cdk-eks-cilium:{image.name}", image.end_of_life)


def _judgeable(props: NodeGroupProps) -> NodeGroupProps:
    """The properties, with something common in place of what CDK has yet to look up."""
    types = props.instance_types
    if not isinstance(types, str) and any(map(awaits_lookup, types)):
        known = tuple(each for each in types if not awaits_lookup(each))
        props = dataclasses.replace(props, instance_types=known or (_STAND_INS[props.accelerator],))
    if awaits_lookup(props.ami_id):
        props = dataclasses.replace(props, ami_id=_STAND_IN_IMAGE)
    if awaits_lookup(props.image_version):
        props = dataclasses.replace(props, image_version=LATEST)
    return props


def _join_problems(
    where: str,
    cluster: eks.Cluster | eks.ICluster,
    props: NodeGroupProps,
    version: str | None,
    service_cidr: str | None,
) -> Iterator[Problem]:
    """Why nodes could not join: what only an imported cluster may not know."""
    for attribute in ("cluster_endpoint", "cluster_certificate_authority_data"):
        try:
            known = getattr(cluster, attribute) is not None
        except RuntimeError:  # from CDK, for an attribute that the import left out
            known = False
        if not known:
            yield Problem(
                f"{where}: cluster",
                f"an imported cluster must know its {attribute}: nodes join with it",
                fix=f"pass {attribute} to eks.Cluster.from_cluster_attributes()",
                id="CEK6030",
            )
    if version is None and props.ami_id is None:
        yield Problem(
            f"{where}: kubernetes_version",
            "must be given for an imported cluster: it chooses the image of the nodes",
            fix="pass the cluster's minor version, or an ami_id",
            id="CEK6031",
        )
    if service_cidr is None and props.image == "al2023":
        yield Problem(
            f"{where}: service_cidr",
            "must be given with image 'al2023', whose nodes do not ask EKS for it",
            fix="pass the range of the cluster's Services (aws eks describe-cluster "
            "--query cluster.kubernetesNetworkConfig.serviceIpv4Cidr)",
            id="CEK6032",
        )
