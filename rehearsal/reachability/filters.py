"""What security groups and network ACLs let through.

Both judge a whole range of addresses: of the addresses between two borders of rules, one stands for all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from rehearsal.reachability.network import Acl, AclRule, GroupRule, SecurityGroup
from rehearsal.reachability.traffic import ANY_PROTOCOL, Ports, Traffic, overlap, without


@dataclass(frozen=True)
class FarSide:
    """The other side, as a filter sees it.

    Attributes:
        groups: Its security groups, as far as a rule may refer to them: the packet comes from its own
            interface in the VPC, and no gateway has changed its address.
        prefix_lists: Ids of the prefix lists with its addresses.
    """

    name: str
    addresses: IPv4Network
    groups: frozenset[str] = frozenset()
    prefix_lists: frozenset[str] = frozenset()


# belief: EC2-acl-order
def acl_stop(acl: Acl, far: FarSide, traffic: Traffic, *, outbound: bool) -> str:
    """The first rule of an ACL that stops traffic, in words; empty if it lets all of it through.

    Rules count in the order of their numbers, the first that matches decides, and ``*`` denies the rest:
    https://docs.aws.amazon.com/vpc/latest/userguide/nacl-basics.html.
    """
    rules = sorted((rule for rule in acl.rules if rule.outbound == outbound), key=lambda rule: rule.number)
    for address in representatives(far.addresses, [rule.far for rule in rules]):
        if stop := _acl_stop_of_one(rules, address, traffic):
            return stop
    return ""


def _acl_stop_of_one(rules: Iterable[AclRule], address: IPv4Address, traffic: Traffic) -> str:
    left = [traffic.ports]
    for rule in rules:
        matches = address in rule.far and rule.protocol in (ANY_PROTOCOL, traffic.protocol)
        ports = rule.ports if rule.protocol != ANY_PROTOCOL else Ports(0, 65535)
        if not matches or not any(overlap(each, ports) for each in left):
            continue
        if not rule.allows:
            return f"rule {rule.number} denies it"
        left = without(left, ports)
        if not left:
            return ""
    return f"no rule allows {traffic.protocol.upper()} {', '.join(map(str, left))}, so rule * denies it"


# belief: EC2-group-rules
def groups_admit(groups: Iterable[SecurityGroup], far: FarSide, traffic: Traffic, *, outbound: bool) -> bool:
    """Whether the rules of an interface's security groups together cover traffic.

    A group's rules only allow, and answers need no rule:
    https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html.
    """
    rules = [
        rule
        for group in groups
        for rule in group.rules
        if rule.outbound == outbound and rule.protocol in (ANY_PROTOCOL, traffic.protocol)
    ]
    ranges = [rule.far for rule in rules if isinstance(rule.far, IPv4Network)]
    return all(
        _covers([rule for rule in rules if _matches(rule, address, far)], traffic)
        for address in representatives(far.addresses, ranges)
    )


def _matches(rule: GroupRule, address: IPv4Address, far: FarSide) -> bool:
    if isinstance(rule.far, IPv4Network):
        return address in rule.far
    return rule.far in far.groups or rule.far in far.prefix_lists


def _covers(rules: Iterable[GroupRule], traffic: Traffic) -> bool:
    left = [traffic.ports]
    for rule in rules:
        left = without(left, rule.ports if rule.protocol != ANY_PROTOCOL else Ports(0, 65535))
    return not left


def representatives(addresses: IPv4Network, ranges: Iterable[IPv4Network]) -> Iterator[IPv4Address]:
    """Yield one address of each part of a range in which the same rules match."""
    first, last = int(addresses.network_address), int(addresses.broadcast_address)
    borders = {first}
    for each in ranges:
        borders |= {int(each.network_address), int(each.broadcast_address) + 1}
    return (IPv4Address(border) for border in sorted(borders) if first <= border <= last)
