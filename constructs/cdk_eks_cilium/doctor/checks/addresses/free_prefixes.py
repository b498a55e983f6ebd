"""Whether pod subnets have free prefixes, and for how long."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Final

from cdk_eks_cilium.doctor.checks.views.cilium_config import NO_ENI, config, is_on, uses_eni
from cdk_eks_cilium.doctor.checks.views.cluster_nodes import cluster_nodes
from cdk_eks_cilium.doctor.checks.views.subnet_rooms import (
    SubnetRoom,
    not_counted,
    subnet_rooms,
    unread_reservations,
)
from cdk_eks_cilium.doctor.checks.views.words import age, counted
from cdk_eks_cilium.doctor.engine.aws_kinds import INTERFACES, SUBNET_RESERVATIONS, SUBNETS
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip
from cdk_eks_cilium.doctor.engine.kinds import CILIUM_NODES, KUBE_SYSTEM_CONFIG_MAPS, NODES
from cdk_eks_cilium.doctor.engine.seen import Seen

LOW_PERCENT: Final = 10
"""Free blocks below which it warns: what a roll of a group takes, and a choice."""
WINDOW: Final = timedelta(days=28)
"""The last weeks, whose new nodes it takes for growth."""
SOON_DAYS: Final = 30
"""It warns where the free blocks last for fewer days than this."""


@check(
    "free-prefixes",
    "pod subnets have free prefixes",
    reads=(CILIUM_NODES, KUBE_SYSTEM_CONFIG_MAPS, NODES, SUBNETS, INTERFACES, SUBNET_RESERVATIONS),
    symptom="new nodes get single addresses for good, or none",
    answers=(
        "EC2-prefixes-need-contiguous-space",
        "EC2-reserved-addresses",
        "EC2-subnet-reservation",
        "prefixes-fall-back-stays",
    ),
    links=(
        "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-prefix-eni.html",
        "https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html",
        "https://docs.aws.amazon.com/vpc/latest/userguide/subnet-cidr-reservation.html",
        "https://github.com/cilium/cilium/issues/38499",
    ),
)
def free_prefixes(seen: Seen) -> Iterator[Outcome]:
    """A prefix needs a whole /28 that starts at a multiple of 16. One single address spoils it, so a subnet
    can have thousands of free addresses and no prefix.

    The count is exact: all interfaces of the subnet, the addresses that AWS keeps, and CIDR reservations.
    What is reserved as ``explicit`` is not free for prefixes. Where a part is reserved as ``prefix``, that
    part alone counts, for AWS chooses prefixes there. Without the right to read reservations the count is
    without them, and says so.

    The forecast takes the nodes that joined in the last four weeks for growth, where they are fewer than the
    older ones; after a roll of all nodes nothing tells the growth.
    """
    options = config(seen)
    if not uses_eni(options):
        yield Skip(NO_ENI)
        return
    if not is_on(options, "aws-enable-prefix-delegation"):
        yield Skip("prefix delegation is off")
        return
    rooms = seen.derived(subnet_rooms)
    growth = _nodes_per_day(seen)
    fine = True
    for room in rooms:
        days = _days(room, growth.get(room.zone, 0.0), rooms, seen)
        problem = _problem(room, days)
        if problem is None:
            continue
        fine = False
        severity, text = problem
        yield Finding(
            severity, f"{room.id} in {room.zone}: {text}", (*_evidence(room), *not_counted(seen)), _fix(room)
        )
    if fine:
        free = ", ".join(f"{room.free} of {room.blocks} in {room.zone}" for room in rooms)
        yield Fine("; ".join(filter(None, (f"free /28: {free}", unread_reservations(seen)))))


def _problem(room: SubnetRoom, days: float | None) -> tuple[Severity, str] | None:
    left = f"{room.free} of {room.blocks} /28 blocks are free"
    if room.prefix_reservations:
        left += " in its reservations for prefixes"
    if room.free <= 0 and room.free_beyond:
        return (
            Severity.ERROR,
            f"no /28 is free in its reservations for prefixes, beside {room.free_beyond} outside",
        )
    if room.free <= 0:
        if room.addresses > 0:
            loose = counted(room.addresses, "free address", "free addresses")
            return Severity.ERROR, f"no /28 is free, beside {loose}"
        return Severity.ERROR, "no address is free"
    if room.free_percent < LOW_PERCENT:
        return Severity.WARNING, left
    if days is not None and days < SOON_DAYS:
        weeks = WINDOW.days // 7
        return (
            Severity.WARNING,
            f"{left}, which last {days:.0f} days at the growth of the last {weeks} weeks",
        )
    return None


def _nodes_per_day(seen: Seen) -> Mapping[str, float]:
    """New nodes a day by zone; without the zones whose nodes are mostly new."""
    new: Counter[str] = Counter()
    old: Counter[str] = Counter()
    for node in seen.derived(cluster_nodes):
        (new if age(node.object, seen.now) < WINDOW else old)[node.zone] += 1
    return {zone: count / WINDOW.days for zone, count in new.items() if count <= old[zone]}


def _days(room: SubnetRoom, growth: float, rooms: tuple[SubnetRoom, ...], seen: Seen) -> float | None:
    nodes = sum(node.zone == room.zone for node in seen.derived(cluster_nodes))
    zone = [each for each in rooms if each.zone == room.zone]
    used = sum(each.prefixes + each.prefixes_beyond + each.spoilt for each in zone)
    # The operator fills the subnets of a zone evenly: it takes the one with the most free addresses.
    a_day = growth * used / nodes if nodes else 0.0
    return sum(each.free for each in zone) / a_day if a_day else None


def _evidence(room: SubnetRoom) -> tuple[Evidence, ...]:
    name = f"ec2 {room.id} ({room.range})"
    return (
        Evidence(name, "free /28 blocks", str(room.free), f"{LOW_PERCENT} % of {room.blocks} or more"),
        Evidence(name, "/28 blocks with prefixes", str(room.prefixes)),
        Evidence(name, "/28 blocks that single addresses spoil", str(room.spoilt), "as few as possible"),
        Evidence(name, "AvailableIpAddressCount", str(room.addresses)),
        *room.of_reservations(),
    )


def _fix(room: SubnetRoom) -> str:
    lines = []
    if room.spoilt > room.prefixes:
        lines += [
            "# Single addresses spoil more blocks than prefixes take. See whose they are:",
            f"aws ec2 describe-network-interfaces --filters Name=subnet-id,Values={room.id} --query "
            "'NetworkInterfaces[].[Description,PrivateIpAddress]' --output text",
        ]
    lines += room.fixes_of_reservations()
    lines += [
        "# Add a block to network.further_pod_cidrs: each zone gets a further pod subnet. See what fits:",
        "cdk-eks-cilium plan",
    ]
    return "\n".join(lines)
