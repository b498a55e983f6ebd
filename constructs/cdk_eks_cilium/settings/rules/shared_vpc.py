"""Rules for a VPC that another account shares."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.problems import Problem
from cdk_eks_cilium.settings.model import Settings

from .rule import Rule

# belief: EC2-shared-vpc-rights


def _a_shared_vpc_is_anothers(settings: Settings) -> Iterator[Problem]:
    owner = settings.network.vpc_owner_account
    if owner is not None and owner == settings.account:
        yield Problem(
            "network.vpc_owner_account",
            "must be another account than the account to deploy to",
            owner,
            "leave it out, the VPC is the account's own",
            id="CEK1084",
        )


# Subnets, route tables and NAT gateways are the owner's alone:
# https://docs.aws.amazon.com/vpc/latest/userguide/vpc-share-limitations.html
def _only_the_owner_extends_a_shared_vpc(settings: Settings) -> Iterator[Problem]:
    network = settings.network
    if network.vpc_owner_account is not None and network.existing and not network.pod_subnets:
        yield Problem(
            "network.vpc_owner_account",
            "must come with pod_subnets, since only the owner can add ranges, subnets and routes to a "
            "shared VPC",
            network.vpc_owner_account,
            "ask the owner to make and share a pod subnet in each zone, and name these subnets in "
            "pod_subnets",
            id="CEK1085",
        )


RULES: Final[tuple[Rule, ...]] = (
    _a_shared_vpc_is_anothers,
    _only_the_owner_extends_a_shared_vpc,
)
