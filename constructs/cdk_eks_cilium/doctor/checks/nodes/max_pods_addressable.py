"""Whether no kubelet takes more pods than Cilium can give addresses."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_eks_cilium.doctor.checks.views.cluster_nodes import cluster_nodes
from cdk_eks_cilium.doctor.checks.views.eni_nodes import node_names
from cdk_eks_cilium.doctor.checks.views.node_limits import addressable
from cdk_eks_cilium.doctor.checks.views.pods import pod_index
from cdk_eks_cilium.doctor.checks.views.words import counted, named
from cdk_eks_cilium.doctor.engine.aws_kinds import INSTANCE_TYPES
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Unknown
from cdk_eks_cilium.doctor.engine.kinds import (
    CILIUM_NODES,
    DAEMON_SETS,
    KUBE_SYSTEM_CONFIG_MAPS,
    NODES,
    PODS,
)
from cdk_eks_cilium.doctor.engine.seen import Seen


@check(
    "max-pods-addressable",
    "no node takes more pods than it can have addresses",
    reads=(NODES, PODS, CILIUM_NODES, KUBE_SYSTEM_CONFIG_MAPS, DAEMON_SETS, INSTANCE_TYPES),
    symptom="pods on full nodes stay in ContainerCreating",
    answers=("CILIUM-eni-formula", "CILIUM-agent-takes-two", "EKS-max-pods-cap"),
    links=(
        "https://github.com/cilium/cilium/blob/v1.19.1/pkg/aws/eni/node.go",
        "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/AvailableIpPerENI.html",
        "https://github.com/cilium/cilium/issues/33595",
    ),
)
def max_pods_addressable(seen: Seen) -> Iterator[Outcome]:
    """The scheduler fills a node up to the number of its kubelet. Cilium can give a node (interfaces - first
    index) x (addresses per interface - 1) addresses, 16 times as many with prefixes, and takes two for
    itself.

    Pods of the host's network need no address, so they count as room. EKS sets 110
    or 250 where the launch template names no image, whatever Cilium can address.
    """
    limits, pods, known = seen.derived(addressable), seen.derived(pod_index), seen.derived(node_names)
    over: list[tuple[str, int, int]] = []
    unknown: set[str] = set()
    judged = 0
    for node in seen.derived(cluster_nodes):
        most = limits.get(node.name)
        if node.pods is None:
            continue
        if most is None:
            # A node without a CiliumNode is told of by cilium-node-of-each-node.
            if node.name in known:
                unknown.add(known[node.name].instance_type or "of no name")
            continue
        judged += 1
        room = most + pods.on_host[node.name]
        if node.pods > room:
            over.append((node.name, node.pods, room))
    if over:
        evidence = tuple(
            Evidence(f"Node {name}", "status.allocatable.pods", str(takes), f"at most {room}")
            for name, takes, room in over
        )
        fix = (
            "# Set max pods in the boot data of the group, and name an image in its launch template: EKS\n"
            "# sets its own number otherwise. This library does both. What fits a type:\n"
            "cdk-eks-cilium instances TYPE\n"
            "# Then replace the nodes. Until then, keep further pods off:\n"
            f"kubectl cordon {over[0][0]}"
        )
        yield Finding(
            Severity.ERROR,
            f"{counted(len(over), 'node')} of {judged} with more pods than addresses",
            evidence,
            fix,
        )
    elif judged:
        yield Fine(counted(judged, "node"))
    if unknown:
        yield Unknown(f"how many addresses these types can have: {named(sorted(unknown))}")
