"""Whether each pod has an address of its node, in the ranges of pods."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cdk_eks_cilium.doctor.checks.views.addresses import Ranges
from cdk_eks_cilium.doctor.checks.views.cilium_config import NO_ENI, config, uses_eni
from cdk_eks_cilium.doctor.checks.views.cluster_nodes import nodes_by_name
from cdk_eks_cilium.doctor.checks.views.eni_nodes import node_names
from cdk_eks_cilium.doctor.checks.views.pods import pod_index
from cdk_eks_cilium.doctor.checks.views.subnets import pod_subnets
from cdk_eks_cilium.doctor.checks.views.words import commands, counted
from cdk_eks_cilium.doctor.engine.aws_kinds import SUBNETS
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip
from cdk_eks_cilium.doctor.engine.kinds import CILIUM_NODES, KUBE_SYSTEM_CONFIG_MAPS, NODES, PODS
from cdk_eks_cilium.doctor.engine.seen import Seen


@check(
    "pod-addresses-of-their-nodes",
    "each pod has an address of its node's interfaces",
    reads=(PODS, NODES, CILIUM_NODES, KUBE_SYSTEM_CONFIG_MAPS, SUBNETS),
    symptom="single pods reach nothing, or nothing reaches them",
    links=(
        "https://docs.cilium.io/en/stable/network/concepts/ipam/eni/",
        "https://github.com/cilium/cilium/issues/39981",
    ),
)
def pod_addresses_of_their_nodes(seen: Seen) -> Iterator[Outcome]:
    """EC2 sends packets for an address to the interface that has it.

    A pod whose address is on no interface of its node got it from another CNI, or kept it while the operator
    gave it back: its packets are lost. Interfaces in wrong subnets are the business of
    interfaces-in-pod-subnets.
    """
    if not uses_eni(config(seen)):
        yield Skip(NO_ENI)
        return
    owners, nodes, known = (
        seen.derived(owners_of_addresses),
        seen.derived(nodes_by_name),
        seen.derived(node_names),
    )
    ranges = _ranges(seen)
    pods = seen.derived(pod_index).with_address
    foreign = [
        (pod, node, address)
        for pod, node, address in pods
        if owners.get(address) != node
        and ":" not in address
        and node in nodes
        and node in known
        # A CiliumNode that has lost its interfaces is told of by nodes-have-addresses.
        and known[node].interfaces
    ]
    if not foreign:
        yield Fine(counted(len(pods), "pod"))
        return
    evidence = tuple(
        Evidence(f"Pod {pod}", "status.podIP", address, _expected(address, node, owners, ranges))
        for pod, node, address in foreign
    )
    fix = "# The new pod gets an address of its node.\n" + commands(
        "kubectl delete pod --namespace {}", [pod.replace("/", " ", 1) for pod, _, _ in foreign]
    )
    yield Finding(
        Severity.ERROR,
        f"{counted(len(foreign), 'pod')} of {len(pods)} with an address that its node does not have",
        evidence,
        fix,
    )


def owners_of_addresses(seen: Seen) -> Mapping[str, str]:
    """The node of each address of an interface. Ask with ``seen.derived``; it reads `CILIUM_NODES`."""
    return {
        address: name
        for name, node in seen.derived(node_names).items()
        for interface in node.interfaces
        for address in (interface.own, *interface.addresses)
        if address
    }


def _ranges(seen: Seen) -> Ranges:
    if seen.plan.pod_ranges:
        return Ranges(seen.plan.pod_ranges)
    subnets = seen.derived(pod_subnets)
    return subnets.ranges if subnets is not None else Ranges(())


def _expected(address: str, node: str, owners: Mapping[str, str], ranges: Ranges) -> str:
    if other := owners.get(address):
        return f"an address of {node}, not of {other}"
    if ranges and address not in ranges:
        return f"an address of {node} in {ranges}"
    return f"an address of {node}"
