"""Whether Helm alone wrote what its chart installs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.doctor.checks.views.words import counted
from cdk_eks_cilium.doctor.checks.views.writers import GIVE_BACK, by_hand, by_helm
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import name_of
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip
from cdk_eks_cilium.doctor.engine.kinds import DAEMON_SETS, DEPLOYMENTS, KUBE_SYSTEM
from cdk_eks_cilium.doctor.engine.reader import Object
from cdk_eks_cilium.doctor.engine.seen import Seen

_WORKLOADS: Final = {
    DAEMON_SETS: ("cilium", "cilium-envoy"),
    DEPLOYMENTS: ("cilium-operator", "hubble-relay", "hubble-ui"),
}


@check(
    "hand-changes",
    "Helm alone wrote what its chart installs",
    reads=(DAEMON_SETS, DEPLOYMENTS),
    symptom="the next deploy fails: Apply failed with 1 conflict",
    answers=("HELM-4-applies-on-server", "HELM-manager-name"),
    links=("https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts",),
)
def hand_changes(seen: Seen) -> Iterator[Outcome]:
    """Helm 4 applies on the server and without force. A field that ``kubectl`` or another program changed is
    a conflict, and the upgrade fails; so does the roll-back of the stack.

    The API server remembers who owns each field. A restart by ``kubectl rollout restart`` is harmless: the
    chart does not have its field. planned-config tells changes of cilium-config.
    """
    found = [
        (reading.kind, seen.one(reading, name, KUBE_SYSTEM))
        for reading in _WORKLOADS
        for name in _WORKLOADS[reading]
    ]
    charted = [(kind, each) for kind, each in found if each is not None and by_helm(each)]
    if not charted:
        yield Skip("nothing here tells who wrote the workloads, or Helm did not")
        return
    changed = [evidence for kind, each in charted for evidence in _changed(kind, each)]
    if not changed:
        yield Fine(counted(len(charted), "workload"))
        return
    yield Finding(
        Severity.WARNING,
        f"{counted(len(changed), 'field')} of workloads changed by hand: the next upgrade by Helm 4 fails",
        tuple(changed),
        GIVE_BACK,
    )


def _changed(kind: str, found: Object) -> Iterator[Evidence]:
    for path, manager in by_hand(found, "spec"):
        yield Evidence(f"{kind} {name_of(found)}", path, f"owned by {manager}", "owned by helm")
