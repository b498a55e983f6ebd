"""Whether EKS finds the add-ons healthy."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_eks_cilium.doctor.checks.views.eks_health import AN_ADD_ON, health_findings
from cdk_eks_cilium.doctor.checks.views.words import counted
from cdk_eks_cilium.doctor.engine.aws_kinds import ADD_ONS
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.finding import Fine, Outcome
from cdk_eks_cilium.doctor.engine.seen import Seen


@check(
    "add-ons-healthy",
    "EKS finds its add-ons healthy",
    reads=(ADD_ONS,),
    symptom="an add-on is degraded, or its update fails",
    links=("https://docs.aws.amazon.com/eks/latest/APIReference/API_AddonIssue.html",),
)
def add_ons_healthy(seen: Seen) -> Iterator[Outcome]:
    """EKS tells why an add-on does not run as installed: too few replicas, a conflict with what somebody
    changed by hand, or a webhook that refuses its objects.
    """
    add_ons = seen.list(ADD_ONS)
    findings = list(health_findings(AN_ADD_ON, add_ons))
    yield from findings
    if not findings:
        yield Fine(counted(len(add_ons), "add-on"))
