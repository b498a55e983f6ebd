"""What cilium-operator may do in EC2: the calls of each version, and the policy around them.

The calls are read from ``pkg/aws/ec2/ec2.go`` of each release
(https://github.com/cilium/cilium/blob/v1.19.1/pkg/aws/ec2/ec2.go); the documentation lists fewer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from cdk_eks_cilium.values.model import CiliumValues
from cdk_eks_cilium.versions import behaviour
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .chart import CLUSTER_TAG
from .merge import override

Statement = dict[str, Any]

# belief: CILIUM-operator-calls
_CREATE: Final = "ec2:CreateNetworkInterface"
_ATTACH: Final = "ec2:AttachNetworkInterface"
_MODIFY: Final = "ec2:ModifyNetworkInterfaceAttribute"
_TAG: Final = "ec2:CreateTags"
_ASSOCIATE: Final = "ec2:AssociateAddress"
#: Actions with statements of their own.
_SEPARATE: Final = frozenset({_CREATE, _TAG, _ASSOCIATE})


def discovery_actions(values: CiliumValues, version: CiliumVersion) -> tuple[str, ...]:
    """The actions that only read, sorted; EC2 supports no resources in statements about them."""
    names = {"NetworkInterfaces", "Subnets", "Vpcs", "SecurityGroups", "InstanceTypes"}
    if behaviour.datapath.ROUTE_TABLES.holds(version):
        names.add("RouteTables")
    if override(values, "eni", "instanceTagsFilter", otherwise=None):
        names.add("Instances")
    if values.ipam.static_ip_tags:
        names.add("Addresses")
    return tuple(sorted(f"ec2:Describe{name}" for name in names))


def change_actions(values: CiliumValues) -> tuple[str, ...]:
    """The actions that make, fill, tag and delete network interfaces, sorted."""
    actions = {_CREATE, _ATTACH, _MODIFY, _TAG, "ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses"}
    if values.eni.release_excess_ips:
        actions.add("ec2:UnassignPrivateIpAddresses")
    if values.ipam.static_ip_tags:
        actions.add(_ASSOCIATE)
    if override(values, "ipv6", "enabled") is True:
        actions.add("ec2:AssignIpv6Addresses")
    return tuple(sorted(actions))


def operator_actions(values: CiliumValues, version: CiliumVersion) -> tuple[str, ...]:
    """Every EC2 action the operator of *version* calls with *values*, sorted."""
    return tuple(sorted((*discovery_actions(values, version), *change_actions(values))))


# belief: IAM-operator-conditions, IAM-tag-on-create, IAM-policy-evaluation
def policy_statements(
    values: CiliumValues,
    version: CiliumVersion,
    *,
    partition: str,
    region: str,
    account: str,
    cluster_name: str,
    eks_cluster_name: str,
    subnet_arns: Sequence[str],
    vpc_arn: str,
) -> list[Statement]:
    """The statements of the operator's IAM policy. Every text may be a CDK token.

    The operator may make interfaces in the pod subnets only, tagged with its cluster, and touch only
    interfaces with that tag: a wrong subnet or another cluster's interface is a denied call instead
    of a silent success. The ``article`` profile gets what the article gives, all actions on everything:
    its version does not tag interfaces.

    Args:
        values: What is installed.
        version: The chart that is installed.
        partition: ``aws``, ``aws-cn``, ``aws-us-gov``.
        region: Region of the cluster.
        account: Account of the cluster, with its interfaces, instances and security groups.
        cluster_name: Cilium's name of the cluster, the value of the tag.
        eks_cluster_name: EKS's name of the cluster, the value of the tag its nodes carry.
        subnet_arns: The pod subnets. ARNs of shared subnets have their owner's account.
        vpc_arn: The VPC whose security groups an interface may join, with its owner's account.

    Returns:
        IAM statements as plain mappings, in a fixed order, each with a Sid.
    """
    if values.profile == "article":
        return [_allow("CiliumOperator", operator_actions(values, version), "*")]
    ec2 = f"arn:{partition}:ec2:{region}:{account}"
    interfaces = f"{ec2}:network-interface/*"
    own_tag = {"StringEquals": {f"aws:ResourceTag/{CLUSTER_TAG}": cluster_name}}
    change = change_actions(values)
    statements = [
        _allow("Discover", discovery_actions(values, version), "*"),
        _allow(
            "CreateTaggedInterface",
            [_CREATE],
            interfaces,
            {"StringEquals": {f"aws:RequestTag/{CLUSTER_TAG}": cluster_name}},
        ),
        _allow("CreateInterfaceInPodSubnets", [_CREATE], list(subnet_arns)),
        _allow(
            "CreateInterfaceWithGroupsOfTheVpc",
            [_CREATE],
            f"{ec2}:security-group/*",
            {"ArnEquals": {"ec2:Vpc": vpc_arn}},
        ),
        _allow(
            "TagInterfaceWhenCreated",
            [_TAG],
            interfaces,
            {
                "StringEquals": {
                    "ec2:CreateAction": "CreateNetworkInterface",
                    f"aws:RequestTag/{CLUSTER_TAG}": cluster_name,
                }
            },
        ),
        _allow("UseOwnInterfaces", [a for a in change if a not in _SEPARATE], interfaces, own_tag),
        # Either tag will do: our launch templates set the first, EKS gives managed nodes the second.
        _allow("AttachToTaggedNodes", [_ATTACH, _MODIFY], f"{ec2}:instance/*", own_tag),
        _allow(
            "AttachToManagedNodes",
            [_ATTACH, _MODIFY],
            f"{ec2}:instance/*",
            {"StringEquals": {"aws:ResourceTag/eks:cluster-name": eks_cluster_name}},
        ),
    ]
    return statements + (_static_address_statements(values, ec2, vpc_arn) if _ASSOCIATE in change else [])


def _static_address_statements(values: CiliumValues, ec2: str, vpc_arn: str) -> list[Statement]:
    """An Elastic IP of the pool goes to a node's primary interface, which EKS made and nobody tagged.

    So the VPC limits the interface, and the tags of the operator's look-up limit the address
    (https://github.com/cilium/cilium/pull/39654, https://github.com/cilium/cilium/pull/46329).
    """
    pool = {f"aws:ResourceTag/{key}": value for key, value in values.ipam.static_ip_tags.items()}
    in_vpc = {"ArnEquals": {"ec2:Vpc": vpc_arn}}
    return [
        _allow("AssociateStaticAddresses", [_ASSOCIATE], f"{ec2}:elastic-ip/*", {"StringEquals": pool}),
        _allow("AssociateWithInterfacesOfTheVpc", [_ASSOCIATE], f"{ec2}:network-interface/*", in_vpc),
    ]


def _allow(
    sid: str, actions: Sequence[str], resource: str | list[str], condition: Mapping[str, Any] | None = None
) -> Statement:
    statement: Statement = {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": resource}
    if condition:
        statement["Condition"] = dict(condition)
    return statement
