"""Whether Cilium's pods run without restarts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from cdk_eks_cilium.doctor.checks.views.cluster_nodes import cluster_nodes
from cdk_eks_cilium.doctor.checks.views.pod_index import by_namespace, containers, waiting_for
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at, labels_of, name_of, time_of
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity
from cdk_eks_cilium.doctor.engine.kinds import KUBE_SYSTEM, NODES, PODS
from cdk_eks_cilium.doctor.engine.reader import Object
from cdk_eks_cilium.doctor.engine.seen import Seen

_APPS: Final = frozenset({"cilium", "cilium-envoy", "hubble-relay", "hubble-ui", "clustermesh-apiserver"})
_RESTARTS: Final = 3
_HOURS: Final = 24.0


@check(
    "agents-restart",
    "Cilium's pods run without restarts",
    reads=(PODS, NODES),
    symptom="pods of Cilium are in CrashLoopBackOff, or new pods wait every few minutes",
    links=("https://docs.cilium.io/en/stable/operations/troubleshooting/",),
)
def agents_restart(seen: Seen) -> Iterator[Outcome]:
    """A container that ends is started again, each time later. While an agent is down, its node makes no
    pods, and policies of running pods do not change.

    OOMKilled means that the memory limit is too small for the number of identities, policies and connections.
    Restarts count where there were several and the last was within a day.
    """
    ready = {node.name for node in seen.derived(cluster_nodes) if node.ready}
    pods = [
        pod
        for pod in seen.derived(by_namespace).get(KUBE_SYSTEM, ())
        # A node that is not ready may be so because of its agent: nodes-ready tells of both.
        if _ours(pod) and at(pod, "spec.nodeName") in ready
    ]
    crashing, killed, often = [], [], []
    for pod in pods:
        for status in containers(pod):
            if waiting_for(status) in (
                "CrashLoopBackOff",
                "ImagePullBackOff",
                "ErrImagePull",
                "CreateContainerConfigError",
            ):
                crashing.append(_waiting(pod, status))
            elif _recent(seen, status):
                if at(status, "lastState.terminated.reason") == "OOMKilled":
                    killed.append(_ended(pod, status, "enough memory"))
                elif status.get("restartCount", 0) >= _RESTARTS:
                    often.append(_ended(pod, status, "no restarts"))
    previous = "kubectl --namespace kube-system logs POD --container CONTAINER --previous"
    if crashing:
        yield Finding(
            Severity.ERROR,
            f"{len(crashing)} containers of Cilium do not start",
            tuple(crashing),
            f"{previous}\nkubectl --namespace kube-system describe pod POD",
        )
    if killed:
        yield Finding(
            Severity.ERROR,
            f"{len(killed)} containers of Cilium ran out of memory",
            tuple(killed),
            "# Raise the limit in the overrides, such as resources.limits.memory, and deploy.\n"
            "kubectl --namespace kube-system top pods --containers "
            "--selector app.kubernetes.io/part-of=cilium",
        )
    if often:
        yield Finding(
            Severity.WARNING,
            f"{len(often)} containers of Cilium restart again and again",
            tuple(often),
            previous,
        )
    yield Fine(f"{len(pods)} pods of Cilium")


def _ours(pod: Object) -> bool:
    labels = labels_of(pod)
    return labels.get("k8s-app") in _APPS or labels.get("io.cilium/app") == "operator"


def _recent(seen: Seen, status: Mapping[str, Any]) -> bool:
    ended = time_of(at(status, "lastState.terminated.finishedAt"))
    return ended is not None and (seen.now - ended).total_seconds() < _HOURS * 3600


def _waiting(pod: Object, status: Mapping[str, Any]) -> Evidence:
    reason = waiting_for(status)
    last = at(status, "lastState.terminated") or {}
    ended = f", ended with {last.get('exitCode')} {last.get('reason', '')}".rstrip() if last else ""
    told = str(last.get("message") or at(status, "state.waiting.message", ""))[-300:].strip()
    seen = f"{reason}{ended}{f': {told}' if told else ''}"
    return Evidence(f"Pod {name_of(pod)}", f"status.containerStatuses[{status.get('name')}]", seen, "running")


def _ended(pod: Object, status: Mapping[str, Any], expected: str) -> Evidence:
    count, last = status.get("restartCount", 0), at(status, "lastState.terminated") or {}
    seen = f"{count} restarts, the last at {last.get('finishedAt')}: {last.get('reason', '')}"
    return Evidence(f"Pod {name_of(pod)}", f"status.containerStatuses[{status.get('name')}]", seen, expected)
