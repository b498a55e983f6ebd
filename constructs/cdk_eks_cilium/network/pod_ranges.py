"""Whether a VPC can get the ranges of pods; rules over looked-up values wait for the look-up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from ipaddress import IPv4Network

from constructs import IConstruct

from cdk_eks_cilium.addressing import cidr_problems, secondary_cidr_problems
from cdk_eks_cilium.problems import Problem
from cdk_eks_cilium.problems.looked_up import awaits_lookup, is_list_token


def without_stand_ins(cidrs: Iterable[str | None]) -> list[str]:
    """The ranges that are known, without CDK's stand-ins for ranges to look up."""
    return [cidr for cidr in cidrs if cidr is not None and not awaits_lookup(cidr)]


def range_problems(
    ranges: Iterable[tuple[str, str]],
    *,
    primary: str,
    associated: Sequence[str],
    elsewhere: Mapping[str, str],
) -> Iterator[Problem]:
    """Yield why a VPC cannot get pod ranges.

    Args:
        ranges: Each range behind the argument that has it, which is to blame.
        primary: The VPC's primary range.
        associated: Ranges that the VPC has already.
        elsewhere: Ranges that other constructs of the app add, and the paths of these constructs.
    """
    known: list[str] = []
    for where, cidr in ranges:
        if awaits_lookup(cidr):
            continue
        wrong = cidr_problems(where, cidr)
        if not wrong and not awaits_lookup(primary):
            wrong = secondary_cidr_problems(
                where, primary=primary, secondary=cidr, associated=[*associated, *known]
            ) or list(_taken(where, cidr, elsewhere))
            known.append(cidr)
        yield from wrong


def _taken(where: str, cidr: str, elsewhere: Mapping[str, str]) -> Iterator[Problem]:
    for other, path in elsewhere.items():
        if IPv4Network(cidr).overlaps(IPv4Network(other)):
            rule = f"must not overlap {other}, which {path} adds to the same VPC"
            yield Problem(where, rule, cidr, "give each its own range, or share one PodSubnets", id="CEK6034")


def zones_problems(where: str, zones: Sequence[str], fix: str = "") -> Iterator[Problem]:
    """Yield why subnets cannot be made or named by *zones*: a list of unknown length.

    Args:
        where: The argument to blame.
        zones: The names of the zones.
        fix: What to do instead.
    """
    if any(map(is_list_token, zones)):
        rule = "must name each zone, and is a list whose length only a deployment knows"
        fix = fix or "name the zones, such as 'eu-west-1a', or take each with cdk.Fn.select()"
        yield Problem(where, rule, fix=fix, id="CEK6035")


def some_look_up_is_due(scope: IConstruct) -> bool:
    """Whether a VPC in the app of *scope* is yet to be looked up, so that its groups of subnets are unknown.

    The walk takes a while; ask only where something is missing.
    """
    return any(awaits_lookup(_range_of(each)) for each in scope.node.root.node.find_all())


def _range_of(construct: IConstruct) -> str | None:
    try:
        return getattr(construct, "vpc_cidr_block", None)
    except RuntimeError:  # from CDK, for an imported VPC without it
        return None
