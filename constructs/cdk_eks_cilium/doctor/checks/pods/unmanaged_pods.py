"""Whether Cilium knows every running pod."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.doctor.checks.views.cilium_config import config, is_on
from cdk_eks_cilium.doctor.checks.views.cluster_nodes import nodes_by_name
from cdk_eks_cilium.doctor.checks.views.endpoints import endpoint_names, pod_names
from cdk_eks_cilium.doctor.checks.views.pod_index import minutes_since_start, runs
from cdk_eks_cilium.doctor.checks.views.words import counted
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at, name_of
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip
from cdk_eks_cilium.doctor.engine.kinds import CILIUM_ENDPOINTS, KUBE_SYSTEM_CONFIG_MAPS, NODES, PODS
from cdk_eks_cilium.doctor.engine.reader import Object, UnreadError
from cdk_eks_cilium.doctor.engine.seen import Seen

_MINUTES: Final = 5.0
"""How long an agent may take to tell of a new pod, with much to spare."""


@check(
    "unmanaged-pods",
    "Cilium knows every running pod",
    reads=(PODS, CILIUM_ENDPOINTS, NODES, KUBE_SYSTEM_CONFIG_MAPS),
    symptom="policies have no effect on some pods, and others drop their traffic",
    answers=("CILIUM-leaves-interfaces",),
    links=("https://docs.cilium.io/en/stable/operations/troubleshooting/#ensure-managed-pod",),
)
def unmanaged_pods(seen: Seen) -> Iterator[Outcome]:
    """Every pod outside the host's network has a CiliumEndpoint of the same name. A pod without one started
    before the agent of its node, with another CNI, and keeps that one's interface until it is made anew.

    No policy selects such a pod, and other pods see it as somebody outside the cluster. The operator restarts
    only CoreDNS by itself.
    """
    if is_on(seen.derived(config), "disable-endpoint-crd"):
        yield Skip("agents make no CiliumEndpoints: disable-endpoint-crd is on")
        return
    if not seen.served(CILIUM_ENDPOINTS):
        raise UnreadError("the kind CiliumEndpoint is not served")
    names = seen.derived(endpoint_names)
    nodes = seen.derived(nodes_by_name)
    wrong = [
        pod
        for name, pod in seen.derived(pod_names).items()
        if name not in names
        and runs(pod)
        # Cilium does not run on nodes of Fargate and of Windows.
        and at(pod, "spec.nodeName") in nodes
        and minutes_since_start(seen, pod) > _MINUTES
    ]
    if not wrong:
        yield Fine(f"{counted(len(names), 'pod')} with endpoints")
        return
    yield Finding(
        Severity.ERROR,
        f"{counted(len(wrong), 'running pod')} unknown to Cilium",
        tuple(_evidence(pod) for pod in wrong),
        "# Their controllers make new pods, which Cilium manages:\n"
        + "\n".join(sorted({_restart(pod) for pod in wrong})[:20]),
    )


def _evidence(pod: Object) -> Evidence:
    where = f"no CiliumEndpoint, on {at(pod, 'spec.nodeName')} since {at(pod, 'status.startTime')}"
    return Evidence(f"Pod {name_of(pod)}", "metadata.name", where, "a CiliumEndpoint of the same name")


def _restart(pod: Object) -> str:
    owners = at(pod, "metadata.ownerReferences") or [{}]
    kind, owner = owners[0].get("kind", ""), owners[0].get("name", "")
    space = at(pod, "metadata.namespace")
    if kind == "ReplicaSet":
        kind, owner = "Deployment", owner.rpartition("-")[0]
    if kind in ("Deployment", "DaemonSet", "StatefulSet"):
        return f"kubectl --namespace {space} rollout restart {kind.lower()}/{owner}"
    return f"kubectl --namespace {space} delete pod {at(pod, 'metadata.name')}"
