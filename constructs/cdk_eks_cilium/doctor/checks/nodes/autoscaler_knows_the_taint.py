"""Whether the Cluster Autoscaler knows that new nodes start with Cilium's taint."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.doctor.checks.nodes.agent_taint_removed import TAINT
from cdk_eks_cilium.doctor.checks.views.cilium_config import config
from cdk_eks_cilium.doctor.checks.views.words import counted
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at, name_of
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip
from cdk_eks_cilium.doctor.engine.kinds import DEPLOYMENTS, KUBE_SYSTEM_CONFIG_MAPS
from cdk_eks_cilium.doctor.engine.reader import Object
from cdk_eks_cilium.doctor.engine.seen import Seen

# belief: K8S-autoscalers-simulate-taints
# From 1.29 on; the older flag and prefix still work:
# https://github.com/kubernetes/autoscaler/releases/tag/cluster-autoscaler-1.29.0.
_FLAGS: Final = ("--startup-taint", "--ignore-taint")
_PREFIXES: Final = (
    "startup-taint.cluster-autoscaler.kubernetes.io/",
    "ignore-taint.cluster-autoscaler.kubernetes.io/",
)


@check(
    "autoscaler-knows-the-taint",
    "the Cluster Autoscaler knows Cilium's taint as a startup taint",
    reads=(KUBE_SYSTEM_CONFIG_MAPS, DEPLOYMENTS),
    symptom="a node group of zero nodes never grows, or too many nodes start",
    answers=("CILIUM-taint", "K8S-autoscalers-simulate-taints"),
    links=(
        "https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/FAQ.md",
        "https://github.com/cilium/cilium/pull/19247",
        "https://github.com/kubernetes/autoscaler/issues/6481",
    ),
)
def autoscaler_knows_the_taint(seen: Seen) -> Iterator[Outcome]:
    """The Cluster Autoscaler expects the taints of a group's nodes on its next node.

    With Cilium's taint among them it finds no room for pods on a new node, unless ``--startup-taint`` names
    the taint, or the taint's key has the prefix of startup taints.
    """
    key = config(seen).get("agent-not-ready-taint-key") or TAINT
    found = [(each, words) for each in seen.list(DEPLOYMENTS) if (words := _words(each)) is not None]
    if not found:
        yield Skip("the Cluster Autoscaler is not installed")
        return
    bare = [] if key.startswith(_PREFIXES) else [each for each, words in found if not _knows(words, key)]
    if not bare:
        yield Fine(counted(len(found), "autoscaler"))
        return
    evidence = tuple(
        Evidence(
            f"Deployment {name_of(each)}",
            "spec.template.spec.containers[].command",
            "",
            f"--startup-taint={key}",
        )
        for each in bare
    )
    fix = (
        f"# Add the flag, and to an autoscaler before 1.29 --ignore-taint={key}:\n"
        f"# --startup-taint={key}\n"
        f"kubectl edit deployment --namespace {name_of(bare[0]).replace('/', ' ')}"
    )
    yield Finding(Severity.WARNING, f"the Cluster Autoscaler does not know the taint {key}", evidence, fix)


def _words(deployment: Object) -> list[str] | None:
    for each in at(deployment, "spec.template.spec.containers") or ():
        words = [*(each.get("command") or ()), *(each.get("args") or ())]
        image = str(each.get("image", "")).partition("@")[0].rpartition("/")[2].partition(":")[0]
        if image == "cluster-autoscaler" or any(word.endswith("/cluster-autoscaler") for word in words[:1]):
            return words
    return None


def _knows(words: list[str], key: str) -> bool:
    for position, word in enumerate(words):
        flag, _, value = word.partition("=")
        if flag in _FLAGS and key in (value, *words[position + 1 : position + 2]):
            return True
        # Some charts pass the whole command as one line for a shell.
        if any(f"{known}={key}" in word or f"{known} {key}" in word for known in _FLAGS):
            return True
    return False
