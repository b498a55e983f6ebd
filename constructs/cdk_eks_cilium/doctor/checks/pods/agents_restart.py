"""Whether Cilium's pods run without restarts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from cdk_eks_cilium.doctor.checks.views.cluster_nodes import cluster_nodes
from cdk_eks_cilium.doctor.checks.views.pod_index import by_namespace, containers, waiting_for
from cdk_eks_cilium.doctor.checks.views.words import commands, counted
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at, labels_of, name_of, time_of
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity
from cdk_eks_cilium.doctor.engine.kinds import KUBE_SYSTEM, NODES, PODS
from cdk_eks_cilium.doctor.engine.reader import Object
from cdk_eks_cilium.doctor.engine.seen import Seen

_APPS: Final = frozenset({"cilium", "cilium-envoy", "hubble-relay", "hubble-ui", "clustermesh-apiserver"})
_STUCK: Final = ("CrashLoopBackOff", "ImagePullBackOff", "ErrImagePull", "CreateContainerConfigError")
_RESTARTS: Final = 3
_HOURS: Final = 24.0
_KUBECTL: Final = "kubectl --namespace kube-system"


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
    An operator that does not start is for operator-runs to tell. Restarts count where there were several and
    the last was within a day.
    """
    ready = {node.name for node in seen.derived(cluster_nodes) if node.ready}
    pods = [
        pod
        for pod in seen.derived(by_namespace).get(KUBE_SYSTEM, ())
        # A node that is not ready may be so because of its agent: nodes-ready tells of both.
        if _ours(pod) and at(pod, "spec.nodeName") in ready
    ]
    crashing, killed, often = _Group(), _Group(), _Group()
    for pod in pods:
        for status in containers(pod):
            if waiting_for(status) in _STUCK:
                if not _is_operator(pod):
                    crashing.add(pod, status, _waiting(status), "running")
            elif _recent(seen, status):
                if at(status, "lastState.terminated.reason") == "OOMKilled":
                    killed.add(pod, status, _ended(status), "enough memory")
                elif status.get("restartCount", 0) >= _RESTARTS:
                    often.add(pod, status, _ended(status), "no restarts")
    if crashing.evidence:
        yield Finding(
            Severity.ERROR,
            f"{counted(len(crashing.evidence), 'container')} of Cilium not starting",
            tuple(crashing.evidence),
            f"{crashing.logs()}\n" + commands(f"{_KUBECTL} describe pod {{}}", crashing.pods()),
        )
    if killed.evidence:
        yield Finding(
            Severity.ERROR,
            f"{counted(len(killed.evidence), 'container')} of Cilium out of memory",
            tuple(killed.evidence),
            "# Raise the limit in the overrides, such as resources.limits.memory, and deploy.\n"
            f"{_KUBECTL} top pods --containers --selector app.kubernetes.io/part-of=cilium",
        )
    if often.evidence:
        yield Finding(
            Severity.WARNING,
            f"{counted(len(often.evidence), 'container')} of Cilium restarting again and again",
            tuple(often.evidence),
            often.logs(),
        )
    yield Fine(f"{counted(len(pods), 'pod')} of Cilium")


class _Group:
    """Containers with one trouble."""

    def __init__(self) -> None:
        self.evidence: list[Evidence] = []
        self._places: list[tuple[str, str]] = []

    def add(self, pod: Object, status: Mapping[str, Any], seen: str, expected: str) -> None:
        name = str(status.get("name", ""))
        field = f"status.containerStatuses[{name}]"
        self.evidence.append(Evidence(f"Pod {name_of(pod)}", field, seen, expected))
        self._places.append((at(pod, "metadata.name", ""), name))

    def pods(self) -> list[str]:
        return list(dict.fromkeys(pod for pod, _ in self._places))

    def logs(self) -> str:
        """Commands that show how the containers ended."""
        places = [f"{pod} --container {name}" for pod, name in self._places]
        return commands(f"{_KUBECTL} logs {{}} --previous", places)


def _ours(pod: Object) -> bool:
    return labels_of(pod).get("k8s-app") in _APPS or _is_operator(pod)


def _is_operator(pod: Object) -> bool:
    return labels_of(pod).get("io.cilium/app") == "operator"


def _recent(seen: Seen, status: Mapping[str, Any]) -> bool:
    ended = time_of(at(status, "lastState.terminated.finishedAt"))
    return ended is not None and (seen.now - ended).total_seconds() < _HOURS * 3600


def _waiting(status: Mapping[str, Any]) -> str:
    reason = waiting_for(status)
    last = at(status, "lastState.terminated") or {}
    ended = f", ended with {last.get('exitCode')} {last.get('reason', '')}".rstrip() if last else ""
    told = str(last.get("message") or at(status, "state.waiting.message", ""))[-300:].strip()
    return f"{reason}{ended}{f': {told}' if told else ''}"


def _ended(status: Mapping[str, Any]) -> str:
    last = at(status, "lastState.terminated") or {}
    count = counted(status.get("restartCount", 0), "restart")
    return f"{count}, the last at {last.get('finishedAt')}: {last.get('reason', '')}"
