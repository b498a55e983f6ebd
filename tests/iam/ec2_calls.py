"""Every EC2 call of cilium-operator, as the requests that IAM evaluates for it.

Read from ``pkg/aws/ec2/ec2.go`` of Cilium (at v1.12.1, v1.19.1 and main) without looking at our policy:
https://github.com/cilium/cilium/blob/v1.19.1/pkg/aws/ec2/ec2.go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cdk_eks_cilium.values import CiliumValues, References, helm_values
from cdk_eks_cilium.versions import CiliumVersion
from rehearsal.aws.iam.evaluator import Request

Context = dict[str, str | tuple[str, ...]]


@dataclass(frozen=True)
class Thing:
    """A resource as IAM sees it."""

    arn: str
    context: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)

    def on(self, action: str, **more: str | tuple[str, ...]) -> Request:
        """The request for an action on it; *more* are context keys with ``__`` for ``:``."""
        added = {name.replace("__", ":"): value for name, value in more.items()}
        return Request(f"ec2:{action}", self.arn, {**self.context, **added})


@dataclass(frozen=True)
class Place:
    """Where resources are: an account's region, with a VPC, which another account may share.

    The owner of the VPC owns its subnets. The account owns what it makes: interfaces, instances, groups.
    """

    partition: str = "aws"
    region: str = "eu-west-1"
    account: str = "111122223333"
    vpc: str = "vpc-1"
    vpc_owner: str | None = None

    def arn(self, kind: str, name: str) -> str:
        owner = self.vpc_owner if kind in ("vpc", "subnet") else None
        return f"arn:{self.partition}:ec2:{self.region}:{owner or self.account}:{kind}/{name}"

    @property
    def vpc_arn(self) -> str:
        return self.arn("vpc", self.vpc)

    def interface(self, tags: Mapping[str, str], name: str = "eni-1") -> Thing:
        context = {**_tags("Resource", tags), "ec2:Vpc": self.vpc_arn}
        return Thing(self.arn("network-interface", name), context)

    def new_interface(self, tags: Mapping[str, str]) -> Thing:
        """The interface of a CreateNetworkInterface: it has no id yet, and the tags of the request."""
        keys: Context = {"aws:TagKeys": tuple(tags)} if tags else {}
        return Thing(self.arn("network-interface", "*"), {**_tags("Request", tags), **keys})

    def subnet(self, name: str) -> Thing:
        return Thing(self.arn("subnet", name), {"ec2:Vpc": self.vpc_arn})

    def group(self, name: str = "sg-1") -> Thing:
        return Thing(self.arn("security-group", name), {"ec2:Vpc": self.vpc_arn})

    def instance(self, tags: Mapping[str, str], name: str = "i-1") -> Thing:
        return Thing(self.arn("instance", name), _tags("Resource", tags))

    def address(self, tags: Mapping[str, str], name: str = "eipalloc-1") -> Thing:
        return Thing(self.arn("elastic-ip", name), _tags("Resource", tags))


def _tags(kind: str, tags: Mapping[str, str]) -> Context:
    return {f"aws:{kind}Tag/{key}": value for key, value in tags.items()}


def create(subnet: Thing, groups: list[Thing], new: Thing, tags: Mapping[str, str]) -> tuple[Request, ...]:
    """CreateNetworkInterface with its subnet, its groups, the new interface and, with tags, CreateTags."""
    parts = [thing.on("CreateNetworkInterface") for thing in (new, subnet, *groups)]
    if tags:
        parts.append(new.on("CreateTags", ec2__CreateAction="CreateNetworkInterface"))
    return tuple(parts)


def attach(interface: Thing, instance: Thing) -> tuple[Request, ...]:
    """AttachNetworkInterface needs the interface and the instance."""
    action = "AttachNetworkInterface"
    return (interface.on(action), instance.on(action))


def modify(interface: Thing, instance: Thing) -> tuple[Request, ...]:
    """ModifyNetworkInterfaceAttribute of an attachment: the instance is an optional resource, so count it."""
    action = "ModifyNetworkInterfaceAttribute"
    return (interface.on(action, ec2__Attribute="Attachment"), instance.on(action))


def interface_tags(values: CiliumValues, version: CiliumVersion, cluster_name: str) -> dict[str, str]:
    """The tags that the operator gives a new interface, from the values of its release."""
    refs = References(cluster_name=cluster_name, operator_role_arn="arn:role", subnet_ids=("subnet-a",))
    eni: dict[str, Any] = helm_values(values, version, refs)["eni"]
    tags: dict[str, str] = dict(eni.get("eniTags", {}))
    return tags


def looking(values: CiliumValues, version: CiliumVersion) -> Iterator[str]:
    """The calls that take no resource."""
    yield from ("DescribeNetworkInterfaces", "DescribeSubnets", "DescribeVpcs", "DescribeSecurityGroups")
    # Optional below 1.18, where `updateEC2AdapterLimitViaAPI` asks for it; we always do.
    yield "DescribeInstanceTypes"
    if version.at_least("1.18"):
        yield "DescribeRouteTables"
    if values.overrides.get("eni", {}).get("instanceTagsFilter"):
        yield "DescribeInstances"
    if values.ipam.static_ip_tags:
        yield "DescribeAddresses"


def calls(
    values: CiliumValues,
    version: CiliumVersion,
    place: Place,
    *,
    cluster_name: str,
    subnets: tuple[str, ...],
    instance_tags: Mapping[str, str],
    pool: Mapping[str, str],
) -> dict[str, tuple[Request, ...]]:
    """Every call with what it is about, by name.

    Args:
        values: What is installed.
        version: The operator's version.
        place: Where the cluster is.
        cluster_name: Cilium's name of the cluster.
        subnets: The pod subnets.
        instance_tags: Tags of a node.
        pool: Tags of an Elastic IP, for static addresses.
    """
    tags = interface_tags(values, version, cluster_name)
    own, node = place.interface(tags), place.instance(instance_tags)
    groups = [place.group("sg-1"), place.group("sg-2")]
    found: dict[str, tuple[Request, ...]] = {
        name: (Request(f"ec2:{name}", "*"),) for name in looking(values, version)
    }
    for subnet in subnets:
        new = place.new_interface(tags)
        found[f"create in {subnet}"] = create(place.subnet(subnet), groups, new, tags)
    found["attach"] = attach(own, node)
    found["delete on termination"] = modify(own, node)
    found["assign addresses or prefixes"] = (own.on("AssignPrivateIpAddresses"),)
    found["roll back or collect"] = (own.on("DeleteNetworkInterface"),)
    if values.eni.release_excess_ips:
        found["release addresses or prefixes"] = (own.on("UnassignPrivateIpAddresses"),)
    if values.overrides.get("ipv6", {}).get("enabled"):
        found["assign IPv6"] = (own.on("AssignIpv6Addresses"),)
    if "DescribeAddresses" in found:
        # The primary interface, which EKS made and which has no tag of Cilium's (Cilium pull request 46329).
        primary = place.interface({}, "eni-primary")
        found["static address"] = (
            place.address(pool).on("AssociateAddress"),
            primary.on("AssociateAddress"),
        )
    return found
