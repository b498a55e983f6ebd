"""What the constructs of an app add to one VPC, from whichever stack: ranges, and names of clusters."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from constructs import IConstruct

from cdk_eks_cilium.network.vpc_range import primary_cidr
from cdk_eks_cilium.problems.looked_up import awaits_lookup, is_token


@dataclass
class SharedVpc:
    """What an app has added to a VPC so far.

    Attributes:
        ranges: The path of the construct that adds it, by range.
        blocks: The associations of these ranges, in the order of the app.
        clusters: The path of the `Cilium` that has it, by Cilium's name of the cluster.
    """

    ranges: dict[str, str] = field(default_factory=dict)
    blocks: list[ec2.CfnVPCCidrBlock] = field(default_factory=list)
    clusters: dict[str, str] = field(default_factory=dict)

    def last_block_of(self, stack: cdk.Stack) -> ec2.CfnVPCCidrBlock | None:
        """The last association that *stack* makes."""
        return next((each for each in reversed(self.blocks) if each.stack is stack), None)


# By app and VPC. The apps are kept alive: jsii would give another object for an app that Python forgot.
_SHARED: Final[dict[IConstruct, dict[str, SharedVpc]]] = {}


def shared_vpc(vpc: ec2.IVpc) -> SharedVpc:
    """What the app of *vpc* has added to it; imports of one id for one account and region are one VPC."""
    if awaits_lookup(vpc.vpc_id) or awaits_lookup(primary_cidr(vpc)):
        return SharedVpc()  # Every VPC has the same stand-ins.
    known = vpc.node.addr
    if not is_token(vpc.vpc_id):
        known = f"{vpc.vpc_id} in {cdk.Stack.of(vpc).environment}"
    return _SHARED.setdefault(vpc.node.root, {}).setdefault(known, SharedVpc())
