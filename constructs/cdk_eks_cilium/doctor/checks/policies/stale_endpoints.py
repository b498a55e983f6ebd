"""Whether every CiliumEndpoint has its pod."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.doctor.checks.views.endpoints import pod_names
from cdk_eks_cilium.doctor.checks.views.words import counted
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at, name_of, time_of
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity
from cdk_eks_cilium.doctor.engine.kinds import CILIUM_ENDPOINTS, PODS
from cdk_eks_cilium.doctor.engine.reader import Object
from cdk_eks_cilium.doctor.engine.seen import Seen

_MINUTES: Final = 15.0
"""Three rounds of the operator's collector, which runs every five minutes by default:
``cilium-endpoint-gc-interval`` in templates/cilium-configmap.yaml of the charts."""


@check(
    "stale-endpoints",
    "every CiliumEndpoint has its pod",
    reads=(CILIUM_ENDPOINTS, PODS),
    symptom="an address keeps the rights of a pod that is gone",
    links=("https://docs.cilium.io/en/stable/internals/cilium_operator/#cilium-endpoint-garbage-collection",),
)
def stale_endpoints(seen: Seen) -> Iterator[Outcome]:
    """A CiliumEndpoint tells all nodes which identity an address has. The operator deletes it some minutes
    after its pod.

    One that stays gives the next pod with this address the rights of the old one, until its own is written.
    """
    pods = seen.derived(pod_names)
    found = seen.list(CILIUM_ENDPOINTS)
    stale = [each for each in found if name_of(each) not in pods and _is_old(seen, each)]
    if not stale:
        yield Fine(counted(len(found), "endpoint"))
        return
    yield Finding(
        Severity.WARNING,
        f"{counted(len(stale), 'CiliumEndpoint')} without a pod",
        tuple(
            Evidence(
                f"CiliumEndpoint {name_of(each)}",
                "status.networking.addressing[0].ipv4",
                str((at(each, "status.networking.addressing") or [{}])[0].get("ipv4", "")),
                "deleted by the operator",
            )
            for each in stale
        ),
        "kubectl --namespace kube-system logs deployment/cilium-operator | grep -i endpoint\n"
        + "\n".join(_delete(each) for each in stale[:20]),
    )


def _is_old(seen: Seen, endpoint: Object) -> bool:
    made = time_of(at(endpoint, "metadata.creationTimestamp"))
    return made is not None and (seen.now - made).total_seconds() / 60 > _MINUTES


def _delete(endpoint: Object) -> str:
    space, _, name = name_of(endpoint).partition("/")
    return f"kubectl --namespace {space} delete ciliumendpoint {name}"
