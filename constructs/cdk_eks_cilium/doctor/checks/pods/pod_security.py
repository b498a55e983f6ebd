"""Whether namespaces admit Cilium's pods."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import labels_of, name_of
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity
from cdk_eks_cilium.doctor.engine.kinds import EVENTS, KUBE_SYSTEM, NAMESPACES
from cdk_eks_cilium.doctor.engine.reader import UnreadError
from cdk_eks_cilium.doctor.engine.seen import Seen

_ENFORCE: Final = "pod-security.kubernetes.io/enforce"
_NAMES: Final = ("cilium", "cilium-envoy", "cilium-operator", "hubble")


@check(
    "pod-security",
    "kube-system admits Cilium's pods",
    reads=(NAMESPACES, EVENTS),
    symptom="DaemonSets of Cilium have no pods: violates PodSecurity",
    answers=("K8S-pod-security-labels", "K8S-pods-are-admitted"),
    links=("https://kubernetes.io/docs/concepts/security/pod-security-admission/",),
)
def pod_security(seen: Seen) -> Iterator[Outcome]:
    """Agents use the host's network, its files, and capabilities. Pod Security admits such pods only where
    the namespace enforces ``privileged``, or nothing.

    Pods that run stay. The next node, or the next restart, gets no agent.
    """
    space = seen.one(NAMESPACES, KUBE_SYSTEM)
    level = labels_of(space or {}).get(_ENFORCE, "")
    refused = tuple(_refused(seen))
    if level in ("baseline", "restricted"):
        yield Finding(
            Severity.ERROR,
            f"kube-system enforces '{level}', and refuses Cilium's pods",
            (
                Evidence(f"Namespace {KUBE_SYSTEM}", f"metadata.labels[{_ENFORCE}]", level, "privileged"),
                *refused,
            ),
            f"kubectl label namespace {KUBE_SYSTEM} --overwrite {_ENFORCE}=privileged",
        )
    elif refused:
        yield Finding(
            Severity.ERROR,
            "the admission of the cluster refuses Cilium's pods",
            refused,
            "# AdmissionConfiguration or another policy engine decides; exempt kube-system there.\n"
            f"kubectl --namespace {KUBE_SYSTEM} get events --field-selector reason=FailedCreate",
        )
    else:
        yield Fine(f"kube-system enforces {level or 'nothing'}")


def _refused(seen: Seen) -> Iterator[Evidence]:
    try:
        events = seen.list(EVENTS)
    except UnreadError:
        return
    for event in events:
        about = event.get("involvedObject") or {}
        ours = about.get("namespace") == KUBE_SYSTEM and str(about.get("name", "")).startswith(_NAMES)
        message = str(event.get("message", ""))
        if ours and event.get("reason") == "FailedCreate" and "forbidden" in message:
            yield Evidence(
                f"{about.get('kind')} {name_of({'metadata': about})}", "events[FailedCreate]", message, "pods"
            )
