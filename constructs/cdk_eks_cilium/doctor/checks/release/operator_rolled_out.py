"""Whether cilium-operator runs, as an image for AWS."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_eks_cilium.doctor.checks.views.cilium import OPERATOR, container
from cdk_eks_cilium.doctor.checks.views.pod_index import containers, runs, waiting_for
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at, labels_of
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip
from cdk_eks_cilium.doctor.engine.kinds import DEPLOYMENTS, KUBE_SYSTEM, NODES, PODS
from cdk_eks_cilium.doctor.engine.reader import Object
from cdk_eks_cilium.doctor.engine.seen import Seen


@check(
    "operator-rolled-out",
    "cilium-operator runs in the wanted revision, with AWS in it",
    reads=(DEPLOYMENTS, PODS, NODES),
    symptom="new nodes get no interfaces, and new pods no addresses",
    answers=("CILIUM-operator-first", "CILIUM-operator-keeps-apart"),
    links=("https://docs.cilium.io/en/stable/internals/cilium_operator/",),
)
def operator_rolled_out(seen: Seen) -> Iterator[Outcome]:
    """The operator attaches interfaces and prefixes. Running pods do without it, new ones do not.

    Only its image ``operator-aws`` knows EC2; ``operator-generic`` refuses ENI mode. Two operators never
    share a node, so one of two stays pending on a cluster of one node.
    """
    found = seen.one(DEPLOYMENTS, "cilium-operator", KUBE_SYSTEM)
    if found is None:
        yield Finding(
            Severity.ERROR,
            "cilium-operator is not installed",
            (Evidence(OPERATOR, "metadata.name", "", "the Deployment"),),
            "helm --namespace kube-system list --all\n# Then deploy the stack with the release.",
        )
        return
    image = str(container(found, "cilium-operator").get("image", ""))
    if "operator-generic" in image or "operator-azure" in image or "operator-alibabacloud" in image:
        yield Finding(
            Severity.ERROR,
            "cilium-operator runs an image that does not know EC2",
            (Evidence(OPERATOR, "spec.template.spec.containers[0].image", image, "operator-aws"),),
            "# The chart takes operator-aws where eni.enabled is true. See what the release sets:\n"
            "helm --namespace kube-system get values cilium",
        )
    yield from _rolled_out(seen, found)


def _rolled_out(seen: Seen, found: Object) -> Iterator[Outcome]:
    wanted, available = at(found, "spec.replicas", 1), at(found, "status.availableReplicas", 0)
    wrong = tuple(_wrong(found, wanted))
    if wanted == 0:
        yield _stopped()
    elif not wrong:
        yield Fine(f"{available} of {wanted} operators are available")
    elif _crashes(seen):
        yield Skip("it crashes: agents-restart tells more")
    elif available and len(seen.list(NODES)) < wanted:
        yield Fine(f"{available} of {wanted} operators: they never share a node")
    else:
        yield Finding(
            Severity.WARNING if available else Severity.ERROR,
            f"{available} of {wanted} operators are available in the wanted revision",
            wrong,
            "kubectl --namespace kube-system rollout status deployment/cilium-operator --timeout 5m\n"
            "kubectl --namespace kube-system describe pods --selector io.cilium/app=operator",
        )


def _wrong(found: Object, wanted: int) -> Iterator[Evidence]:
    generation, observed = at(found, "metadata.generation", 0), at(found, "status.observedGeneration", 0)
    if observed < generation:
        yield Evidence(OPERATOR, "status.observedGeneration", str(observed), str(generation))
    for field in ("updatedReplicas", "availableReplicas"):
        seen = at(found, f"status.{field}", 0)
        if seen < wanted:
            yield Evidence(OPERATOR, f"status.{field}", str(seen), str(wanted))


def _stopped() -> Finding:
    return Finding(
        Severity.ERROR,
        "somebody scaled cilium-operator to 0",
        (Evidence(OPERATOR, "spec.replicas", "0", "1 or more"),),
        "kubectl --namespace kube-system scale deployment cilium-operator --replicas 2",
    )


def _crashes(seen: Seen) -> bool:
    pods = [pod for pod in seen.list(PODS) if labels_of(pod).get("io.cilium/app") == "operator"]
    return any(
        waiting_for(each) == "CrashLoopBackOff" for pod in pods if runs(pod) for each in containers(pod)
    )
