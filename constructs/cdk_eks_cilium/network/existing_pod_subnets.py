"""Pod subnets that are there already, taken as they are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from cdk_eks_cilium.network.pod_subnets_base import PodSubnetsBase, ZonedSubnet
from cdk_eks_cilium.problems import Problem, refuse


class ExistingPodSubnets(PodSubnetsBase):
    """Subnets for pods that somebody else made and routes, such as a network team in a shared VPC.

    Nothing is made and nothing is changed: no CIDR block, no route, no tag. They must be in the cluster's
    VPC and hold nothing but pods, or prefixes will not find 16 addresses in a row.

    Args:
        subnet_ids: Id of the pod subnet by zone; one for each zone that has nodes.
        has_way_out: Whether their route tables lead out of the VPC, as `Egress.pod()` needs. Nobody
            looks: without that route pods have no egress.
        owner_account: Account that owns the VPC and shares these subnets, by its twelve digits. It is in
            their ARNs, so the operator's policy and the sweep's need it. By default the stack's account.

    Raises:
        InputError: If there is no subnet, one is named for two zones, an id is none, or the account
            is no account.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        subnet_ids: Mapping[str, str],
        has_way_out: bool = False,
        owner_account: str | None = None,
    ) -> None:
        super().__init__(scope, id)
        refuse(_owner_problems(self.node.path, owner_account))
        given = list(subnet_ids.values())
        twice = sorted({each for each in given if given.count(each) > 1})
        if not given:
            refuse(
                [
                    Problem(
                        f"{self.node.path}: subnet_ids",
                        "must name a pod subnet for each zone of nodes",
                        id="CEK6015",
                    )
                ]
            )
        refuse(
            Problem(
                f"{self.node.path}: subnet_ids",
                "must be ids of subnets",
                each,
                "for example 'subnet-0123456789abcdef0'",
                id="CEK6016",
            )
            for each in given
            if not cdk.Token.is_unresolved(each) and not each.startswith("subnet-")
        )
        refuse(
            Problem(
                f"{self.node.path}: subnet_ids",
                "must name each subnet once, for the zone it is in",
                each,
                id="CEK6017",
            )
            for each in twice
        )
        self._zoned = [
            ZonedSubnet(zone, ec2.Subnet.from_subnet_id(self, f"Subnet{number}", subnet_id))
            for number, (zone, subnet_id) in enumerate(subnet_ids.items(), start=1)
        ]
        # Nothing here routes through their tables, so the ids of these are not asked for.
        cdk.Annotations.of(self).acknowledge_warning("@aws-cdk/aws-ec2:noSubnetRouteTableId")
        self._routed = has_way_out
        self._owner_account = owner_account


def _owner_problems(where: str, account: str | None) -> Iterator[Problem]:
    if account is None or cdk.Token.is_unresolved(account):
        return
    if not re.fullmatch(r"[0-9]{12}", account):
        yield Problem(
            f"{where}: owner_account",
            "must be an account id of 12 digits",
            account,
            "give the account that shares the subnets, or leave it out if they are your own",
            id="CEK6018",
        )
