"""Managed node groups that fit Cilium: pods per node, taint, metadata service, volumes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, cast

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk_eks_cilium.addressing import NodeAddressing, find, node_instance_problems
from cdk_eks_cilium.addressing.instance_types import NO_FACTS, InstanceType
from cdk_eks_cilium.checks.acknowledgements import acknowledge, managed_policy
from cdk_eks_cilium.cluster import node_user_data as user_data
from cdk_eks_cilium.problems import Problem, refuse
from cdk_eks_cilium.values.rules.tolerations import TAINT

AGENT_NOT_READY_TAINT: Final = TAINT
"""Keeps pods off a node until Cilium runs there; the agent takes it away.
https://docs.cilium.io/en/stable/installation/taints/"""

SMALLEST_VOLUME_GIB: Final = 20
LARGEST_VOLUME_GIB: Final = 16384
"""Largest gp3 volume: https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html"""

_AMI_TYPES: Final = {
    (user_data.BOTTLEROCKET, "x86_64"): eks.NodegroupAmiType.BOTTLEROCKET_X86_64,
    (user_data.BOTTLEROCKET, "arm64"): eks.NodegroupAmiType.BOTTLEROCKET_ARM_64,
    (user_data.AL2023, "x86_64"): eks.NodegroupAmiType.AL2023_X86_64_STANDARD,
    (user_data.AL2023, "arm64"): eks.NodegroupAmiType.AL2023_ARM_64_STANDARD,
    (user_data.AL2, "x86_64"): eks.NodegroupAmiType.AL2_X86_64,
    (user_data.AL2, "arm64"): eks.NodegroupAmiType.AL2_ARM_64,
}


class NodeRole(Construct):
    """The role of nodes: join the cluster and pull images, without the CNI's rights.

    The operator, not the node, makes network interfaces, so AmazonEKS_CNI_Policy is left out.
    AmazonEKSWorkerNodeMinimalPolicy would be too little: node boot calls ``ec2:DescribeInstances``
    (https://github.com/awslabs/amazon-eks-ami/issues/2436).
    """

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        self.role = iam.Role(
            self,
            "Resource",
            description="EKS nodes: join the cluster and pull images",
            assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"),
            managed_policies=[
                iam.ManagedPolicy.from_aws_managed_policy_name("AmazonEKSWorkerNodePolicy"),
                iam.ManagedPolicy.from_aws_managed_policy_name("AmazonEC2ContainerRegistryPullOnly"),
            ],
        )
        acknowledge(
            self,
            {
                managed_policy("AmazonEKSWorkerNodePolicy"): "what booting and joining takes, kept by AWS",
                managed_policy("AmazonEC2ContainerRegistryPullOnly"): "pulls images, and nothing else",
            },
        )


