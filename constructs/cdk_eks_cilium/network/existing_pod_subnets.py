"""Pod subnets that exist already, used unchanged."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from cdk_eks_cilium.network.pod_ranges import some_look_up_is_due, zones_problems
from cdk_eks_cilium.network.pod_subnets_base import PodSubnetsBase, ZonedSubnet
from cdk_eks_cilium.problems import Problem, refuse
from cdk_eks_cilium.problems.looked_up import awaits_lookup, is_list_token, is_token, known_at_synth

# Before a look-up CDK knows no groups of subnets but Public, Private and Isolated.
_NOT_LOOKED_UP: Final = {"dummy1a": "p-12345", "dummy1b": "p-67890"}


class ExistingPodSubnets(PodSubnetsBase):
    """Subnets for pods that somebody else made and routes, such as a network team in a shared VPC.

    This construct makes and changes nothing: no CIDR block, no route, no tag. The subnets must be in the
    cluster's VPC and hold only pods, or prefixes will not find 16 addresses in a row.

    Args:
        subnet_ids: Id of the pod subnet by zone; a subnet for each zone that has nodes.
        has_way_out: Whether their route tables lead out of the VPC, as `Egress.pod()` needs. The library
            cannot check it: without that route pods have no egress.
        owner_account: Id of the account that owns the VPC and shares these subnets, 12 digits. The policies
            of the operator and of the sweep need it for ARNs. By default the stack's account.

    Raises:
        InputError: If subnets are missing, a subnet is named for two zones, or an id is invalid.
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
        refuse(_owner_problems(f"{self.node.path}: owner_account", owner_account))
        if not subnet_ids and some_look_up_is_due(self):
            subnet_ids = _NOT_LOOKED_UP
        where = f"{self.node.path}: subnet_ids"
        refuse([*zones_problems(where, list(subnet_ids)), *_id_problems(where, list(subnet_ids.values()))])
        self._zoned = [
            ZonedSubnet(zone, ec2.Subnet.from_subnet_id(self, f"Subnet{number}", subnet_id))
            for number, (zone, subnet_id) in enumerate(subnet_ids.items(), start=1)
        ]
        # Nothing here routes through their tables, so CDK's warning about missing ids does not matter.
        cdk.Annotations.of(self).acknowledge_warning("@aws-cdk/aws-ec2:noSubnetRouteTableId")
        self._routed = has_way_out
        self._owner_account = owner_account


def _id_problems(where: str, ids: Sequence[str]) -> Iterator[Problem]:
    if not ids:
        yield Problem(where, "must name a pod subnet for each zone of nodes", id="CEK6015")
    ids = [each for each in ids if not awaits_lookup(each)]
    for each in ids:
        if not is_token(each) and not each.startswith("subnet-"):
            example = "for example 'subnet-0123456789abcdef0'"
            fix = "take each id of the list with cdk.Fn.select()" if is_list_token(each) else example
            yield Problem(where, "must be ids of subnets", each, fix, id="CEK6016")
    for each in sorted({each for each in ids if ids.count(each) > 1}):
        yield Problem(where, "must name each subnet once, for its zone", each, id="CEK6017")


def _owner_problems(where: str, account: str | None) -> Iterator[Problem]:
    if account is None or not known_at_synth(account):
        return
    if not re.fullmatch(r"[0-9]{12}", account):
        fix = "give the account that shares the subnets, or leave it out if they are your own"
        yield Problem(where, "must be an account id of 12 digits", account, fix, id="CEK6018")
