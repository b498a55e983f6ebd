"""Whether each zone with nodes has a pod subnet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from cdk_eks_cilium.doctor.checks.views.cilium_config import NO_ENI, config, uses_eni
from cdk_eks_cilium.doctor.checks.views.cluster_nodes import cluster_nodes
from cdk_eks_cilium.doctor.checks.views.eni_nodes import eni_nodes
from cdk_eks_cilium.doctor.checks.views.subnets import NO_SUBNETS, PodSubnetRanges, optional, pod_subnets
from cdk_eks_cilium.doctor.checks.views.words import counted, named
from cdk_eks_cilium.doctor.engine.aws_kinds import NODE_GROUPS, SUBNETS
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip, Unknown
from cdk_eks_cilium.doctor.engine.kinds import CILIUM_NODES, KUBE_SYSTEM_CONFIG_MAPS, NODES
from cdk_eks_cilium.doctor.engine.seen import Seen


@check(
    "pod-subnet-of-each-zone",
    "each zone with nodes has a pod subnet",
    reads=(NODES, CILIUM_NODES, KUBE_SYSTEM_CONFIG_MAPS, SUBNETS, NODE_GROUPS),
    symptom="pods of one zone have addresses of node subnets, or get none",
    answers=("CILIUM-subnet-choice",),
    links=("https://github.com/cilium/cilium/blob/v1.19.1/pkg/aws/eni/node.go",),
)
def pod_subnet_of_each_zone(seen: Seen) -> Iterator[Outcome]:
    """An interface is in a subnet of its node's zone.

    Where none of the pod subnets is in that zone, operators from 1.18 on take the node's own subnet without a
    word, and older ones give the node nothing. Without credentials of AWS the zones of subnets are known from
    the interfaces of nodes alone.
    """
    if not uses_eni(config(seen)):
        yield Skip(NO_ENI)
        return
    subnets = seen.derived(pod_subnets)
    if subnets is None:
        yield Unknown(NO_SUBNETS)
        return
    nodes: dict[str, list[str]] = defaultdict(list)
    for node in seen.derived(cluster_nodes):
        nodes[node.zone].append(node.name)
    nodes.pop("", None)
    have = subnets.zones if subnets.zones is not None else _zones_of_interfaces(seen, subnets)
    bare = {zone: names for zone, names in nodes.items() if zone not in have}
    coming = {} if subnets.zones is None else _coming(seen, {*have, *nodes})
    if subnets.zones is None and bare:
        wrong = _zones_elsewhere(seen, subnets)
        if unknown := sorted(set(bare) - wrong):
            yield Unknown(f"whether {named(unknown)} has a pod subnet: nothing but EC2 tells its zone")
        bare = {zone: names for zone, names in bare.items() if zone in wrong}
    ids = ", ".join(sorted(subnets.ids))
    if bare:
        evidence = tuple(
            Evidence(f"Node {names[0]} in {zone}", "a pod subnet of its zone", "", f"one of {ids}")
            for zone, names in sorted(bare.items())
        )
        summary = f"{counted(len(bare), 'zone')} with nodes and without a pod subnet: {named(sorted(bare))}"
        yield Finding(Severity.ERROR, summary, evidence, _fix())
    if coming:
        evidence = tuple(
            Evidence(f"eks nodegroup {group}", f"subnets in {zone}", zone, f"a zone of {ids}")
            for zone, group in sorted(coming.items())
        )
        yield Finding(
            Severity.WARNING,
            f"node groups reach into {named(sorted(coming))}, without a pod subnet",
            evidence,
            _fix(),
        )
    if not bare and not coming:
        yield Fine(f"{counted(len(nodes), 'zone')}: {named(sorted(nodes))}")


def _zones_of_interfaces(seen: Seen, subnets: PodSubnetRanges) -> frozenset[str]:
    return frozenset(
        node.zone
        for node in seen.derived(eni_nodes)
        if any(each.subnet in subnets.ids for each in node.pod_interfaces)
    )


def _zones_elsewhere(seen: Seen, subnets: PodSubnetRanges) -> set[str]:
    """The zones whose nodes have interfaces of pods, and each in another subnet."""
    return {
        node.zone
        for node in seen.derived(eni_nodes)
        if node.pod_interfaces and all(each.subnet not in subnets.ids for each in node.pod_interfaces)
    }


def _coming(seen: Seen, known: set[str]) -> Mapping[str, str]:
    zones = {
        str(each.get("SubnetId")): str(each.get("AvailabilityZone")) for each in optional(seen, SUBNETS) or ()
    }
    return {
        zone: str(group.get("nodegroupName"))
        for group in optional(seen, NODE_GROUPS) or ()
        for subnet in group.get("subnets") or ()
        if (zone := zones.get(subnet)) is not None and zone not in known
    }


def _fix() -> str:
    return (
        "# Make a subnet for pods in each zone, and name it in eni-subnet-ids with the others. Settings:\n"
        "# network.pod_subnets of an existing VPC; a new VPC has one in each of network.availability_zones.\n"
        "# Then replace the nodes of the zone: their interfaces do not move."
    )
