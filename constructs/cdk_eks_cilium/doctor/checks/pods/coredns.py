"""Whether CoreDNS answers, from more than one node."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.doctor.checks.views.pod_index import runs, selected
from cdk_eks_cilium.doctor.checks.views.pods import is_ready
from cdk_eks_cilium.doctor.checks.views.words import counted
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at, name_of
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity
from cdk_eks_cilium.doctor.engine.kinds import DEPLOYMENTS, KUBE_SYSTEM, NODES, PODS, SERVICES
from cdk_eks_cilium.doctor.engine.reader import Object
from cdk_eks_cilium.doctor.engine.seen import Seen

_SERVICE: Final = "Service kube-system/kube-dns"
_LOOK: Final = "kubectl --namespace kube-system describe pods --selector k8s-app=kube-dns"


@check(
    "coredns",
    "CoreDNS answers, from more than one node",
    reads=(DEPLOYMENTS, PODS, SERVICES, NODES),
    symptom="names do not resolve in pods",
    answers=("EKS-coredns-needs-nodes",),
    links=("https://docs.aws.amazon.com/eks/latest/userguide/managing-coredns.html",),
)
def coredns(seen: Seen) -> Iterator[Outcome]:
    """Every pod asks the Service kube-dns for names, and CoreDNS stands behind it.

    With all its pods on one node, the cluster loses names together with that node. Whether Cilium manages
    these pods is for unmanaged-pods to tell, and why one waits for a node or an address for others.
    """
    service = seen.one(SERVICES, "kube-dns", KUBE_SYSTEM)
    if service is None:
        yield Finding(
            Severity.ERROR,
            "the Service kube-dns is not there",
            (Evidence(_SERVICE, "metadata.name", "", "the Service"),),
            f"aws eks create-addon --cluster-name {seen.plan.cluster or 'CLUSTER'} --addon-name coredns",
        )
        return
    pods = [pod for pod in selected(seen, service) if runs(pod)]
    ready = [pod for pod in pods if is_ready(pod)]
    nodes = {at(pod, "spec.nodeName") for pod in ready}
    deployment = seen.one(DEPLOYMENTS, "coredns", KUBE_SYSTEM)
    wanted = at(deployment, "spec.replicas", len(pods)) if deployment is not None else len(pods)
    if not ready:
        yield Finding(
            Severity.ERROR,
            "no pod of CoreDNS is ready: no name resolves",
            (Evidence(_SERVICE, "spec.selector", str(at(service, "spec.selector") or ""), "ready pods"),),
            _LOOK,
        )
    elif len(ready) < len(pods):
        yield Finding(
            Severity.WARNING,
            f"{len(ready)} of {len(pods)} running pods of CoreDNS are ready",
            _not_ready(pods),
            _LOOK,
        )
    elif len(nodes) == 1 and (wanted < 2 or len(ready) > 1):
        yield from _crowded(seen, ready)
    else:
        yield Fine(f"{counted(len(ready), 'pod')} of {wanted} on {counted(len(nodes), 'node')}")


def _not_ready(pods: list[Object]) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(f"Pod {name_of(pod)}", "status.conditions[Ready]", "False", "True")
        for pod in pods
        if not is_ready(pod)
    )


def _crowded(seen: Seen, ready: list[Object]) -> Iterator[Outcome]:
    if len(seen.list(NODES)) < 2:
        yield Fine("the cluster has one node")
        return
    yield Finding(
        Severity.WARNING,
        "all of CoreDNS runs on one node",
        tuple(
            Evidence(f"Pod {name_of(pod)}", "spec.nodeName", str(at(pod, "spec.nodeName")), "different nodes")
            for pod in ready
        ),
        "kubectl --namespace kube-system scale deployment coredns --replicas 2\n"
        "kubectl --namespace kube-system rollout restart deployment/coredns",
    )