class NodeGroup(Construct):
    """A managed node group and its launch template.

    The launch template sets the pods per node to what Cilium can address on the smallest of the
    instance types, the metadata service to IMDSv2 with a hop limit of one (pods cannot reach the
    node's credentials), and encrypted gp3 volumes.

    Args:
        cluster: The cluster to join. Order it after the release with `Cilium.add_node_group`.
        node_role: Role of the nodes, of `NodeRole`.
        subnets: Node subnets; never the pod subnets.
        instance_types: Type names of one architecture, such as ``m6i.large``.
        image: ``bottlerocket`` (default), ``al2023``, or ``al2`` for the article's profile.
        min_size: Least nodes.
        max_size: Most nodes.
        desired_size: Nodes at first. By default *min_size*.
        volume_size_gib: Size of the volume that holds images and pods.
        labels: Kubernetes labels of the nodes.
        kubernetes_version: Minor version of the nodes. By default they keep the version they were
            made with, and do not follow an upgrade of the cluster.
        addressing: How Cilium gives nodes addresses, which decides the pods per node. By default as this
            library sets it up.
        instance_facts: Facts of instance types that the library does not know, by name.
        instance_tags: Tags of the instances and their volumes. A change replaces the nodes.

    Raises:
        InputError: If a type is unknown, not Nitro, too small, or of another architecture.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        cluster: eks.Cluster | eks.ICluster,
        node_role: iam.IRole,
        subnets: Sequence[ec2.ISubnet],
        instance_types: Sequence[str] = ("m6i.large",),
        image: str = user_data.BOTTLEROCKET,
        min_size: int = 2,
        max_size: int = 6,
        desired_size: int | None = None,
        volume_size_gib: int = 50,
        labels: Mapping[str, str] | None = None,
        kubernetes_version: str | None = None,
        addressing: NodeAddressing | None = None,
        instance_facts: Mapping[str, InstanceType] = NO_FACTS,
        instance_tags: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(scope, id)
        knobs = addressing or NodeAddressing()
        problems = node_instance_problems(
            f"{self.node.path}: instance_types",
            instance_types,
            first_interface_index=knobs.first_interface_index,
            prefix_delegation=knobs.prefix_delegation,
            bare_metal_prefixes=knobs.bare_metal_prefixes,
            additional=instance_facts,
        )
        refuse([*problems, *self._problems(image, min_size, max_size, desired_size, volume_size_gib)])
        self.image = image
        if image == user_data.AL2:
            cdk.Annotations.of(self).add_warning_v2(
                "cdk-eks-cilium:al2", "image 'al2' reached its end on 2025-11-26 and gets no more fixes"
            )
        instances = [find(name, instance_facts) for name in instance_types]
        self.max_pods = knobs.max_pods(instances)
        self.launch_template = ec2.LaunchTemplate(
            self,
            "LaunchTemplate",
            require_imdsv2=True,
            http_tokens=ec2.LaunchTemplateHttpTokens.REQUIRED,
            http_put_response_hop_limit=1,
            block_devices=_block_devices(image, volume_size_gib),
            user_data=_user_data(image, self.max_pods),
        )
        for key, value in (instance_tags or {}).items():
            cdk.Tags.of(self.launch_template).add(key, value)
        self.resource = eks.Nodegroup(
            self,
            "Resource",
            cluster=cast(eks.ICluster, cluster),
            ami_type=_AMI_TYPES[image, instances[0].architecture],
            instance_types=[ec2.InstanceType(name) for name in instance_types],
            min_size=min_size,
            max_size=max_size,
            desired_size=desired_size or min_size,
            labels=dict(labels) if labels else None,
            launch_template_spec=eks.LaunchTemplateSpec(
                id=cast(str, self.launch_template.launch_template_id),
                version=self.launch_template.latest_version_number,
            ),
            node_role=node_role,
            # A drain that a PodDisruptionBudget blocks fails the update instead of killing the pods.
            force_update=False,
            subnets=ec2.SubnetSelection(subnets=list(subnets)),
            taints=[
                eks.TaintSpec(key=AGENT_NOT_READY_TAINT, value="true", effect=eks.TaintEffect.NO_EXECUTE)
            ],
        )
        # The L2 leaves it out, and its nodes then never follow the cluster to a new minor.
        if kubernetes_version:
            cfn_node_group = cast(eks.CfnNodegroup, self.resource.node.default_child)
            cfn_node_group.add_property_override("Version", kubernetes_version)

    def _problems(
        self, image: str, min_size: int, max_size: int, desired_size: int | None, volume_size_gib: int
    ) -> Iterator[Problem]:
        where = self.node.path
        images = sorted({known for known, _ in _AMI_TYPES})
        if image not in images:
            yield Problem(
                f"{where}: image", f"must be one of {', '.join(images)}", image, "use 'bottlerocket'"
            )
        if not 0 <= min_size <= max_size or max_size < 1:
            rule = f"must be from 0 to max_size ({max_size})"
            yield Problem(f"{where}: min_size", rule, min_size, "let min_size <= max_size, and max_size >= 1")
        elif desired_size is not None and not min_size <= desired_size <= max_size:
            rule = f"must be from min_size ({min_size}) to max_size ({max_size})"
            yield Problem(f"{where}: desired_size", rule, desired_size, "leave it out to start with min_size")
        if not SMALLEST_VOLUME_GIB <= volume_size_gib <= LARGEST_VOLUME_GIB:
            rule = f"must be from {SMALLEST_VOLUME_GIB} to {LARGEST_VOLUME_GIB}"
            yield Problem(f"{where}: volume_size_gib", rule, volume_size_gib, "50 holds the usual images")


def _block_devices(image: str, size_gib: int) -> list[ec2.BlockDevice]:
    """Bottlerocket keeps its read-only system on one small volume and everything else on a second."""

    def gp3(size: int) -> ec2.BlockDeviceVolume:
        return ec2.BlockDeviceVolume.ebs(
            size, encrypted=True, volume_type=ec2.EbsDeviceVolumeType.GP3, delete_on_termination=True
        )

    if image == user_data.BOTTLEROCKET:
        return [
            ec2.BlockDevice(device_name="/dev/xvda", volume=gp3(4)),
            ec2.BlockDevice(device_name="/dev/xvdb", volume=gp3(size_gib)),
        ]
    return [ec2.BlockDevice(device_name="/dev/xvda", volume=gp3(size_gib))]


def _user_data(image: str, pods: int) -> ec2.UserData:
    if image == user_data.BOTTLEROCKET:
        return ec2.UserData.custom(user_data.bottlerocket_settings(pods))
    multipart = ec2.MultipartUserData()
    if image == user_data.AL2023:
        body = ec2.MultipartBody.from_raw_body(
            content_type="application/node.eks.aws", body=user_data.al2023_node_config(pods)
        )
    else:
        script = ec2.UserData.custom(user_data.al2_script(pods))
        body = ec2.MultipartBody.from_user_data(script)
    multipart.add_part(body)
    return multipart


def stack_kubernetes_version(cluster: eks.Cluster | eks.ICluster) -> str | None:
    """The minor version a cluster of this app is made with; None for an imported one."""
    resource = cluster.node.default_child
    version = resource.version if isinstance(resource, eks.CfnCluster) else None
    return None if version is None or cdk.Token.is_unresolved(version) else version
