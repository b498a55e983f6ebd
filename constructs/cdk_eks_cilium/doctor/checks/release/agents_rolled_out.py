"""Whether every node has an agent of the wanted revision."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_eks_cilium.doctor.checks.views.cilium import AGENTS
from cdk_eks_cilium.doctor.checks.views.cluster_nodes import cluster_nodes
from cdk_eks_cilium.doctor.checks.views.moving_nodes import left_to_aws_node
from cdk_eks_cilium.doctor.checks.views.pod_index import agent_pods, containers, waiting_for
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip
from cdk_eks_cilium.doctor.engine.kinds import DAEMON_SETS, KUBE_SYSTEM, NODES, PODS
from cdk_eks_cilium.doctor.engine.reader import Object
from cdk_eks_cilium.doctor.engine.seen import Seen


@check(
    "agents-rolled-out",
    "every node has an agent of the wanted revision",
    reads=(DAEMON_SETS, PODS, NODES),
    symptom="some nodes are not ready, or behave as before the last change",
    answers=("K8S-workload-status",),
    links=("https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/",),
    gate=True,
)
def agents_rolled_out(seen: Seen) -> Iterator[Outcome]:
    """The DaemonSet cilium counts the nodes that should have an agent, have one, and have a new one.

    Where the numbers differ for long, an agent does not start, or the controller cannot replace it.
    """
    found = seen.one(DAEMON_SETS, "cilium", KUBE_SYSTEM)
    if found is None:
        yield Finding(
            Severity.ERROR,
            "Cilium is not installed",
            (Evidence(AGENTS, "metadata.name", "", "the DaemonSet"),),
            "helm --namespace kube-system list --all\n# Then deploy the stack with the release.",
        )
        return
    others = seen.derived(left_to_aws_node)
    nodes = [node for node in seen.derived(cluster_nodes) if node.name not in others]
    wrong = tuple(_wrong(found, len(nodes)))
    if not wrong:
        yield Fine(f"{at(found, 'status.numberAvailable', 0)} agents are available")
    elif _explained(seen, found):
        yield Skip("agents crash: agents-restart tells more")
    else:
        yield Finding(
            Severity.ERROR,
            "agents are not rolled out on every node",
            wrong,
            "kubectl --namespace kube-system rollout status daemonset/cilium --timeout 5m\n"
            "kubectl --namespace kube-system get pods --selector k8s-app=cilium --output wide",
        )


def _wrong(found: Object, nodes: int) -> Iterator[Evidence]:
    generation = at(found, "metadata.generation", 0)
    observed = at(found, "status.observedGeneration", 0)
    if observed < generation:
        yield Evidence(AGENTS, "status.observedGeneration", str(observed), str(generation))
    wanted = at(found, "status.desiredNumberScheduled", 0)
    if not wanted and nodes:
        # A selector or an affinity keeps the agents off.
        yield Evidence(AGENTS, "status.desiredNumberScheduled", "0", str(nodes))
    updated = "numberReady", "numberAvailable"
    by_hand = at(found, "spec.updateStrategy.type") == "OnDelete"
    for field in updated if by_hand else ("updatedNumberScheduled", *updated):
        # A status leaves out a number that is 0.
        seen = at(found, f"status.{field}", 0)
        if seen < wanted:
            yield Evidence(AGENTS, f"status.{field}", str(seen), str(wanted))


def _explained(seen: Seen, found: Object) -> bool:
    """Whether crashes explain every agent that is not ready."""
    crashing = sum(
        any(waiting_for(each) == "CrashLoopBackOff" for each in containers(pod)) for pod in agent_pods(seen)
    )
    missing: int = at(found, "status.desiredNumberScheduled", 0) - at(found, "status.numberReady", 0)
    return 0 < missing <= crashing
