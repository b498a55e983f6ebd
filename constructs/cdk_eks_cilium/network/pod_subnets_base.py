"""What new and existing pod subnets share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from constructs import Construct


class ZonedSubnet(NamedTuple):
    """A subnet with its zone, which an imported subnet may not know."""

    availability_zone: str
    subnet: ec2.ISubnet


class PodSubnetsBase(Construct):
    """Subnets that only pods use, at least one in each zone that has nodes.

    Use `PodSubnets` to make them, or `ExistingPodSubnets` for subnets that exist already.
    """

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        self._zoned: list[ZonedSubnet] = []
        self._routed = False
        self._owner_account: str | None = None

    @property
    def availability_zones(self) -> tuple[str, ...]:
        """The zones with a pod subnet, in the order of the arguments."""
        return tuple(dict.fromkeys(each.availability_zone for each in self._zoned))

    @property
    def subnets(self) -> Sequence[ec2.ISubnet]:
        """The subnets, block by block, each in the order of the zones."""
        return tuple(each.subnet for each in self._zoned)

    @property
    def subnet_ids(self) -> tuple[str, ...]:
        """Ids of the pod subnets, in the order of `subnets` (tokens where they are made here)."""
        return tuple(subnet.subnet_id for subnet in self.subnets)

    @property
    def owner_account(self) -> str | None:
        """Account that the subnets and their VPC belong to. None: the account of the stack."""
        return self._owner_account

    @property
    def subnet_arns(self) -> tuple[str, ...]:
        """ARNs of the pod subnets, in the order of `subnets` (tokens)."""
        stack = cdk.Stack.of(self)
        return tuple(
            stack.format_arn(
                service="ec2", account=self.owner_account, resource="subnet", resource_name=subnet_id
            )
            for subnet_id in self.subnet_ids
        )

    @property
    def block_count(self) -> int:
        """Number of CIDR blocks, at least one."""
        return 1

    @property
    def has_way_out(self) -> bool:
        """Whether every subnet has a default route of its own out of the VPC."""
        return self._routed
