"""Whether Cilium took its taint off every node that is Ready."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from cdk_eks_cilium.doctor.checks.views.cilium_config import CONFIG, config, is_on
from cdk_eks_cilium.doctor.checks.views.cluster_nodes import ClusterNode, cluster_nodes
from cdk_eks_cilium.doctor.checks.views.words import commands, counted, node_evidence
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import condition, time_of
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity
from cdk_eks_cilium.doctor.engine.kinds import KUBE_SYSTEM_CONFIG_MAPS, NODES
from cdk_eks_cilium.doctor.engine.seen import Seen

TAINT: Final = "node.cilium.io/agent-not-ready"
"""The key of the taint, unless ``agent-not-ready-taint-key`` says another."""

_LATE: Final = timedelta(minutes=5)


@check(
    "agent-taint-removed",
    "no Ready node keeps Cilium's taint",
    reads=(NODES, KUBE_SYSTEM_CONFIG_MAPS),
    symptom="pods stay Pending with an untolerated taint although nodes are Ready",
    answers=("CILIUM-taint", "EKS-api-labels-come-late"),
    links=("https://docs.cilium.io/en/stable/installation/taints/",),
    gate=True,
)
def agent_taint_removed(seen: Seen) -> Iterator[Outcome]:
    """Nodes start with a taint that keeps pods off, and cilium-operator takes it off when the agent is ready.

    It stays where no operator runs, where ``remove-cilium-node-taints`` is false, where agents and nodes know
    it by two keys, or where something sets it again, such as the API of EKS node groups.
    """
    options = config(seen)
    key = options.get("agent-not-ready-taint-key") or TAINT
    nodes = seen.derived(cluster_nodes)
    kept = [node for node in nodes if key in node.taints or TAINT in node.taints]
    late = [node for node in kept if node.ready and _ready_long(node, seen)]
    if not late:
        yield Fine(counted(len(nodes), "node"))
        return
    names = [node.name for node in late]
    there = sorted({taint for node in late for taint in node.taints if taint in (key, TAINT)})
    evidence = node_evidence(names, "spec.taints", " and ".join(there), f"no {key}")
    if not is_on(options, "remove-cilium-node-taints", otherwise=True):
        evidence += (Evidence(CONFIG, "remove-cilium-node-taints", "false", "true"),)
    if there != [key]:
        evidence += (Evidence(CONFIG, "agent-not-ready-taint-key", key, TAINT),)
    fix = (
        "kubectl --namespace kube-system rollout status deployment/cilium-operator\n"
        "# Where the operator runs, and the agents of these nodes do, too:\n"
        + "\n".join(commands(f"kubectl taint node {{}} {taint}-", names) for taint in there)
    )
    yield Finding(
        Severity.ERROR,
        f"{counted(len(late), 'Ready node')} of {len(nodes)} with Cilium's taint",
        evidence,
        fix,
    )


def _ready_long(node: ClusterNode, seen: Seen) -> bool:
    since = time_of(condition(node.object, "Ready").get("lastTransitionTime"))
    return since is None or seen.now - since > _LATE
