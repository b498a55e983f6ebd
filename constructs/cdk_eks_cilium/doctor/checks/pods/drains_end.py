"""Whether pods leave their nodes within the time that EKS gives them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.doctor.checks.views.cluster_nodes import nodes_by_name
from cdk_eks_cilium.doctor.checks.views.words import counted
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at, name_of
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Unknown
from cdk_eks_cilium.doctor.engine.kinds import BUDGETS, NODES, PODS
from cdk_eks_cilium.doctor.engine.reader import Object, UnreadError
from cdk_eks_cilium.doctor.engine.seen import Seen

DRAIN_SECONDS: Final = 300
"""How long EKS drains a node of a group that is deleted, before it ends the instance:
https://docs.aws.amazon.com/eks/latest/userguide/delete-managed-node-group.html."""
_OVER: Final = ("Succeeded", "Failed")
_GRACE: Final = "spec.terminationGracePeriodSeconds"


@check(
    "drains-end",
    "pods leave their nodes within the time that EKS gives them",
    reads=(PODS, NODES, BUDGETS),
    symptom="an update of a node group fails with PodEvictionFailure, or pods are cut off when it is deleted",
    answers=("EKS-drain-is-cut-short",),
    links=(
        "https://docs.aws.amazon.com/eks/latest/userguide/delete-managed-node-group.html",
        "https://docs.aws.amazon.com/eks/latest/userguide/managed-node-update-behavior.html",
        "https://kubernetes.io/docs/tasks/run-application/configure-pdb/",
    ),
)
def drains_end(seen: Seen) -> Iterator[Outcome]:
    """EKS drains the nodes of a managed group that is updated or deleted.

    An update waits 15 minutes for the pods of a node, and then fails. A deletion waits five minutes, and then
    ends the instance with the pods that it still has. A PodDisruptionBudget that lets no healthy pod go makes
    both come true, and so does a pod that may take longer to end.
    """
    budgets_fine = True
    try:
        shut = [each for each in seen.list(BUDGETS) if _is_shut(each)]
        if shut:
            budgets_fine = False
            yield _of_budgets(shut)
    except UnreadError as error:
        budgets_fine = False
        yield Unknown(f"whether budgets let pods go: {error}")
    nodes = seen.derived(nodes_by_name)
    pods = [each for each in seen.list(PODS) if _is_drained(each)]
    slow = [
        each
        for each in pods
        if at(each, _GRACE, 0) > DRAIN_SECONDS
        and (node := nodes.get(at(each, "spec.nodeName", ""))) is not None
        and node.group
    ]
    if slow:
        yield _of_pods(slow)
    elif budgets_fine:
        yield Fine(counted(len(pods), "pod"))


def _is_shut(budget: Object) -> bool:
    """Whether a budget lets no pod go though all are healthy. With unhealthy pods it opens by itself.

    https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/pod-disruption-budget-v1/
    """
    status = budget.get("status") or {}
    return (
        status.get("disruptionsAllowed") == 0
        and status.get("expectedPods", 0) > 0
        and status.get("currentHealthy", 0) >= status.get("expectedPods", 0)
    )


def _is_drained(pod: Object) -> bool:
    """Whether a drain evicts a pod: one that runs, and that no DaemonSet and no file of the node keeps there.

    https://kubernetes.io/docs/tasks/administer-cluster/safely-drain-node/
    """
    owners = {owner.get("kind") for owner in at(pod, "metadata.ownerReferences") or ()}
    return at(pod, "status.phase") not in _OVER and not owners & {"DaemonSet", "Node"}


def _of_budgets(budgets: list[Object]) -> Finding:
    evidence = tuple(
        Evidence(
            f"PodDisruptionBudget {name_of(each)}",
            "status.disruptionsAllowed",
            f"0 of {at(each, 'status.expectedPods')} healthy pods",
            "1 or more",
        )
        for each in budgets
    )
    summary = f"{counted(len(budgets), 'PodDisruptionBudget lets', 'PodDisruptionBudgets let')} no pod go"
    fix = (
        "# Add a replica, or let the budget allow one disruption:\n"
        "kubectl get poddisruptionbudgets --all-namespaces"
    )
    return Finding(Severity.WARNING, summary, evidence, fix)


def _of_pods(pods: list[Object]) -> Finding:
    evidence = tuple(
        Evidence(f"Pod {name_of(each)}", _GRACE, str(at(each, _GRACE)), f"{DRAIN_SECONDS} or less")
        for each in pods
    )
    summary = f"{counted(len(pods), 'pod')} may take longer to end than EKS waits when a group is deleted"
    fix = (
        "# Drain such nodes by hand before their group is deleted, or correct "
        "terminationGracePeriodSeconds:\n"
        f"kubectl drain NODE --ignore-daemonsets --delete-emptydir-data --timeout {3600}s"
    )
    return Finding(Severity.WARNING, summary, evidence, fix)
