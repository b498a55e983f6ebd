"""Whether node groups of their full size fit into what is free in pod subnets."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cdk_eks_cilium.addressing import NodeAddressing, Take
from cdk_eks_cilium.addressing.node_take import node_take
from cdk_eks_cilium.doctor.checks.views.cilium_config import NO_ENI, config, is_on, uses_eni
from cdk_eks_cilium.doctor.checks.views.cluster_nodes import ClusterNode, cluster_nodes
from cdk_eks_cilium.doctor.checks.views.eni_nodes import EniNode, node_names
from cdk_eks_cilium.doctor.checks.views.node_limits import addressing_of, facts_of_types
from cdk_eks_cilium.doctor.checks.views.subnet_rooms import not_counted, subnet_rooms, unread_reservations
from cdk_eks_cilium.doctor.checks.views.words import named
from cdk_eks_cilium.doctor.engine.aws_kinds import (
    INSTANCE_TYPES,
    INTERFACES,
    NODE_GROUPS,
    SUBNET_RESERVATIONS,
    SUBNETS,
)
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip, Unknown
from cdk_eks_cilium.doctor.engine.kinds import CILIUM_NODES, DAEMON_SETS, KUBE_SYSTEM_CONFIG_MAPS, NODES
from cdk_eks_cilium.doctor.engine.reader import Object
from cdk_eks_cilium.doctor.engine.seen import Seen


@dataclass(frozen=True)
class FittingGroup:
    """A node group that can grow.

    Attributes:
        name: Its name.
        more: How many nodes it may still get.
        zones: The zones in which they start.
        blocks: How many /28 blocks a full node takes.
    """

    name: str
    more: int
    zones: tuple[str, ...]
    blocks: int


@check(
    "groups-fit-pod-subnets",
    "node groups of their full size fit into the pod subnets",
    reads=(
        CILIUM_NODES,
        KUBE_SYSTEM_CONFIG_MAPS,
        NODES,
        DAEMON_SETS,
        SUBNETS,
        INTERFACES,
        SUBNET_RESERVATIONS,
        NODE_GROUPS,
        INSTANCE_TYPES,
    ),
    symptom="the last nodes of a group get single addresses, or none",
    answers=("CILIUM-watermarks", "EC2-prefixes-need-contiguous-space"),
    links=("https://github.com/cilium/cilium/blob/v1.19.1/pkg/ipam/node.go",),
)
def groups_fit_pod_subnets(seen: Seen) -> Iterator[Outcome]:
    """What is free now must hold what nodes take when they are full, and the nodes that groups may still
    start.

    New nodes are counted with the most that a type of their group takes, evenly over the group's zones; each
    interface spoils a /28. Nodes of Karpenter have no limit here, so only its running nodes are counted.
    """
    options = config(seen)
    if not uses_eni(options):
        yield Skip(NO_ENI)
        return
    if not is_on(options, "aws-enable-prefix-delegation"):
        yield Skip("prefix delegation is off")
        return
    free: Counter[str] = Counter()
    for room in seen.derived(subnet_rooms):
        free[room.zone] += max(0, room.free)
    groups, unknown = _groups(seen, options)
    need = _growth_of_nodes(seen, options)
    for group in groups:
        for zone in group.zones:
            need[zone] += -(-group.more // len(group.zones)) * group.blocks
    # A subnet without any free block is told of by free-prefixes.
    short = {zone: need[zone] for zone in free if 0 < free[zone] < need[zone]}
    if short:
        evidence = tuple(
            Evidence(f"pod subnets in {zone}", "free /28 blocks", str(free[zone]), f"{blocks} at full size")
            for zone, blocks in sorted(short.items())
        )
        evidence += tuple(
            Evidence(
                f"eks nodegroup {group.name}",
                "nodes that may still start",
                str(group.more),
                f"{group.blocks} /28 blocks for each",
            )
            for group in groups
            if group.more and set(group.zones) & set(short)
        )
        evidence += not_counted(seen)
        fix = (
            "# Add a block to network.further_pod_cidrs, or lower max_size of the groups. What fits:\n"
            "cdk-eks-cilium plan"
        )
        yield Finding(
            Severity.WARNING,
            f"node groups of their full size do not fit into the pod subnets of {named(sorted(short))}",
            evidence,
            fix,
        )
    elif not unknown:
        parts = (f"{zone}: {need[zone]} of {free[zone]} free /28" for zone in sorted(free))
        yield Fine("; ".join(filter(None, (", ".join(parts), unread_reservations(seen)))))
    if unknown:
        yield Unknown(f"how much nodes of these groups take: {named(unknown)}")


def _groups(seen: Seen, options: Mapping[str, str]) -> tuple[list[FittingGroup], list[str]]:
    zones = {str(each.get("SubnetId")): str(each.get("AvailabilityZone")) for each in seen.list(SUBNETS)}
    nodes: dict[str, list[ClusterNode]] = defaultdict(list)
    for node in seen.derived(cluster_nodes):
        nodes[node.group].append(node)
    addressing = _usual_addressing(seen, options)
    found: list[FittingGroup] = []
    unknown: list[str] = []
    for each in seen.list(NODE_GROUPS):
        name = str(each.get("nodegroupName"))
        own = nodes.get(name, [])
        more = int(at(each, "scalingConfig.maxSize", 0)) - len(own)
        takes = _takes(seen, each, own, addressing)
        subnets = {zones[subnet] for subnet in each.get("subnets") or () if subnet in zones}
        if more <= 0:
            continue
        if not takes or not subnets:
            unknown.append(name)
            continue
        found.append(FittingGroup(name, more, tuple(sorted(subnets)), max(map(_blocks, takes))))
    return found, unknown


def _takes(seen: Seen, group: Object, own: Sequence[ClusterNode], addressing: NodeAddressing) -> list[Take]:
    """What a full node of each type of the group takes; empty where a type is unknown."""
    facts = seen.derived(facts_of_types)
    # A launch template may name the type, which EKS then does not know.
    types = {*(group.get("instanceTypes") or ()), *(node.instance_type for node in own)}
    pods = max((node.pods for node in own if node.pods), default=None)
    known = [instance for name in types if (instance := facts(name)) is not None]
    if len(known) < len(types):
        return []
    return [node_take(each, addressing, pods or addressing.pods(each)) for each in known]


def _usual_addressing(seen: Seen, options: Mapping[str, str]) -> NodeAddressing:
    nodes = seen.derived(node_names)
    first = next(iter(nodes.values()), None)
    return NodeAddressing() if first is None else addressing_of(seen, options, first)


def _growth_of_nodes(seen: Seen, options: Mapping[str, str]) -> Counter[str]:
    """What the nodes that run may still take, by zone."""
    facts, known = seen.derived(facts_of_types), seen.derived(node_names)
    need: Counter[str] = Counter()
    full: dict[tuple[str, int | None, NodeAddressing], int] = {}
    for node in seen.derived(cluster_nodes):
        cilium = known.get(node.name)
        instance = facts(node.instance_type)
        if cilium is None or instance is None:
            continue
        addressing = addressing_of(seen, options, cilium)
        key = (instance.name, node.pods, addressing)
        if key not in full:
            full[key] = _blocks(node_take(instance, addressing, node.pods or addressing.pods(instance)))
        need[node.zone] += max(0, full[key] - _has(cilium))
    return need


def _has(node: EniNode) -> int:
    return sum(len(each.prefixes) + 1 for each in node.pod_interfaces)


def _blocks(take: Take) -> int:
    return take.prefixes + take.interfaces
