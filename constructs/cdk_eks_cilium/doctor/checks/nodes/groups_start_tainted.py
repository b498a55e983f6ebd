"""Whether nodes of managed groups start with Cilium's taint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cdk_eks_cilium.doctor.checks.nodes.agent_taint_removed import TAINT
from cdk_eks_cilium.doctor.checks.views.cilium_config import config
from cdk_eks_cilium.doctor.checks.views.words import counted, named
from cdk_eks_cilium.doctor.engine.aws_kinds import NODE_GROUPS
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip, Unknown
from cdk_eks_cilium.doctor.engine.kinds import KUBE_SYSTEM_CONFIG_MAPS
from cdk_eks_cilium.doctor.engine.plan import NodeGroupPlan
from cdk_eks_cilium.doctor.engine.reader import NotAskedError, Object, UnreadError
from cdk_eks_cilium.doctor.engine.seen import Seen


@check(
    "groups-start-tainted",
    "nodes of managed groups start with Cilium's taint",
    reads=(KUBE_SYSTEM_CONFIG_MAPS, NODE_GROUPS),
    symptom="pods of new nodes fail at first, or run without policies until they are restarted",
    answers=("CILIUM-taint", "NODE-labels-by-kubelet", "EKS-api-labels-come-late"),
    links=("https://docs.cilium.io/en/stable/installation/taints/",),
)
def groups_start_tainted(seen: Seen) -> Iterator[Outcome]:
    """Without the taint the scheduler places pods on a new node before Cilium runs there.

    The boot data of a group can set it, and so can its settings in EKS, half a minute late. EKS does not tell
    the boot data of a launch template, so that a group with one is judged by the settings alone.
    """
    key = config(seen).get("agent-not-ready-taint-key") or TAINT
    groups = seen.plan.groups
    if groups is not None:
        bare = [group for group in groups if key not in group.taints]
        if bare:
            yield _finding(key, _planned(bare, key, seen.plan.source), [each.name for each in bare])
        else:
            yield Fine(f"{counted(len(groups), 'group')} in {seen.plan.source}")
        return
    try:
        found = [each for each in seen.list(NODE_GROUPS) if key not in _taints(each)]
    except NotAskedError as error:
        yield Skip(f"neither settings nor EKS tell of node groups: {error}")
        return
    except UnreadError as error:
        yield Unknown(f"neither settings nor EKS tell of node groups: {error}")
        return
    bare_in_eks = [each for each in found if not each.get("launchTemplate")]
    if bare_in_eks:
        evidence = tuple(
            Evidence(f"eks nodegroup {each.get('nodegroupName')}", "taints", "", key) for each in bare_in_eks
        )
        yield _finding(key, evidence, [str(each.get("nodegroupName")) for each in bare_in_eks])
    hidden = [str(each.get("nodegroupName")) for each in found if each.get("launchTemplate")]
    if hidden:
        yield Fine(f"not judged, because only their boot data can tell: {named(hidden)}")


def _taints(group: Object) -> set[str]:
    return {each.get("key", "") for each in group.get("taints") or ()}


def _planned(groups: Sequence[NodeGroupPlan], key: str, source: str) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(f"node group {each.name} in {source}", "taints", ", ".join(each.taints), key)
        for each in groups
    )


def _finding(key: str, evidence: tuple[Evidence, ...], names: list[str]) -> Finding:
    fix = (
        f"# Have the kubelet register with {key}=true:NoExecute, in the boot data of the group:\n"
        "# Bottlerocket settings.kubernetes.node-taints, AL2023 the kubelet's flag --register-with-taints.\n"
        "# Then replace its nodes."
    )
    summary = f"{counted(len(names), 'node group')} without the taint {key}: {named(names)}"
    return Finding(Severity.WARNING, summary, evidence, fix)
