"""Whether pods get their network."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.doctor.checks.views.pod_index import containers, minutes_since_start, waiting_for
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at, name_of
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity
from cdk_eks_cilium.doctor.engine.kinds import EVENTS, PODS
from cdk_eks_cilium.doctor.engine.reader import Object
from cdk_eks_cilium.doctor.engine.seen import Seen

_MINUTES: Final = 2.0
_DESCRIBE: Final = "kubectl --namespace kube-system get pods --selector k8s-app=cilium --output wide"
_OF_NODE: Final = (
    "kubectl get ciliumnode NODE --output yaml\n"
    "kubectl --namespace kube-system logs deployment/cilium-operator"
)

_MEANINGS: Final = (
    # https://github.com/cilium/cilium/issues/21196 and https://github.com/cilium/cilium/issues/46598
    ("No more IPs available", "its node has no free address", _OF_NODE),
    ("all CIDR ranges are exhausted", "its node has no free address", _OF_NODE),
    ("range is full", "its node has no free address", _OF_NODE),
    # https://docs.aws.amazon.com/eks/latest/userguide/troubleshooting.html, a text of aws-node
    (
        "failed to assign an IP address to container",
        "aws-node, not Cilium, is the CNI of its node",
        "kubectl --namespace kube-system get daemonset aws-node",
    ),
    # The agent's API limits how many pods it makes at once: [PUT /endpoint/{id}][429].
    ("[429]", "the agent of its node makes too many pods at once", _DESCRIBE),
    ("cilium.sock", "the agent of its node does not answer", _DESCRIBE),
    ("Cilium API client timeout exceeded", "the agent of its node does not answer", _DESCRIBE),
    ("cni plugin not initialized", "its node has no CNI yet", _DESCRIBE),
    ("failed to find plugin", "its node lacks the program of a CNI", _DESCRIBE),
    ("timed out waiting for endpoint regeneration", "the agent of its node is too slow", _DESCRIBE),
)
"""Words in events of pods without network, what they mean, and where to look."""


@check(
    "pods-get-network",
    "pods get their network",
    reads=(PODS, EVENTS),
    symptom="pods stay in ContainerCreating",
    answers=("CILIUM-watermarks",),
    links=("https://docs.cilium.io/en/stable/operations/troubleshooting/",),
)
def pods_get_network(seen: Seen) -> Iterator[Outcome]:
    """A pod stays in ContainerCreating until the CNI gives it an interface. The kubelet tells in events why
    it fails: FailedCreatePodSandBox.

    Events stay for an hour. A pod that waits for a volume or an image has other events, and is not counted
    here.
    """
    stuck = {
        name_of(pod): pod
        for pod in seen.list(PODS)
        if at(pod, "status.phase") == "Pending"
        and _creating(pod)
        and minutes_since_start(seen, pod) > _MINUTES
    }
    if not stuck:
        yield Fine("no pod waits for its network")
        return
    reasons: defaultdict[tuple[str, str], list[Evidence]] = defaultdict(list)
    for name, message in _told(seen).items():
        if name in stuck:
            meaning, fix = _meaning(message)
            node = at(stuck[name], "spec.nodeName", "")
            reasons[meaning, fix].append(
                Evidence(f"Pod {name}", f"events[FailedCreatePodSandBox] on {node}", message, "a running pod")
            )
    for (meaning, fix), evidence in sorted(reasons.items()):
        count = f"{len(evidence)} pods wait" if len(evidence) > 1 else "a pod waits"
        yield Finding(Severity.ERROR, f"{count} for a network: {meaning}", tuple(evidence), fix)
    if not reasons:
        yield Fine(f"{len(stuck)} pods wait for something else than their network")


def _creating(pod: Object) -> bool:
    return any(waiting_for(each) in ("ContainerCreating", "PodInitializing") for each in containers(pod))


def _told(seen: Seen) -> dict[str, str]:
    """The newest message of each pod without a network."""
    found: dict[str, tuple[str, str]] = {}
    for event in seen.list(EVENTS):
        if event.get("reason") != "FailedCreatePodSandBox":
            continue
        about = event.get("involvedObject") or {}
        name = f"{about.get('namespace', '')}/{about.get('name', '')}"
        last = str(
            at(event, "series.lastObservedTime") or event.get("lastTimestamp") or event.get("eventTime") or ""
        )
        if name not in found or found[name][0] <= last:
            found[name] = last, str(event.get("message", ""))
    return {name: message for name, (_, message) in found.items()}


def _meaning(message: str) -> tuple[str, str]:
    for words, meaning, fix in _MEANINGS:
        if words in message:
            return meaning, fix
    return "see the event", _DESCRIBE
