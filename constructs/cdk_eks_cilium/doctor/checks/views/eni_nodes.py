"""CiliumNodes with their interfaces, prefixes and addresses.

Fields: https://github.com/cilium/cilium/blob/v1.19.1/pkg/aws/eni/types/types.go and
https://github.com/cilium/cilium/blob/v1.19.1/pkg/ipam/types/types.go. 1.20 renames no field; its agents write
``spec.ipam.pools`` and no longer ``status.ipam.used``
(https://github.com/cilium/cilium/pull/45154).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from cdk_eks_cilium.doctor.engine.fields import at
from cdk_eks_cilium.doctor.engine.kinds import CILIUM_NODES
from cdk_eks_cilium.doctor.engine.reader import Object
from cdk_eks_cilium.doctor.engine.seen import Seen

from .addresses import PREFIX_BITS, number


@dataclass(frozen=True)
class Interface:
    """An interface of a node, as the operator wrote it down.

    Attributes:
        id: Its id.
        index: Its device index.
        own: Its own address.
        subnet: The id of its subnet.
        subnet_range: The range of its subnet.
        description: Its description.
        tags: Its tags.
        prefixes: Its prefixes.
        addresses: Its other addresses, all addresses of its prefixes included.
        excluded: Whether pods get none of them: its index is too low, or it has an excluded tag.
        vpc_primary: The primary range of its VPC.
    """

    id: str
    index: int
    own: str
    subnet: str
    subnet_range: str
    description: str
    tags: Mapping[str, str]
    prefixes: tuple[str, ...]
    addresses: tuple[str, ...]
    excluded: bool
    vpc_primary: str

    @property
    def of_aws_node(self) -> bool:
        """Whether aws-node made it: `createENI` and `buildENITags` of amazon-vpc-cni-k8s name such interfaces
        so.

        https://github.com/aws/amazon-vpc-cni-k8s/blob/master/pkg/awsutils/awsutils.go
        """
        return is_of_aws_node(self.description, self.tags)

    @cached_property
    def singles(self) -> tuple[str, ...]:
        """The addresses that are in none of its prefixes, and not its own."""
        blocks = {_block(prefix.partition("/")[0]) for prefix in self.prefixes}
        return tuple(each for each in self.addresses if each != self.own and _block(each) not in blocks)


@dataclass(frozen=True)
class EniNode:
    """A CiliumNode.

    Attributes:
        name: Its name, like its node.
        object: The object.
        instance: The id of its instance.
        instance_type: The type of the instance.
        zone: The availability zone.
        first_index: The first interface whose addresses pods get.
        interfaces: Its interfaces, by index.
        pool: The addresses of ``spec.ipam.pool``, from which agents up to 1.19 take.
        allocated: The ranges of ``spec.ipam.pools.allocated``, from which agents take from 1.20 on.
        requested: How many addresses the agent asks for in ``spec.ipam.pools.requested``; None for none.
        used: The addresses in use and their owners, which agents write up to 1.19.
        error: What the operator could not do.
    """

    name: str
    object: Object = field(repr=False)
    instance: str
    instance_type: str
    zone: str
    first_index: int
    interfaces: tuple[Interface, ...]
    pool: Mapping[str, Any]
    allocated: tuple[str, ...]
    requested: int | None
    used: Mapping[str, Any]
    error: str

    @property
    def pod_interfaces(self) -> list[Interface]:
        """The interfaces whose addresses pods get."""
        return [each for each in self.interfaces if not each.excluded]

    @property
    def subnet_ids(self) -> Sequence[str]:
        """The subnets that the operator is told to use for it."""
        return at(self.object, "spec.eni.subnet-ids") or ()

    @property
    def object_name(self) -> str:
        """Its name in evidence."""
        return f"CiliumNode {self.name}"


def is_of_aws_node(description: str, tags: Mapping[str, str]) -> bool:
    """Whether an interface has the description or the tags that aws-node gives."""
    return description.startswith("aws-K8S-") or "node.k8s.amazonaws.com/instance_id" in tags


def eni_nodes(seen: Seen) -> tuple[EniNode, ...]:
    """Every CiliumNode of ENI mode. Ask with ``seen.derived``; a check that asks reads `CILIUM_NODES`.

    Raises:
        UnreadError: The CiliumNodes cannot be read.
    """
    return tuple(_node(each) for each in seen.list(CILIUM_NODES))


def node_names(seen: Seen) -> Mapping[str, EniNode]:
    """The CiliumNodes by name. Ask with ``seen.derived``."""
    return {each.name: each for each in seen.derived(eni_nodes)}


def _node(found: Object) -> EniNode:
    eni = at(found, "spec.eni") or {}
    # Releases before 1.8 had the instance in the ENI section; the field was removed in 1.20.
    instance = at(found, "spec.instance-id") or eni.get("instance-id") or ""
    first = int(eni.get("first-interface-index") or 0)
    excluded_tags = eni.get("exclude-interface-tags") or {}
    interfaces = sorted(
        (
            _interface(each, first, excluded_tags)
            for each in (at(found, "status.eni.enis") or {}).values()
            if each
        ),
        key=lambda each: each.index,
    )
    ipam = at(found, "spec.ipam") or {}
    return EniNode(
        name=at(found, "metadata.name", ""),
        object=found,
        instance=instance,
        instance_type=eni.get("instance-type") or "",
        zone=eni.get("availability-zone") or "",
        first_index=first,
        interfaces=tuple(interfaces),
        pool=ipam.get("pool") or {},
        allocated=tuple(
            cidr for pool in at(ipam, "pools.allocated") or () for cidr in pool.get("cidrs") or ()
        ),
        requested=_requested(ipam),
        used=at(found, "status.ipam.used") or {},
        error=at(found, "status.ipam.operator-status.error") or "",
    )


def _interface(found: Object, first: int, excluded_tags: Mapping[str, str]) -> Interface:
    index = int(found.get("number") or 0)
    tags = found.get("tags") or {}
    # IsExcludedBySpec in https://github.com/cilium/cilium/blob/v1.19.1/pkg/aws/eni/types/types.go.
    by_tag = bool(excluded_tags) and excluded_tags.items() <= tags.items()
    return Interface(
        id=found.get("id") or "",
        index=index,
        own=found.get("ip") or "",
        subnet=at(found, "subnet.id") or "",
        subnet_range=at(found, "subnet.cidr") or "",
        description=found.get("description") or "",
        tags=tags,
        prefixes=tuple(found.get("prefixes") or ()),
        addresses=tuple(found.get("addresses") or ()),
        excluded=index < first or by_tag,
        vpc_primary=at(found, "vpc.primary-cidr") or "",
    )


def _requested(ipam: Mapping[str, Any]) -> int | None:
    for each in at(ipam, "pools.requested") or ():
        if each.get("pool") == "default":
            return int(at(each, "needed.ipv4-addrs") or 0)
    return None


def _block(address: str) -> int | None:
    value = number(address)
    return None if value is None else value >> PREFIX_BITS
