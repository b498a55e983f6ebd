"""Which resources EC2 evaluates for the operator's actions, and which condition keys it then knows.

An excerpt of the Service Authorization Reference
(https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html), read for the
actions Cilium calls. A condition on a key that is not here never matches, and the call is denied.
"""

from __future__ import annotations

from typing import Final

_TAGGED: Final = frozenset({"aws:ResourceTag"})
_INTERFACE: Final = _TAGGED | {"ec2:NetworkInterfaceID", "ec2:Subnet", "ec2:Vpc", "ec2:AvailabilityZone"}
_INSTANCE: Final = _TAGGED | {"ec2:InstanceID", "ec2:InstanceType", "ec2:AvailabilityZone"}
_GROUP: Final = _TAGGED | {"ec2:SecurityGroupID", "ec2:Vpc"}

KEYS: Final[dict[str, dict[str, frozenset[str]]]] = {
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
}
"""Action -> resource type -> condition keys; tag keys without the tag. ``Describe*`` knows no resources."""


def known(action: str, resource_type: str, key: str) -> bool:
    """Whether EC2 fills in a condition key (``aws:ResourceTag/team``) for this action and resource."""
    return key == "ec2:Region" or key.split("/")[0] in KEYS.get(action, {}).get(resource_type, frozenset())
