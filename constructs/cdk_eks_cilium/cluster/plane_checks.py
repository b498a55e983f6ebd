"""Whether EKS can make a control plane of these arguments; values to look up are judged after the look-up."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from aws_cdk import aws_ec2 as ec2

from cdk_eks_cilium.addressing import cidr_problems
from cdk_eks_cilium.addressing.api_clients import caller_problems
from cdk_eks_cilium.problems import Problem
from cdk_eks_cilium.problems.looked_up import awaits_lookup, is_list_token, known_at_synth

# https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html
_NAME: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,99}")
# A region's own zones are the region and a letter; Local and Wavelength Zones go on: us-west-2-lax-1a.
_OUTSIDE_THE_REGION: Final = re.compile(r"[a-z]+(-[a-z]+)+-[0-9]+-.+")


def name_problems(where: str, name: str | None) -> Iterator[Problem]:
    """Yield why EKS refuses the name of a cluster."""
    if name is not None and known_at_synth(name) and not _NAME.fullmatch(name):
        rule = "must be 1 to 100 letters, digits, hyphens and underscores, with a letter or digit first"
        fix = re.sub(r"[^0-9A-Za-z_-]+", "-", name).lstrip("-_")[:100]
        yield Problem(where, rule, name, f"did you mean {fix!r}?" if fix else "", id="CEK6036")


def zone_problems(where: str, subnets: Sequence[ec2.ISubnet]) -> Iterator[Problem]:
    """Yield why the control plane's interfaces cannot be in *subnets*.

    EKS takes at least two subnets, in different zones, and no subnet of a Local Zone:
    https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html and
    https://docs.aws.amazon.com/eks/latest/userguide/local-zones.html.
    """
    ids = [subnet.subnet_id for subnet in subnets]
    # CDK makes one subnet of a list that only a deployment knows, and EKS gets the list.
    if any(awaits_lookup(each) or is_list_token(each) for each in ids):
        return
    zones = [_zone(subnet) for subnet in subnets]
    outside = sorted({zone for zone in zones if zone is not None and _OUTSIDE_THE_REGION.fullmatch(zone)})
    for zone in outside:
        rule = "must lie in zones of the region itself, where EKS has the control plane"
        yield Problem(where, rule, zone, "leave the subnet out", id="CEK6037")
    # Subnets whose zones only a deployment knows are as many zones as subnets.
    others = [zone for zone in zones if zone not in outside]
    if len(set(others) - {None}) + others.count(None) < 2:
        named = ", ".join(zone for zone in dict.fromkeys(others) if zone) or "no zone"
        got = named if len(others) != 1 or others[0] else "one subnet"
        fix = "add a subnet of another zone: EKS spreads a control plane over two zones or more"
        yield Problem(where, "must lie in at least two availability zones", got, fix, id="CEK6038")


def _zone(subnet: ec2.ISubnet) -> str | None:
    try:
        zone = subnet.availability_zone
    except RuntimeError:  # from CDK, for an imported subnet without it
        return None
    return zone if known_at_synth(zone) else None


def private_problems(where: str, cidrs: Sequence[str]) -> Iterator[Problem]:
    """Yield why networks cannot be let in over the VPC."""
    if any(map(is_list_token, cidrs)):
        yield Problem(
            where,
            "must be a list of known length, since each range gets a rule of its own in a security group",
            fix="take each range of a list parameter with cdk.Fn.select()",
            id="CEK6039",
        )
        return
    known_cidrs = [cidr for cidr in cidrs if known_at_synth(cidr)]
    for cidr in known_cidrs:
        yield from caller_problems(where, cidr)
    for cidr in sorted({cidr for cidr in known_cidrs if known_cidrs.count(cidr) > 1}):
        yield Problem(where, "must name each range once", cidr, id="CEK6003")


def public_problems(where: str, cidrs: Sequence[str]) -> Iterator[Problem]:
    """Yield why networks cannot be let in over the internet; a list may be a token, which EKS gets whole."""
    for cidr in (each for each in cidrs if known_at_synth(each) and not is_list_token(each)):
        yield from cidr_problems(where, cidr, shortest=0, longest=32)
