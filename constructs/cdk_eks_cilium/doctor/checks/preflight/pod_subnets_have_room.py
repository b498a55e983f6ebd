"""Whether existing pod subnets have the blocks that nodes take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from cdk_eks_cilium.doctor.checks.views.subnet_rooms import (
    SubnetRoom,
    not_counted,
    rooms_of,
    unread_reservations,
)
from cdk_eks_cilium.doctor.checks.views.subnets import optional, tags_of
from cdk_eks_cilium.doctor.checks.views.words import named
from cdk_eks_cilium.doctor.engine.aws_kinds import INTERFACES, SUBNET_RESERVATIONS, SUBNETS
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip
from cdk_eks_cilium.doctor.engine.seen import Seen
from cdk_eks_cilium.values import derive_cluster_name

_CLUSTER_TAG = "io.cilium/cluster-name"
"""https://github.com/cilium/cilium/blob/v1.19.1/pkg/aws/eni/garbage_collector.go"""


@check(
    "pod-subnets-have-room",
    "existing pod subnets have free /28 blocks for all nodes",
    reads=(SUBNETS, INTERFACES, SUBNET_RESERVATIONS),
    symptom="nodes get single addresses instead of prefixes, or none",
    answers=("EC2-prefixes-need-contiguous-space", "EC2-reserved-addresses", "EC2-subnet-reservation"),
    links=(
        "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-prefix-eni.html",
        "https://docs.aws.amazon.com/vpc/latest/userguide/subnet-cidr-reservation.html",
    ),
)
def pod_subnets_have_room(seen: Seen) -> Iterator[Outcome]:
    """A prefix needs a whole /28 that starts at a multiple of 16, and a single address spoils it. A subnet
    that others use can have thousands of free addresses, and no prefix.

    What this cluster has in the subnets already counts as free. What is reserved as ``explicit`` does not.
    Where a part is reserved as ``prefix``, that part alone counts, for AWS chooses prefixes there.
    """
    network = seen.planned("deployment").network
    if network is None or not network.pod_subnets:
        yield Skip("the deploy makes its own pod subnets")
        return
    ids = {name for name, _ in network.pod_subnets.values()}
    subnets = [each for each in seen.list(SUBNETS) if each.get("SubnetId") in ids]
    own = derive_cluster_name(str(seen.planned("cluster")))
    others = [each for each in seen.list(INTERFACES) if tags_of(each, "TagSet").get(_CLUSTER_TAG) != own]
    rooms = rooms_of(subnets, others, optional(seen, SUBNET_RESERVATIONS) or ())
    free: Counter[str] = Counter()
    for room in rooms:
        free[room.zone] += max(0, room.free)
    short = [zone for zone, needed in network.pod_blocks.items() if zone in free and free[zone] < needed]
    if not short:
        parts = (
            f"{zone}: {network.pod_blocks.get(zone, 0)} of {free[zone]} free /28" for zone in sorted(free)
        )
        yield Fine("; ".join(filter(None, (", ".join(parts), unread_reservations(seen)))))
        return
    severity = Severity.ERROR if any(free[zone] == 0 for zone in short) else Severity.WARNING
    evidence = tuple(
        each
        for room in rooms
        if room.zone in short
        for each in _evidence(room, network.pod_blocks[room.zone])
    )
    evidence += not_counted(seen)
    names = ",".join(room.id for room in rooms if room.zone in short)
    reserving = [
        line
        for room in rooms
        if room.zone in short
        for line in room.fixes_of_reservations(seen.plan.region or "")
    ]
    fix = (
        "# Give the pods other subnets, or move away what spoils these. Whose the addresses are:\n"
        f"aws ec2 describe-network-interfaces --region {seen.plan.region} --filters "
        f"Name=subnet-id,Values={names} "
        "--query 'NetworkInterfaces[].[SubnetId,PrivateIpAddress,Description]' --output text"
    )
    fix = "\n".join((*reserving, fix))
    yield Finding(severity, f"pod subnets lack free /28 blocks in {named(short)}", evidence, fix)


def _evidence(room: SubnetRoom, needed: int) -> Iterator[Evidence]:
    name = f"ec2 {room.id} ({room.range})"
    yield Evidence(name, "free /28 blocks", str(room.free), f"{needed} in the zone at full size")
    if room.spoilt:
        yield Evidence(name, "/28 blocks that single addresses spoil", str(room.spoilt))
    yield from room.of_reservations()
