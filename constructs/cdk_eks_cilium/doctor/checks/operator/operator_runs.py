"""Whether cilium-operator runs."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_eks_cilium.doctor.checks.views.cluster_nodes import cluster_nodes
from cdk_eks_cilium.doctor.checks.views.pods import is_ready, pod_index, why_not_ready
from cdk_eks_cilium.doctor.checks.views.words import OPERATOR_LOG, counted
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity
from cdk_eks_cilium.doctor.engine.kinds import DEPLOYMENTS, KUBE_SYSTEM, NODES, PODS
from cdk_eks_cilium.doctor.engine.seen import Seen

OPERATOR = "Deployment kube-system/cilium-operator"
"""The operator in evidence."""

_LOOK = f"kubectl --namespace kube-system describe deployment cilium-operator\n{OPERATOR_LOG}"


@check(
    "operator-runs",
    "cilium-operator runs",
    reads=(DEPLOYMENTS, PODS, NODES),
    symptom="new nodes get no addresses, and keep Cilium's taint",
    answers=("CILIUM-operator-first", "CILIUM-operator-keeps-apart", "eni-operator-does-not-start"),
    links=(
        "https://docs.cilium.io/en/stable/internals/cilium_operator/",
        "https://github.com/cilium/cilium/issues/39106",
    ),
    gate=True,
)
def operator_runs(seen: Seen) -> Iterator[Outcome]:
    """The operator makes interfaces, gives nodes their addresses, takes taints off, and collects what is
    left.

    What runs goes on without it for a while; new nodes do not. Two operators never share a node, so that a
    cluster of one node leaves one Pending.
    """
    found = seen.one(DEPLOYMENTS, "cilium-operator", KUBE_SYSTEM)
    if found is None:
        nothing = Evidence(OPERATOR, "metadata.name", "", "cilium-operator")
        fix = "helm list --namespace kube-system"
        yield Finding(Severity.ERROR, "cilium-operator is not installed", (nothing,), fix)
        return
    wanted = int(at(found, "spec.replicas", 1))
    ready = int(at(found, "status.readyReplicas", 0))
    pods = seen.derived(pod_index).operators
    bad = [pod for pod in pods if not is_ready(pod)]
    evidence = (
        Evidence(OPERATOR, "status.readyReplicas", str(ready), str(wanted)),
        *(
            Evidence(
                f"Pod kube-system/{pod['metadata']['name']}",
                "status.conditions[Ready]",
                f"{at(pod, 'status.phase', '')} {why_not_ready(pod)}".strip(),
                "True",
            )
            for pod in bad
        ),
    )
    if wanted == 0:
        fix = "kubectl --namespace kube-system scale deployment cilium-operator --replicas 2"
        yield Finding(Severity.ERROR, "cilium-operator is scaled to zero", evidence, fix)
    elif ready == 0:
        yield Finding(Severity.ERROR, f"none of {counted(wanted, 'operator')} is ready", evidence, _LOOK)
    elif ready < wanted:
        nodes = len(seen.derived(cluster_nodes))
        if nodes < wanted:
            fix = (
                "# Two operators keep apart: add a node, or set operator.replicas to the number of nodes.\n"
                f"kubectl --namespace kube-system scale deployment cilium-operator --replicas {max(nodes, 1)}"
            )
        else:
            fix = _LOOK
        yield Finding(Severity.WARNING, f"{ready} of {wanted} operators are ready", evidence, fix)
    else:
        yield Fine(f"{ready} of {wanted} ready")
