"""Managed node groups that fit Cilium: pods per node, taint, metadata service, volumes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Unpack, cast

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk_eks_cilium.addressing import NodeAddressing, instance_problems
from cdk_eks_cilium.checks.acknowledgements import acknowledge, managed_policy
from cdk_eks_cilium.nodes import AL2, AL2023, BOTTLEROCKET, NodeGroupKeywords, NodeGroupProps, NodeImage
from cdk_eks_cilium.problems import refuse
from cdk_eks_cilium.values.rules.tolerations import TAINT

AGENT_NOT_READY_TAINT: Final = TAINT
"""Keeps pods off a node until Cilium runs there. https://docs.cilium.io/en/stable/installation/taints/"""

_AMI_TYPES: Final = {
    (BOTTLEROCKET.name, "x86_64"): eks.NodegroupAmiType.BOTTLEROCKET_X86_64,
    (BOTTLEROCKET.name, "arm64"): eks.NodegroupAmiType.BOTTLEROCKET_ARM_64,
    (AL2023.name, "x86_64"): eks.NodegroupAmiType.AL2023_X86_64_STANDARD,
    (AL2023.name, "arm64"): eks.NodegroupAmiType.AL2023_ARM_64_STANDARD,
    (AL2.name, "x86_64"): eks.NodegroupAmiType.AL2_X86_64,
    (AL2.name, "arm64"): eks.NodegroupAmiType.AL2_ARM_64,
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
        kubernetes_version: Minor version of the nodes. By default they keep the version they were
            made with, and do not follow an upgrade of the cluster.
        addressing: How Cilium gives nodes addresses, which decides the pods per node, with facts of
            instance types that the library does not know. By default as with the default values.
        instance_tags: Tags of the instances and their volumes. A change replaces the nodes.
        props: The nodes; see `NodeGroupProps` for each keyword and its default.

    Raises:
        InputError: If a type is unknown, not Nitro, too small, or of another architecture, or a size or the
            image is invalid.
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
        addressing: NodeAddressing | None = None,
        instance_tags: Mapping[str, str] | None = None,
        **props: Unpack[NodeGroupKeywords],
    ) -> None:
        super().__init__(scope, id)
        addressing = addressing or NodeAddressing()
        self.props = NodeGroupProps(**props)
        types = self.props.instance_types
        refuse(
            [
                *instance_problems(f"{self.node.path}: instance_types", types, addressing),
                *self.props.problems(self.node.path),
            ]
        )
        image = self.props.node_image
        if image.end_of_life is not None:
            cdk.Annotations.of(self).add_warning_v2(f"cdk-eks-cilium:{image.name}", image.end_of_life)
        self.max_pods = addressing.max_pods(types)
        self.launch_template = ec2.LaunchTemplate(
            self,
            "LaunchTemplate",
            require_imdsv2=True,
            http_tokens=ec2.LaunchTemplateHttpTokens.REQUIRED,
            http_put_response_hop_limit=1,
            block_devices=_block_devices(image, self.props.volume_size_gib),
            user_data=user_data(image, self.max_pods),
        )
        for key, value in (instance_tags or {}).items():
            cdk.Tags.of(self.launch_template).add(key, value)
        self.resource = eks.Nodegroup(
            self,
            "Resource",
            cluster=cast(eks.ICluster, cluster),
            ami_type=_AMI_TYPES[image.name, addressing.find(types[0]).architecture],
            instance_types=[ec2.InstanceType(name) for name in types],
            min_size=self.props.min_size,
            max_size=self.props.max_size,
            desired_size=self.props.size.initial,
            labels=dict(self.props.labels) if self.props.labels else None,
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
        # CDK leaves the version out, and nodes then never follow the cluster to a new minor.
        if kubernetes_version:
            cfn_node_group = cast(eks.CfnNodegroup, self.resource.node.default_child)
            cfn_node_group.add_property_override("Version", kubernetes_version)


def _block_devices(image: NodeImage, size_gib: int) -> list[ec2.BlockDevice]:
    """The volumes of a node. Bottlerocket has its read-only system on a small one, all else on a second."""

    def gp3(size: int) -> ec2.BlockDeviceVolume:
        return ec2.BlockDeviceVolume.ebs(
            size, encrypted=True, volume_type=ec2.EbsDeviceVolumeType.GP3, delete_on_termination=True
        )

    if image is BOTTLEROCKET:
        return [
            ec2.BlockDevice(device_name="/dev/xvda", volume=gp3(4)),
            ec2.BlockDevice(device_name="/dev/xvdb", volume=gp3(size_gib)),
        ]
    return [ec2.BlockDevice(device_name="/dev/xvda", volume=gp3(size_gib))]


def user_data(image: NodeImage, max_pods: int) -> ec2.UserData:
    """What nodes read at boot, in the form of their image."""
    text = image.boot_data(max_pods)
    if image.user_data == "settings":
        return ec2.UserData.custom(text)
    multipart = ec2.MultipartUserData()
    if image.user_data == "node-config":
        body = ec2.MultipartBody.from_raw_body(content_type="application/node.eks.aws", body=text)
    else:
        body = ec2.MultipartBody.from_user_data(ec2.UserData.custom(text))
    multipart.add_part(body)
    return multipart


def stack_kubernetes_version(cluster: eks.Cluster | eks.ICluster) -> str | None:
    """The minor version of a cluster of this app; None for an imported cluster."""
    resource = cluster.node.default_child
    version = resource.version if isinstance(resource, eks.CfnCluster) else None
    return None if version is None or cdk.Token.is_unresolved(version) else version
