"""How pods get their addresses: the network interfaces, and the stock of addresses on each node."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Self

from pydantic import Field, StrictBool, StrictInt, model_validator

from cdk_eks_cilium.problems import refusal
from cdk_eks_cilium.versions import behaviour

from .closed import Closed
from .marks import KNOWN, Chart, Owns, Since

__all__ = ["Eni", "Ipam"]

Count = Annotated[StrictInt, Field(ge=0)]
Positive = Annotated[StrictInt, Field(ge=1)]

# Why chart values are not for overrides.
_MAX_PODS: Final = "max pods follows from it"
PERMISSIONS: Final = "the operator's permissions follow from it"
SUBNETS_AND_INTERFACE: Final = "the pod subnets and the first interface also set max pods and permissions"


class Eni(Closed):
    """The network interfaces that pods live on (chart section ``eni``)."""

    prefix_delegation: Annotated[
        StrictBool,
        Chart("eni.awsEnablePrefixDelegation", _MAX_PODS, always=True),
        Owns("eni.nodeSpec.disablePrefixDelegation", _MAX_PODS),
    ] = Field(default=True, description="Take addresses in prefixes of 16 instead of one by one.")
    first_interface_index: Annotated[
        StrictInt, Field(ge=1), Owns("eni.nodeSpec.firstInterfaceIndex", SUBNETS_AND_INTERFACE)
    ] = Field(
        default=1,
        description="The first interface that pods use. The default leaves interface 0, which lies in the "
        "node's subnet, to the node.",
    )
    release_excess_ips: Annotated[StrictBool, Chart("eni.awsReleaseExcessIPs", PERMISSIONS, always=True)] = (
        Field(
            default=True,
            description="Give unused addresses back; prefixes only from Cilium "
            f"{behaviour.datapath.PREFIXES_RELEASED.since}.",
        )
    )
    tags: Mapping[str, str] = Field(
        default_factory=dict,
        description="Further tags of the interfaces. The tags by which Cilium finds its own are always set.",
    )
    security_group_ids: Annotated[tuple[str, ...], Owns("eni.nodeSpec.securityGroups")] = Field(
        default=(),
        description="Security groups of the interfaces, at most five. By default the groups of the node's "
        "own interface 0.",
        max_length=5,
    )
    use_primary_address: Annotated[StrictBool, Owns("eni.nodeSpec.usePrimaryAddress")] = Field(
        default=False,
        description="Give the primary address of each pod interface to a pod too. Not with prefixes, because "
        "max pods does not count it.",
    )

    @model_validator(mode="after")
    def _primary_without_prefixes(self) -> Self:
        if self.use_primary_address and self.prefix_delegation:
            raise refusal(
                "the primary address of an interface is outside its prefixes, and max pods does not count it",
                "set prefix_delegation to false, or leave use_primary_address out",
                id="CEK2001",
            )
        return self


class Ipam(Closed):
    """How many addresses a node keeps in stock (chart section ``ipam``).

    The operator gives a node new addresses when fewer than *pre_allocate* are free: whole prefixes with
    prefix delegation, so one prefix serves until eight of its sixteen are taken
    (https://docs.cilium.io/en/stable/network/concepts/ipam/eni/).
    """

    min_allocate: Annotated[Count | None, Owns("ipam.nodeSpec.ipamMinAllocate")] = Field(
        default=None, description="Addresses that a node gets when it starts. By default as many as it needs."
    )
    pre_allocate: Annotated[Positive | None, Owns("ipam.nodeSpec.ipamPreAllocate")] = Field(
        default=None, description="Free addresses below which a node gets more. Cilium's default is 8."
    )
    max_allocate: Annotated[
        Positive | None, Since(behaviour.chart.NODE_SPEC), Owns("ipam.nodeSpec.ipamMaxAllocate")
    ] = Field(
        default=None,
        description="The most addresses that a node gets. By default as many as its type can have.",
    )
    static_ip_tags: Annotated[
        Mapping[str, str],
        Since(KNOWN),
        Owns("ipam.nodeSpec.ipamStaticIPTags", PERMISSIONS),
    ] = Field(
        default_factory=dict,
        description="Tags of the Elastic IPs from which each node gets one, for pods with a fixed address.",
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if None not in (self.min_allocate, self.max_allocate) and self.min_allocate > self.max_allocate:  # type: ignore[operator]
            raise refusal(
                f"min_allocate ({self.min_allocate}) must not be over max_allocate ({self.max_allocate})",
                "lower it or raise max_allocate",
                id="CEK2002",
            )
        return self
