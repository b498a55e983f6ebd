"""Pods by where they are and what they belong to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cdk_eks_cilium.doctor.engine.fields import at, labels_of, time_of
from cdk_eks_cilium.doctor.engine.kinds import KUBE_SYSTEM, PODS
from cdk_eks_cilium.doctor.engine.reader import Object
from cdk_eks_cilium.doctor.engine.seen import Seen


def by_namespace(seen: Seen) -> Mapping[str, Sequence[Object]]:
    """The pods of each namespace; needs `PODS`."""
    found: defaultdict[str, list[Object]] = defaultdict(list)
    for pod in seen.list(PODS):
        found[at(pod, "metadata.namespace", "")].append(pod)
    return found


def system_pods(seen: Seen, app: str) -> list[Object]:
    """The pods in kube-system with a label ``k8s-app``; needs `PODS`."""
    pods = seen.derived(by_namespace).get(KUBE_SYSTEM, ())
    return [pod for pod in pods if labels_of(pod).get("k8s-app") == app]


def agent_pods(seen: Seen) -> list[Object]:
    """The pods of Cilium's agents; needs `PODS`."""
    return system_pods(seen, "cilium")


def selected(seen: Seen, service: Object) -> list[Object]:
    """The pods that a Service selects; needs `PODS`. A Service without a selector selects nothing."""
    selector = at(service, "spec.selector") or {}
    pods = seen.derived(by_namespace).get(at(service, "metadata.namespace", ""), ())
    return [pod for pod in pods if selector and selector.items() <= labels_of(pod).items()]


def runs(pod: Object) -> bool:
    """Whether a pod runs, and stays."""
    return at(pod, "status.phase") == "Running" and at(pod, "metadata.deletionTimestamp") is None


def minutes_since_start(seen: Seen, pod: Object) -> float:
    """How long ago the kubelet took a pod; 0 where it does not say."""
    started = time_of(at(pod, "status.startTime"))
    return (seen.now - started).total_seconds() / 60 if started else 0.0


def containers(pod: Object) -> Iterator[Mapping[str, Any]]:
    """The states of a pod's containers, also of what runs before its main containers."""
    yield from at(pod, "status.initContainerStatuses") or ()
    yield from at(pod, "status.containerStatuses") or ()


def waiting_for(status: Mapping[str, Any]) -> str:
    """Why a container waits, such as ``CrashLoopBackOff``; empty where it does not wait."""
    return str(at(status, "state.waiting.reason", ""))
