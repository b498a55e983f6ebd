"""Whether EKS has no add-on that brings aws-node back."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_eks_cilium.doctor.engine.aws_kinds import ADD_ONS
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at, labels_of
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip
from cdk_eks_cilium.doctor.engine.kinds import DAEMON_SETS, KUBE_SYSTEM, NODES
from cdk_eks_cilium.doctor.engine.reader import UnreadError
from cdk_eks_cilium.doctor.engine.seen import Seen


@check(
    "vpc-cni-add-on",
    "EKS has no add-on that brings aws-node back",
    reads=(ADD_ONS, DAEMON_SETS, NODES),
    symptom="aws-node comes back after an update of add-ons",
    answers=("EKS-aws-node-stays-gone", "EKS-patch-outlasts-updates"),
    links=("https://docs.aws.amazon.com/eks/latest/userguide/managing-vpc-cni.html",),
)
def vpc_cni_add_on(seen: Seen) -> Iterator[Outcome]:
    """EKS installs aws-node again when its add-on ``vpc-cni`` is created, updated or repaired.

    A node selector outlasts such updates. A deletion does not.
    """
    found = next((each for each in seen.list(ADD_ONS) if each.get("addonName") == "vpc-cni"), None)
    if found is None:
        yield Fine("vpc-cni is not an add-on of the cluster")
        return
    if found.get("status") == "DELETING":
        yield Fine("EKS is deleting vpc-cni")
        return
    if _runs(seen):
        yield Skip("aws-node runs already: aws-node-runs tells more")
        return
    kept_off = seen.plan.aws_node == "patch"
    cluster = seen.plan.cluster or "CLUSTER"
    yield Finding(
        Severity.WARNING if kept_off else Severity.ERROR,
        "EKS's add-on vpc-cni is installed, and brings aws-node back",
        (Evidence("eks add-on vpc-cni", "status", str(found.get("status")), "not installed"),),
        "# --preserve leaves a DaemonSet that a selector keeps off as it is.\n"
        f"aws eks delete-addon --cluster-name {cluster} --addon-name vpc-cni" + " --preserve" * kept_off,
    )


def _runs(seen: Seen) -> bool:
    """Whether aws-node runs, as far as the cluster can be read."""
    try:
        found = seen.one(DAEMON_SETS, "aws-node", KUBE_SYSTEM)
        selector = at(found, "spec.template.spec.nodeSelector") or {}
        return found is not None and any(
            selector.items() <= labels_of(node).items() for node in seen.list(NODES)
        )
    except UnreadError:
        return False
