"""What EC2 makes nodes from: the image, the boot data, the volumes and the metadata service."""

from __future__ import annotations

from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from cdk_eks_cilium.nodes import BOTTLEROCKET, NODE_CONFIG, Bootstrap, ImageRequest, NodeGroupProps, NodeImage

# belief: EC2-user-data-size
LARGEST_USER_DATA: Final = 16 * 1024
"""Most bytes of user data: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html."""

_HEADERS: Final = 150
"""About how many bytes the headers and the boundary of a part have."""


def launch_template(
    scope: Construct,
    props: NodeGroupProps,
    *,
    image: ImageRequest | None,
    data: ec2.UserData,
    volume_key: kms.IKey | None,
) -> ec2.LaunchTemplate:
    """The launch template ``LaunchTemplate`` of a node group.

    Its AMI id is what makes the boot data ours alone. The id is a parameter of the stack, which
    CloudFormation reads from AWS's public parameters at each deploy. CDK puts the path into the logical id of
    that parameter, because its CLI keeps the earlier value of a parameter whose id stays.

    Args:
        image: Which of AWS's images; None with an image of one's own in *props*.
        data: The boot data.
        volume_key: A key for the volumes. By default the account's default key of EBS.
    """
    template = ec2.LaunchTemplate(
        scope,
        "LaunchTemplate",
        machine_image=(
            ec2.MachineImage.from_ssm_parameter(props.node_image.parameter(image))
            if image is not None
            else None
        ),
        require_imdsv2=True,
        http_tokens=ec2.LaunchTemplateHttpTokens.REQUIRED,
        # belief: NODE-hop-limit
        http_put_response_hop_limit=1,
        block_devices=_block_devices(props.node_image, props.volume_size_gib, volume_key),
        user_data=data,
    )
    if props.ami_id is not None:
        resource = template.node.default_child
        assert isinstance(resource, ec2.CfnLaunchTemplate)
        resource.add_property_override("LaunchTemplateData.ImageId", props.ami_id)
    return template


def user_data(image: NodeImage, node: Bootstrap) -> ec2.UserData:
    """What nodes read at boot, in the form of their image."""
    data = image.boot_data(node)
    if isinstance(data, str):
        return ec2.UserData.custom(data)
    multipart = ec2.MultipartUserData()
    for part in data:
        if part.content_type == NODE_CONFIG:
            body = ec2.MultipartBody.from_raw_body(content_type=part.content_type, body=part.text)
        else:
            body = ec2.MultipartBody.from_user_data(ec2.UserData.custom(part.text))
        multipart.add_part(body)
    return multipart


def size_of(image: NodeImage, node: Bootstrap) -> int:
    """About how many bytes the boot data has; tokens of CDK count as they are written."""
    data = image.boot_data(node)
    if isinstance(data, str):
        return len(data.encode())
    return sum(len(part.text.encode()) + _HEADERS for part in data)


def _block_devices(image: NodeImage, size_gib: int, key: kms.IKey | None) -> list[ec2.BlockDevice]:
    """The volumes of a node. Bottlerocket has its read-only system on a small one, all else on a second."""

    def gp3(size: int) -> ec2.BlockDeviceVolume:
        return ec2.BlockDeviceVolume.ebs(
            size,
            encrypted=True,
            kms_key=key,
            volume_type=ec2.EbsDeviceVolumeType.GP3,
            delete_on_termination=True,
        )

    if image is BOTTLEROCKET:
        return [
            ec2.BlockDevice(device_name="/dev/xvda", volume=gp3(4)),
            ec2.BlockDevice(device_name="/dev/xvdb", volume=gp3(size_gib)),
        ]
    return [ec2.BlockDevice(device_name="/dev/xvda", volume=gp3(size_gib))]


# belief: IAM-ebs-key-grant
def let_auto_scaling_use(scope: Construct, key: kms.IKey) -> bool:
    """Let EC2 Auto Scaling make volumes with *key*; False for an imported key, whose policy is not ours.

    Auto Scaling starts instances with its own service-linked role, which a customer-managed key must allow:
    https://docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html.
    """
    role = cdk.Stack.of(scope).format_arn(
        service="iam",
        region="",
        resource="role",
        resource_name="aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling",
    )
    use = iam.PolicyStatement(
        sid="AutoScalingUsesVolumes",
        principals=[iam.ArnPrincipal(role)],
        actions=["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
        resources=["*"],
    )
    attach = iam.PolicyStatement(
        sid="AutoScalingAttachesVolumes",
        principals=[iam.ArnPrincipal(role)],
        actions=["kms:CreateGrant"],
        resources=["*"],
        conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}},
    )
    added = [key.add_to_resource_policy(each).statement_added for each in (use, attach)]
    return all(added)
