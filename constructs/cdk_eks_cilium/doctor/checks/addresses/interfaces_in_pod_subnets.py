"""Whether the interfaces of pods are in the subnets of pods."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_eks_cilium.doctor.checks.views.cilium_config import NO_ENI, config, uses_eni
from cdk_eks_cilium.doctor.checks.views.eni_nodes import eni_nodes, is_of_aws_node
from cdk_eks_cilium.doctor.checks.views.subnets import (
    NO_SUBNETS,
    PodSubnetRanges,
    optional,
    pod_subnets,
    tags_of,
)
from cdk_eks_cilium.doctor.checks.views.words import counted, named, replacements
from cdk_eks_cilium.doctor.engine.aws_kinds import INTERFACES, SUBNETS
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip, Unknown
from cdk_eks_cilium.doctor.engine.kinds import CILIUM_NODES, KUBE_SYSTEM_CONFIG_MAPS
from cdk_eks_cilium.doctor.engine.seen import Seen


@check(
    "interfaces-in-pod-subnets",
    "interfaces of pods are in pod subnets",
    reads=(CILIUM_NODES, KUBE_SYSTEM_CONFIG_MAPS, SUBNETS, INTERFACES),
    symptom="pods have addresses of node subnets",
    answers=("CILIUM-first-interface-index", "CILIUM-subnet-choice"),
    links=(
        "https://github.com/cilium/cilium/blob/v1.19.1/pkg/aws/eni/node.go",
        "https://docs.cilium.io/en/stable/network/concepts/ipam/eni/",
    ),
)
def interfaces_in_pod_subnets(seen: Seen) -> Iterator[Outcome]:
    """cilium-operator makes an interface in the node's subnet where it finds no subnet that it is told to
    use.

    It also uses interfaces that others attached from the first index on. An interface never moves, so pods of
    the node have addresses of that subnet for as long as the node lives. A zone without a pod subnet is the
    business of pod-subnet-of-each-zone.
    """
    if not uses_eni(config(seen)):
        yield Skip(NO_ENI)
        return
    subnets = seen.derived(pod_subnets)
    if subnets is None:
        yield Unknown(NO_SUBNETS)
        return
    evidence = [*_of_cilium(seen, subnets), *_of_ec2(seen, subnets)]
    interfaces = sum(len(node.pod_interfaces) for node in seen.derived(eni_nodes))
    if not evidence:
        yield Fine(f"{counted(interfaces, 'interface')} in {counted(len(subnets.ids), 'subnet')}")
        return
    nodes = list(dict.fromkeys(name for name, _ in evidence))
    fix = (
        "# See which subnets the operator is told to use, and whether they are in the zones of these nodes:\n"
        f"kubectl get ciliumnode {nodes[0]} --output jsonpath='{{.spec.eni}}'\n" + replacements(nodes)
    )
    yield Finding(
        Severity.ERROR,
        f"{counted(len(evidence), 'interface')} of pods outside the pod subnets, on {named(nodes)}",
        tuple(each for _, each in evidence),
        fix,
    )


def _of_cilium(seen: Seen, subnets: PodSubnetRanges) -> Iterator[tuple[str, Evidence]]:
    wanted = ", ".join(sorted(subnets.ids))
    for node in seen.derived(eni_nodes):
        for each in node.pod_interfaces:
            if each.subnet in subnets.ids or each.of_aws_node or not _has_subnet(node.zone, subnets):
                continue
            field = f"status.eni.enis[{each.id}].subnet.id"
            yield node.name, Evidence(node.object_name, field, each.subnet, wanted)


def _of_ec2(seen: Seen, subnets: PodSubnetRanges) -> Iterator[tuple[str, Evidence]]:
    """Interfaces that EC2 knows and Cilium does not."""
    nodes = {node.instance: node for node in seen.derived(eni_nodes) if node.instance}
    known = {each.id for node in nodes.values() for each in node.interfaces}
    for found in optional(seen, INTERFACES) or ():
        node = nodes.get(at(found, "Attachment.InstanceId", ""))
        if node is None or found.get("NetworkInterfaceId") in known:
            continue
        ours = found.get("InterfaceType", "interface") == "interface"
        index = at(found, "Attachment.DeviceIndex", 0)
        foreign = is_of_aws_node(str(found.get("Description") or ""), tags_of(found, "TagSet"))
        if not ours or foreign or index < node.first_index or found.get("SubnetId") in subnets.ids:
            continue
        if _has_subnet(node.zone, subnets):
            name = f"ec2 {found.get('NetworkInterfaceId')} of {node.instance}"
            yield (
                node.name,
                Evidence(name, "SubnetId", str(found.get("SubnetId")), ", ".join(sorted(subnets.ids))),
            )


def _has_subnet(zone: str, subnets: PodSubnetRanges) -> bool:
    return subnets.zones is None or zone in subnets.zones
