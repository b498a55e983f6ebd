"""Whether kubelets take as many pods as planned."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_eks_cilium.doctor.checks.views.cluster_nodes import ClusterNode, cluster_nodes, planned_groups
from cdk_eks_cilium.doctor.checks.views.node_limits import addressable
from cdk_eks_cilium.doctor.checks.views.pods import pod_index
from cdk_eks_cilium.doctor.checks.views.words import counted, named
from cdk_eks_cilium.doctor.engine.aws_kinds import INSTANCE_TYPES
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity
from cdk_eks_cilium.doctor.engine.kinds import (
    CILIUM_NODES,
    DAEMON_SETS,
    KUBE_SYSTEM_CONFIG_MAPS,
    NODES,
    PODS,
)
from cdk_eks_cilium.doctor.engine.reader import UnreadError
from cdk_eks_cilium.doctor.engine.seen import Seen


@check(
    "max-pods-as-planned",
    "kubelets take as many pods as planned",
    reads=(NODES, PODS, CILIUM_NODES, KUBE_SYSTEM_CONFIG_MAPS, DAEMON_SETS, INSTANCE_TYPES),
    symptom="nodes take fewer pods than planned, so that more nodes are needed",
    answers=("EKS-max-pods-cap", "EKS-custom-ami-merges-nothing", "NODE-kubelet-default-pods"),
    links=("https://docs.aws.amazon.com/eks/latest/userguide/choosing-instance-type.html",),
)
def max_pods_as_planned(seen: Seen) -> Iterator[Outcome]:
    """The boot data of a node tells its kubelet how many pods it takes.

    EKS decides the number itself where the launch template names no image, and the images have a default of
    their own. Nodes that started before the last deploy keep their old number. Nodes that take more pods than
    Cilium can give addresses are the business of max-pods-addressable.
    """
    groups = seen.planned("groups")
    differ: list[tuple[ClusterNode, set[int]]] = []
    judged = 0
    for node in seen.derived(cluster_nodes):
        wanted = {each.max_pods for each in planned_groups(node, groups) if each.max_pods is not None}
        if not wanted or node.pods is None:
            continue
        judged += 1
        if node.pods not in wanted and not _over(seen, node):
            differ.append((node, wanted))
    if not differ:
        yield Fine(counted(judged, "node"))
        return
    evidence = tuple(
        Evidence(
            f"Node {node.name}",
            "status.allocatable.pods",
            str(node.pods),
            " or ".join(map(str, sorted(wanted))),
        )
        for node, wanted in differ
    )
    kinds = sorted({node.group for node, _ in differ})
    fix = (
        "# Nodes take the number when they start. See what their boot data says:\n"
        f"aws ec2 describe-instance-attribute --instance-id {differ[0][0].instance or 'ID'} "
        "--attribute userData --query UserData.Value --output text | base64 --decode\n"
        f"# Where it has the planned number, replace the older nodes of {named(kinds)}."
    )
    yield Finding(
        Severity.WARNING, f"{counted(len(differ), 'node')} of {judged} with other max pods", evidence, fix
    )


def _over(seen: Seen, node: ClusterNode) -> bool:
    try:
        most = seen.derived(addressable).get(node.name)
        on_host = seen.derived(pod_index).on_host[node.name]
    except UnreadError:
        return False
    return most is not None and node.pods is not None and node.pods - on_host > most
