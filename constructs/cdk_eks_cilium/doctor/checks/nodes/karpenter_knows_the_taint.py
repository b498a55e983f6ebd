"""Whether Karpenter knows that new nodes start with Cilium's taint."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_eks_cilium.doctor.checks.nodes.agent_taint_removed import TAINT
from cdk_eks_cilium.doctor.checks.views.cilium_config import config
from cdk_eks_cilium.doctor.checks.views.words import counted, named
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip
from cdk_eks_cilium.doctor.engine.kinds import KUBE_SYSTEM_CONFIG_MAPS, NODE_POOLS
from cdk_eks_cilium.doctor.engine.reader import Object
from cdk_eks_cilium.doctor.engine.seen import Seen


@check(
    "karpenter-knows-the-taint",
    "Karpenter knows Cilium's taint as a startup taint",
    reads=(KUBE_SYSTEM_CONFIG_MAPS, NODE_POOLS),
    symptom="Karpenter starts twice as many nodes as it needs, and ends them again",
    answers=("CILIUM-taint", "K8S-autoscalers-simulate-taints"),
    links=(
        "https://karpenter.sh/docs/concepts/nodepools/",
        "https://docs.cilium.io/en/stable/installation/taints/",
        "https://github.com/chanzuckerberg/cztack/pull/895",
    ),
)
def karpenter_knows_the_taint(seen: Seen) -> Iterator[Outcome]:
    """cilium-operator taints each new node until its agent is ready.

    Karpenter expects pods on a new node at once, unless the NodePool names the taint in ``startupTaints``,
    and starts another node for the pods that still wait: in one report nobody needed 68 to 72 % of all nodes.
    A key in ``taints`` is for good: Karpenter then starts no node for pods that do not tolerate it.
    """
    if not seen.served(NODE_POOLS):
        yield Skip("the API does not know Karpenter's NodePools, karpenter.sh/v1")
        return
    pools = seen.list(NODE_POOLS)
    key = config(seen).get("agent-not-ready-taint-key") or TAINT
    for_good = [pool for pool in pools if key in _keys(pool, "taints")]
    if for_good:
        yield Finding(
            Severity.ERROR,
            f"Karpenter starts no nodes for most pods: it takes {key} for good",
            tuple(_evidence(pool, "taints", key, "only in startupTaints") for pool in for_good),
            _fix(key) + "\n# and take it out of spec.template.spec.taints.",
        )
    bare = [pool for pool in pools if pool not in for_good and key not in _keys(pool, "startupTaints")]
    if bare:
        names = [str(at(pool, "metadata.name")) for pool in bare]
        yield Finding(
            Severity.WARNING,
            f"{counted(len(bare), 'NodePool')} without the startup taint {key}: {named(names)}",
            tuple(
                _evidence(pool, "startupTaints", ", ".join(sorted(_keys(pool, "startupTaints"))), key)
                for pool in bare
            ),
            _fix(key),
        )
    if not for_good and not bare:
        yield Fine(counted(len(pools), "NodePool"))


def _keys(pool: Object, part: str) -> set[str]:
    return {each.get("key", "") for each in at(pool, f"spec.template.spec.{part}") or ()}


def _evidence(pool: Object, part: str, seen: str, expected: str) -> Evidence:
    return Evidence(f"NodePool {at(pool, 'metadata.name')}", f"spec.template.spec.{part}", seen, expected)


def _fix(key: str) -> str:
    return (
        "# Add to spec.template.spec.startupTaints; Karpenter then replaces the nodes of the NodePool:\n"
        f"# - {{key: {key}, value: 'true', effect: NoExecute}}\n"
        "kubectl edit nodepool"
    )
