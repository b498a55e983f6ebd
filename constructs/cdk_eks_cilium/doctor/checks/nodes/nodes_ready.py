"""Whether every node is Ready, and what keeps the others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from cdk_eks_cilium.doctor.checks.addresses.nodes_have_addresses import nodes_without_addresses
from cdk_eks_cilium.doctor.checks.views.cluster_nodes import ClusterNode, cluster_nodes
from cdk_eks_cilium.doctor.checks.views.pods import PodsOfNodes, is_ready, pod_index, why_not_ready
from cdk_eks_cilium.doctor.checks.views.words import age, commands, counted, named
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import condition, name_of
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity
from cdk_eks_cilium.doctor.engine.kinds import CILIUM_NODES, NODES, PODS
from cdk_eks_cilium.doctor.engine.reader import UnreadError
from cdk_eks_cilium.doctor.engine.seen import Seen

# belief: NODE-boot-time
_STARTS: Final = timedelta(minutes=10)
"""A node that joined less long ago may still start: it usually takes about two minutes."""


@check(
    "nodes-ready",
    "every node is Ready",
    reads=(NODES, PODS, CILIUM_NODES),
    symptom="pods stay Pending, or a node group fails with NodeCreationFailure",
    answers=("EKS-node-group-needs-ready-nodes", "CILIUM-operator-first", "CILIUM-way-to-the-api"),
    links=(
        "https://kubernetes.io/docs/reference/node/node-status/#condition",
        "https://docs.aws.amazon.com/eks/latest/userguide/troubleshooting.html",
    ),
    gate=True,
)
def nodes_ready(seen: Seen) -> Iterator[Outcome]:
    """A node becomes Ready when its kubelet reports and its CNI runs.

    Where the kubelet says that the CNI is not initialized, Cilium's agent does not run on the node, or waits
    for addresses from the operator; nodes without addresses have their own check. A node whose kubelet is
    silent is cut off, out of memory, or gone.
    """
    nodes = seen.derived(cluster_nodes)
    bare = _without_addresses(seen)
    late = [node for node in nodes if not node.ready and node.name not in bare]
    if not late:
        yield Fine(counted(len(nodes), "node") + (f", without {named(sorted(bare))}" if bare else ""))
        return
    pods = seen.derived(pod_index)
    by_reason: dict[tuple[str, str], list[ClusterNode]] = defaultdict(list)
    for node in late:
        by_reason[_reason(node, pods)].append(node)
    for (reason, fix), found in by_reason.items():
        names = [node.name for node in found]
        starting = all(age(node.object, seen.now) < _STARTS for node in found)
        summary = f"{counted(len(found), 'node')} of {len(nodes)} not Ready: {reason}"
        evidence = tuple(_evidence(node) for node in found)
        severity = Severity.WARNING if starting else Severity.ERROR
        note = "# The nodes joined less than ten minutes ago: look again first.\n" if starting else ""
        yield Finding(severity, summary, evidence, note + fix.replace("{names}", named(names)) + _look(names))


def _without_addresses(seen: Seen) -> set[str]:
    """The nodes that nodes-have-addresses tells of: their agents wait for the operator."""
    try:
        return {node.name for node in seen.derived(nodes_without_addresses)}
    except UnreadError:
        return set()


def _reason(node: ClusterNode, pods: PodsOfNodes) -> tuple[str, str]:
    found = condition(node.object, "Ready")
    message = str(found.get("message", ""))
    if found.get("status") == "Unknown":
        return "the kubelet has stopped to report", "# See whether the instances of {names} still run.\n"
    agents = pods.agents.get(node.name, [])
    if not agents:
        return (
            "no agent of Cilium is there",
            "# The DaemonSet puts an agent on each node; its events say why it did not.\n"
            "kubectl --namespace kube-system describe daemonset cilium\n",
        )
    if not any(is_ready(each) for each in agents):
        why = why_not_ready(agents[0])
        return (
            f"the agent of Cilium is not ready{f' ({why})' if why else ''}",
            f"kubectl logs --namespace {name_of(agents[0]).replace('/', ' ')} --container cilium-agent\n",
        )
    if "cni" in message.lower() or "network" in message.lower():
        return (
            "the CNI is not initialized",
            "# The agent runs, and the kubelet still finds no configuration of a CNI: see what is in\n"
            "# /etc/cni/net.d of the node, and whether another CNI writes there.\n",
        )
    return str(found.get("reason") or "the condition Ready is missing"), ""


def _evidence(node: ClusterNode) -> Evidence:
    found = condition(node.object, "Ready")
    parts = (str(found.get(part) or "") for part in ("status", "reason", "message"))
    return Evidence(f"Node {node.name}", "status.conditions[Ready]", ": ".join(filter(None, parts)), "True")


def _look(names: list[str]) -> str:
    return commands("kubectl describe node {}", names)
